// expect: objective.description\(\)
#include "zoetrope/gan/objective.hpp"

#include <vector>

struct Anonymous {
  void weigh(std::span<const double> losses, std::span<double> weights) const {
    std::copy(losses.begin(), losses.end(), weights.begin());
  }
#ifdef POSITIVE
  static std::string description() { return "losses"; }
#endif
};

template <zoetrope::Objective O>
struct Weighed {};
Weighed<Anonymous> weighed;
