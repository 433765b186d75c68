/// @file
/// The frame stage's training step in LibTorch, PyTorch's C++ library: a contender of compare.py, and what a DCGAN-like
/// program costs to compile there.
///
///     libtorch_steps demo|paper <threads>
///
/// Plain, as a user would write it: a module and an optimizer for each discriminator. Protocol as in
/// zoetrope_steps.cpp.

#include <torch/torch.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;
using torch::nn::Sequential;

struct Workload {
  int divisor, members, batch;
  bool norm;
};

auto up(int inputs, int outputs, int padding) {
  return torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(inputs, outputs, 4).stride(2).padding(padding));
}
auto down(int inputs, int outputs, int stride, int padding) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(inputs, outputs, 4).stride(stride).padding(padding));
}

Sequential make_generator(int divisor) {
  const int width = 1024 / divisor;
  using torch::nn::BatchNorm2d, torch::nn::ReLU;
  return Sequential(torch::nn::Linear(100, 4 * width), torch::nn::BatchNorm1d(4 * width), ReLU(),
                    torch::nn::Unflatten(torch::nn::UnflattenOptions(1, {width, 2, 2})), up(width, width, 1),
                    BatchNorm2d(width), ReLU(), up(width, width / 2, 1), BatchNorm2d(width / 2), ReLU(),
                    up(width / 2, width / 4, 1), BatchNorm2d(width / 4), ReLU(), up(width / 4, 1, 2),
                    torch::nn::Tanh());
}

Sequential make_discriminator(int divisor, bool norm) {
  const int width = 256 / divisor;
  auto projection = torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 1, 8).stride(2).padding(3).bias(false));
  projection->weight.requires_grad_(false);
  const auto leak = [] { return torch::nn::LeakyReLU(torch::nn::LeakyReLUOptions().negative_slope(0.2)); };
  Sequential layers(projection, down(1, width, 2, 2), leak(), down(width, 2 * width, 2, 1));
  if (norm) layers->push_back(torch::nn::BatchNorm2d(2 * width));
  layers->push_back(leak());
  layers->push_back(down(2 * width, 4 * width, 2, 1));
  if (norm) layers->push_back(torch::nn::BatchNorm2d(4 * width));
  layers->push_back(leak());
  layers->push_back(down(4 * width, 1, 1, 1));
  return layers;
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const Workload& work, Sequential& network) {
  std::vector<torch::Tensor> trained;
  for (const auto& parameter : network->parameters())
    if (parameter.requires_grad()) trained.push_back(parameter);
  if (work.norm)
    return std::make_unique<torch::optim::Adam>(trained, torch::optim::AdamOptions(1e-3).betas({0.5, 0.999}));
  return std::make_unique<torch::optim::RMSprop>(trained, torch::optim::RMSpropOptions(1e-4));
}

torch::Tensor loss(const torch::Tensor& logits, bool real) {
  return torch::binary_cross_entropy_with_logits(logits, real ? torch::ones_like(logits) : torch::zeros_like(logits));
}

class FrameStage {
public:
  explicit FrameStage(const Workload& work)
      : work_(work), generator_(make_generator(work.divisor)), generator_optimizer_(make_optimizer(work, generator_)) {
    for (int k = 0; k < work.members; ++k) {
      discriminators_.push_back(make_discriminator(work.divisor, work.norm));
      optimizers_.push_back(make_optimizer(work, discriminators_.back()));
    }
  }

  void train() {
    const auto real = torch::rand({work_.batch, 1, 30, 30}) * 2 - 1;
    const auto seen = generate().detach();
    for (std::size_t k = 0; k < discriminators_.size(); ++k) {
      optimizers_[k]->zero_grad();
      (loss(discriminators_[k]->forward(real), true) + loss(discriminators_[k]->forward(seen), false)).backward();
      optimizers_[k]->step();
    }
    const auto generated = generate();
    auto total = torch::zeros({});
    for (auto& discriminator : discriminators_) total = total + loss(discriminator->forward(generated), true);
    generator_optimizer_->zero_grad();
    total.backward();
    generator_optimizer_->step();
  }

private:
  torch::Tensor generate() { return generator_->forward(torch::randn({work_.batch, 100})); }

  Workload work_;
  Sequential generator_;
  std::unique_ptr<torch::optim::Optimizer> generator_optimizer_;
  std::vector<Sequential> discriminators_;
  std::vector<std::unique_ptr<torch::optim::Optimizer>> optimizers_;
};

} // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.size() != 2 || (words[0] != "demo" && words[0] != "paper")) {
    std::cerr << "libtorch_steps: expected: libtorch_steps demo|paper <threads>\n";
    return 1;
  }
  torch::set_num_threads(std::stoi(words[1]));
  FrameStage stage(words[0] == "paper" ? Workload{1, 2, 64, false} : Workload{8, 4, 32, true});
  for (int i = 0; i < 3; ++i) stage.train();
  std::cout << R"({"version": ")" << TORCH_VERSION << "\"}" << std::endl;
  std::string word;
  for (double seconds = 0; std::cin >> word >> seconds;) {
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
    const char* before = "[";
    do {
      const auto start = Clock::now();
      stage.train();
      std::cout << std::exchange(before, ", ") << Seconds(Clock::now() - start).count();
    } while (Clock::now() < until);
    std::cout << ']' << std::endl;
  }
}
