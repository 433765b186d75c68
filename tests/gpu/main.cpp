#define DOCTEST_CONFIG_IMPLEMENT
#include "zoetrope/backend/cudnn.hpp"

#include <doctest/doctest.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (!zoetrope::backend::Cudnn<>::available()) {
    std::puts("skipped: there is no GPU");
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
