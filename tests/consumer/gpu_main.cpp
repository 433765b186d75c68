#include <zoetrope/backend/cudnn.hpp>
#include <zoetrope/zoetrope.hpp>

#include <iostream>

int main() {
  using namespace zoetrope;
  using Frames = Generator<arch::DcganFrame<64>, backend::Cudnn<>>;
  if (!backend::Cudnn<>::available()) {
    std::cout << "there is no GPU\n";
    return 0;
  }
  Frames generator;
  generator.initialize(1, Stream::frame_generator_weights);
  std::cout << generator.generate(std::vector<float>(100)).size() << " values\n";
}
