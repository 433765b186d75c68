/// @file
/// Sums over rows on a device, and batch norm on top of them. Columns are members' channels.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/cudnn/column_kernels.hpp"
#include "zoetrope/backend/cudnn/compute_device.hpp"

#include <algorithm>
#include <utility>

namespace zoetrope::cudnn {

template <ComputeDevice Device>
class Columns {
public:
  /// sums[column] = factor * the sum of term(row, column) over rows, or added to what is there.
  template <class Term>
  void sum(Device& device, std::ptrdiff_t rows, std::ptrdiff_t columns, const Term& term, float factor, WriteMode write,
           float* sums) {
    const auto [parts, rows_per_part] = parts_of(rows, columns);
    float* partial = get_partial(parts * columns);
    const kernel::SumPart<Term> kernel{rows, columns, rows_per_part, term, partial};
    if (parts * columns >= enough_indices / 2) // a quarter of the threads fills a GPU too
      run_elements(device, parts * columns, kernel);
    else
      device.run(parts * columns, kernel);
    add_parts(device, parts, columns, factor, write, partial, sums);
  }

  struct RowParts {
    std::ptrdiff_t parts, rows_per_part;
  };
  /// Enough parts of the rows to fill a GPU, from the sizes alone: the order of a sum never depends on the machine.
  static RowParts parts_of(std::ptrdiff_t rows, std::ptrdiff_t columns) {
    constexpr std::ptrdiff_t fewest_rows = 16;
    const std::ptrdiff_t parts =
        std::clamp<std::ptrdiff_t>(enough_indices / columns, 1, (rows + fewest_rows - 1) / fewest_rows);
    return {parts, (rows + parts - 1) / parts};
  }
  /// Where the parts' sums go, @p count values, until add_parts() has added them.
  float* get_partial(std::ptrdiff_t count) {
    // As much again for sums of sums.
    return partial_.template get<float>(2 * count);
  }
  /// sums[column] = factor * the sum over [part][column], or added to what is there. One thread per column would take
  /// long where columns are few and parts many, so some of them are added first.
  void add_parts(Device& device, std::ptrdiff_t parts, std::ptrdiff_t columns, float factor, WriteMode write,
                 float* partial, float* sums) {
    constexpr std::ptrdiff_t max_parts = 64;
    float* other = partial + parts * columns;
    while (parts > max_parts) {
      const std::ptrdiff_t groups = (parts + max_parts - 1) / max_parts;
      device.run(groups * columns, kernel::SumPart<kernel::Value<float>>{
                                       parts, columns, max_parts, kernel::Value<float>{columns, partial}, other});
      std::swap(partial, other);
      parts = groups;
    }
    device.run(columns, kernel::SumParts{parts, columns, factor, write == WriteMode::add, partial, sums});
  }

  void batch_norm_statistics(Device& device, const BatchNormArguments<float>& a, const float* input, double epsilon,
                             double momentum, float* running_mean, float* running_variance) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    const float share = 1.0F / static_cast<float>(a.rows);
    sum(device, a.rows, columns, kernel::Value<float>{columns, input}, share, WriteMode::replace, a.mean);
    sum(device, a.rows, columns, kernel::SquaredDeviation{columns, input, a.mean}, share, WriteMode::replace,
        a.inverse_deviation);
    device.run(columns, kernel::BatchNormFinish{static_cast<float>(a.rows), static_cast<float>(epsilon),
                                                static_cast<float>(momentum), a.mean, a.inverse_deviation, running_mean,
                                                running_variance});
  }
  void batch_norm_running_statistics(Device& device, const BatchNormArguments<float>& a, double epsilon,
                                     const float* running_mean, const float* running_variance) {
    device.run(std::ptrdiff_t{a.members} * a.channels,
               kernel::BatchNormRunningStatistics{static_cast<float>(epsilon), running_mean, running_variance, a.mean,
                                                  a.inverse_deviation});
  }
  void batch_norm_apply(Device& device, const BatchNormArguments<float>& a, const float* input, float* output) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    device.run(a.rows * columns, kernel::BatchNormApply{columns, input, a.mean, a.inverse_deviation, a.weight, a.bias,
                                                        static_cast<float>(a.slope_after), output});
  }
  /// @p leaky_relu_output is that of the leaky ReLU that follows where its gradient is still to be taken, else null.
  void batch_norm_gradient(Device& device, const BatchNormArguments<float>& a, const float* input, bool training,
                           const float* leaky_relu_output, float* gradient, WriteMode write, float* weight_gradient,
                           float* bias_gradient) {
    const std::ptrdiff_t columns = std::ptrdiff_t{a.members} * a.channels;
    float *sums = nullptr, *products = nullptr;
    const auto slope = static_cast<float>(a.slope_after);
    if (leaky_relu_output != nullptr && (training || weight_gradient != nullptr))
      device.run(a.rows * columns,
                 kernel::LeakyReluGradient<float, float>{slope, std::exchange(leaky_relu_output, nullptr), gradient});
    if (training || weight_gradient != nullptr) {
      sums = sums_.template get<float>(2 * columns);
      products = sums + columns;
      sum(device, a.rows, columns, kernel::Value<float>{columns, gradient}, 1.0F, WriteMode::replace, sums);
      sum(device, a.rows, columns, kernel::GradientTimesNormal{columns, gradient, input, a.mean, a.inverse_deviation},
          1.0F, WriteMode::replace, products);
    }
    if (weight_gradient != nullptr) {
      const auto put = [&](const float* found, float* to) {
        if (write == WriteMode::add)
          device.run(columns, kernel::AddTo{found, to});
        else
          device.copy(found, static_cast<std::size_t>(columns) * sizeof(float), to);
      };
      put(products, weight_gradient);
      put(sums, bias_gradient);
    }
    device.run(a.rows * columns,
               kernel::BatchNormGradient{columns, static_cast<float>(a.rows), input, a.mean, a.inverse_deviation,
                                         a.weight, training ? sums : nullptr, training ? products : nullptr, slope,
                                         leaky_relu_output, gradient});
  }

private:
  Scratch<typename Device::Memory> partial_, sums_;
};

} // namespace zoetrope::cudnn
