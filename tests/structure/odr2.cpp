#include "every_header_reversed.hpp"

int threads_seen_by_the_other_file();

int threads_seen_by_the_other_file() { return zoetrope::thread_count(); }
