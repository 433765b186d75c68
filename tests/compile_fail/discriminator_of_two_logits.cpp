// expect: EndsInOneLogit(.|\n)*Shape<2>
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/gan/ensemble.hpp"

using namespace zoetrope;

#ifdef POSITIVE
constexpr int logits = 1;
#else
constexpr int logits = 2;
#endif

struct Judge {
  using Sample = Shape<9>;
  using Layers = Sequential<Shape<9>, layer::Linear<logits>>;
  static constexpr NormalWeights initializer{};
  static std::string description() { return "Judge"; }
};

static_assert(ProjectedDiscriminatorEnsemble<3, projection::Identity, Judge>::static_count == 3);
