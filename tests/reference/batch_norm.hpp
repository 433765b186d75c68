/// @file
/// Batch norm in training by its definition: plain loops in double precision, to compare with.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace reference {

struct BatchNormResult {
  std::vector<double> output, running_mean, running_variance;
};

/// Data is (batch, channels, volume), volume the product of all spatial extents and 1 where there are none. The output
/// is normalised with the biased variance; the running one moves by `momentum` towards the unbiased, as in PyTorch.
inline BatchNormResult batch_norm(std::size_t batch, std::size_t channels, std::size_t volume,
                                  const std::vector<double>& data, const std::vector<double>& weight,
                                  const std::vector<double>& bias, const std::vector<double>& running_mean,
                                  const std::vector<double>& running_variance, double epsilon = 1e-5,
                                  double momentum = 0.1) {
  BatchNormResult result{data, running_mean, running_variance};
  const double count = static_cast<double>(batch * volume);
  for (std::size_t c = 0; c < channels; ++c) {
    const auto index = [&](std::size_t n, std::size_t v) { return (n * channels + c) * volume + v; };

    double mean = 0.0;
    for (std::size_t n = 0; n < batch; ++n)
      for (std::size_t v = 0; v < volume; ++v) mean += data[index(n, v)] / count;

    double squares = 0.0;
    for (std::size_t n = 0; n < batch; ++n)
      for (std::size_t v = 0; v < volume; ++v) squares += (data[index(n, v)] - mean) * (data[index(n, v)] - mean);

    for (std::size_t n = 0; n < batch; ++n)
      for (std::size_t v = 0; v < volume; ++v)
        result.output[index(n, v)] =
            weight[c] * (data[index(n, v)] - mean) / std::sqrt(squares / count + epsilon) + bias[c];

    result.running_mean[c] = (1.0 - momentum) * running_mean[c] + momentum * mean;
    result.running_variance[c] = (1.0 - momentum) * running_variance[c] + momentum * squares / (count - 1.0);
  }
  return result;
}

} // namespace reference
