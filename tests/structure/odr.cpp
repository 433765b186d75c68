#include "every_header.hpp"

int threads_seen_by_the_other_file(); // defined in odr2.cpp

int main() {
  zoetrope::set_thread_count(3);
  return threads_seen_by_the_other_file() == zoetrope::thread_count() ? 0 : 1;
}
