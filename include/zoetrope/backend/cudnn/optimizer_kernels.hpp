/// @file
/// Optimizers' updates by PyTorch's definitions, and those that write a filter's copy in bfloat16 on the way.
#pragma once

#include "zoetrope/backend/cudnn/bf16_kernels.hpp"

namespace zoetrope::kernel {

/// Flags that an update raises where what it has written is not finite. Whoever writes one, writes the same.
struct UpdateFlags {
  std::int32_t *parameters, *averages;
};

/// update() is that of @p Count elements from @p i on, from their gradients, and gives the new parameters; Update and
/// UpdateFilterPart run it, on elements from @p first on.
/// @p rates is the learning rate.
struct RmsProp {
  float keep, take, epsilon;
  const double* rates;
  Index first;
  const float* gradient;
  float *square_average, *parameters;
  UpdateFlags not_finite;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> update(Index i, const Pack<float, Count>& gradients) const {
    auto averages = load_pack<Count>(square_average + i), updated = load_pack<Count>(parameters + i);
    const auto rate = static_cast<float>(rates[0]);
    for (int k = 0; k < Count; ++k) {
      const float g = gradients.values[k];
      float &s = averages.values[k], &parameter = updated.values[k];
      s = keep * s + take * g * g;
      parameter -= rate * g / (sqrtf(s) + epsilon);
      if (!is_finite(s)) *not_finite.averages = 1;
      if (!is_finite(parameter)) *not_finite.parameters = 1;
    }
    store_pack(averages, square_average + i);
    store_pack(updated, parameters + i);
    return updated;
  }
  [[nodiscard]] bool begins_fours() const {
    return begin_packs<4>(gradient + first, square_average + first, parameters + first);
  }
};

/// @p rates are the learning rate over 1 - beta1^t, and 1 / sqrt(1 - beta2^t).
struct Adam {
  float beta1, beta2, one_minus_beta1, one_minus_beta2, epsilon;
  const double* rates;
  Index first;
  const float* gradient;
  float *average, *square_average, *parameters;
  UpdateFlags not_finite;
  template <int Count>
  ZOETROPE_HOST_DEVICE Pack<float, Count> update(Index i, const Pack<float, Count>& gradients) const {
    auto averages = load_pack<Count>(average + i), square_averages = load_pack<Count>(square_average + i),
         updated = load_pack<Count>(parameters + i);
    const auto rate = static_cast<float>(rates[0]), correction = static_cast<float>(rates[1]);
    for (int k = 0; k < Count; ++k) {
      const float g = gradients.values[k];
      float &m = averages.values[k], &v = square_averages.values[k], &parameter = updated.values[k];
      m = beta1 * m + one_minus_beta1 * g;
      v = beta2 * v + one_minus_beta2 * g * g;
      parameter -= rate * m / (sqrtf(v) * correction + epsilon);
      if (!is_finite(m) || !is_finite(v)) *not_finite.averages = 1;
      if (!is_finite(parameter)) *not_finite.parameters = 1;
    }
    store_pack(averages, average + i);
    store_pack(square_averages, square_average + i);
    store_pack(updated, parameters + i);
    return updated;
  }
  [[nodiscard]] bool begins_fours() const {
    return begin_packs<4>(gradient + first, average + first, square_average + first, parameters + first);
  }
};

/// An optimizer's update of parameters.
template <class Optimizer>
struct Update {
  Optimizer optimizer;
  template <int Count>
  ZOETROPE_HOST_DEVICE void elements(Index i) const {
    const Index at = optimizer.first + i;
    (void)optimizer.update(at, load_pack<Count>(optimizer.gradient + at));
  }
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { elements<1>(i); }
  [[nodiscard]] bool begins_fours() const { return optimizer.begins_fours(); }
};

/// An optimizer's update of a filter's part, which writes the part's copy in bfloat16 too. @p gradient is the part's,
/// or null where the optimizer's own has it.
template <class Optimizer>
struct UpdateFilterPart {
  Optimizer optimizer;
  FilterPart part;
  const __nv_bfloat16* gradient;
  __nv_bfloat16* copy;
  /// @p i is an index into the part.
  template <int Count>
  ZOETROPE_HOST_DEVICE void elements(Index i) const {
    const Index at = optimizer.first + part.filter_index(i);
    store_pack(optimizer.update(at, gradient != nullptr ? load_pack<Count>(gradient + i)
                                                        : load_pack<Count>(optimizer.gradient + at)),
               copy + i);
  }
  ZOETROPE_HOST_DEVICE void operator()(Index i) const { elements<1>(i); }
  [[nodiscard]] bool begins_fours() const {
    return part.whole % 4 == 0 && part.part % 4 == 0 && part.offset % 4 == 0 && optimizer.begins_fours() &&
           begin_packs<4>(gradient, copy);
  }
};

} // namespace zoetrope::kernel
