#include <zoetrope/zoetrope.hpp>

#include <iostream>

int main() {
  const zoetrope::RandomStream stream(1, zoetrope::Stream::user);
  std::cout << "zoetrope " << ZOETROPE_VERSION_MAJOR << '.' << ZOETROPE_VERSION_MINOR << " says " << stream.normal(0)
            << '\n';
}
