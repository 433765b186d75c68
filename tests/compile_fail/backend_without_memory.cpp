// expect: HasMemory
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/generator.hpp"
#include "zoetrope/gan/paper.hpp"

using namespace zoetrope;

struct WithoutFill : backend::Eigen<> {
#ifndef POSITIVE
  void fill() = delete;
#endif
};

static_assert(Generator<arch::DcganFrame<8>, WithoutFill>::parameter_count > 0);
