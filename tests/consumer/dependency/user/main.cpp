#include <cstddef>

std::size_t films();

int main() { return films() == 100'000 ? 0 : 1; }
