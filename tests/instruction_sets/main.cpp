// Prints what the units that are linked in trained: in both orders where there are two, and each on several threads.

#include "results.hpp"

#include "zoetrope/core/parallel.hpp"

#include <iostream>

int main() {
  zoetrope::set_thread_count(3);
#ifdef ZOETROPE_TEST_NATIVE
  std::cout << "native\n" << trained_native();
#endif
#ifdef ZOETROPE_TEST_PORTABLE
  std::cout << "portable\n" << trained_portable();
#endif
#ifdef ZOETROPE_TEST_NATIVE
  std::cout << "native\n" << trained_native();
#endif
}
