#include "dots.hpp"
#include "smoothed_loss.hpp"

int main() {
  dots::Trainer<zoetrope::SumObjective, Smoothed> trainer(dots::settings());
  return dots::train(trainer, Smoothed::description()) ? 0 : 1;
}
