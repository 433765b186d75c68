#include "support/gradient_check.hpp"
#include "zoetrope/nn/lstm.hpp"

using namespace zoetrope;
using support::check_network;
using support::smooth_step;

namespace {

// 4 * 7 gates are no whole number of vectors; 5 and 11 channels neither.
template <int Layers_, bool Bidirectional>
struct Recurrent {
  using Layers = Sequential<Shape<5, 6>, layer::Lstm<7, Layers_, Bidirectional>>;
};
struct OneStep {
  using Layers = Sequential<Shape<11, 1>, layer::Lstm<3, 3, true>>;
};

template <class Description>
void check_lstm(const std::vector<std::string>& zero_gradients = {}) {
  check_network<Description>(1, 5, Mode::training, smooth_step, 1, zero_gradients);
  check_network<Description>(3, 3, Mode::training, smooth_step, 1, zero_gradients);
}

} // namespace

TEST_CASE("the gradients of an LSTM in one direction agree with finite differences") {
  check_lstm<Recurrent<1, false>>();
  check_lstm<Recurrent<2, false>>();
}

TEST_CASE("the gradients of an LSTM in two directions agree with finite differences") {
  check_lstm<Recurrent<1, true>>();
  check_lstm<Recurrent<2, true>>();
}

TEST_CASE("at a single step an LSTM's recurrent weights have no gradient") {
  check_lstm<OneStep>({"0.weight_hh_l0", "0.weight_hh_l0_reverse", "0.weight_hh_l1", "0.weight_hh_l1_reverse",
                       "0.weight_hh_l2", "0.weight_hh_l2_reverse"});
}
