// What a training step at the paper's sizes reads and writes on a GPU, by kind of work: counted, no GPU needed.
#include "gpu_traffic_of_steps.hpp"

#include <cstdio>

namespace {

/// A row for each kind of work, in GB.
void print(const char* what, const traffic::Tally& tf32, const traffic::Tally& bf16) {
  std::printf("\n| %s, GB | TF32 | BF16 |\n|---|---|---|\n", what);
  const auto row = [](const char* kind, double in_tf32, double in_bf16) {
    std::printf("| %s | %.2f | %.2f |\n", kind, in_tf32 / 1e9, in_bf16 / 1e9);
  };
  traffic::Tally kinds = tf32;
  kinds.insert(bf16.begin(), bf16.end());
  for (const auto& [kind, bytes] : kinds) {
    const auto in = [&kind = kind](const traffic::Tally& tally) {
      const auto found = tally.find(kind);
      return found == tally.end() ? 0.0 : found->second;
    };
    row(kind.c_str(), in(tf32), in(bf16));
  }
  row("all", traffic::total(tf32), traffic::total(bf16));
}

} // namespace

int main() {
  using namespace traffic;
  print("a frame step", frame_step<Tf32>(), frame_step<Bf16>());
  print("a sequence step", sequence_step<Tf32>(), sequence_step<Bf16>());
}
