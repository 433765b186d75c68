/// @file
/// Operations that visit each value once: activations, losses, optimizer updates and changes of layout.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/eigen/lanes.hpp"
#include "zoetrope/backend/eigen/parts.hpp"
#include "zoetrope/backend/loss.hpp"
#include "zoetrope/core/instruction_set.hpp"
#include "zoetrope/core/parallel.hpp"

#include <Eigen/Core>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <type_traits>

#if defined(__GNUC__)
#define ZOETROPE_FLATTEN __attribute__((flatten))
#else
#define ZOETROPE_FLATTEN
#endif

namespace zoetrope::eigen {
inline namespace ZOETROPE_INSTRUCTION_SET {

/// The stride that Eigen has by default, under a name of ours: so the functions that Eigen makes of our expressions,
/// whose names have it too, are others in a unit for another processor.
struct NoStride : Eigen::Stride<0, 0> {};

template <class Scalar>
using Values = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::Unaligned, NoStride>;
template <class Scalar>
using ConstValues = Eigen::Map<const Eigen::Array<Scalar, Eigen::Dynamic, 1>, Eigen::Unaligned, NoStride>;

/// One of Eigen's functions of one value, with all that it calls inlined: what Eigen leaves to functions of their own
/// has the same names in a unit for another processor.
template <class Function>
struct Inlined : Function {
  template <class Value>
  ZOETROPE_FLATTEN Value operator()(const Value& x) const {
    return Function::operator()(x);
  }
  template <class Vector>
  ZOETROPE_FLATTEN Vector packetOp(const Vector& x) const {
    return Function::packetOp(x);
  }
};

/// tanh of every value of an Eigen expression, and the logistic function.
template <class Expression>
auto tanh_of(const Expression& x) {
  return x.unaryExpr(Inlined<Eigen::internal::scalar_tanh_op<typename Expression::Scalar>>{});
}
template <class Expression>
auto logistic_of(const Expression& x) {
  return x.unaryExpr(Inlined<Eigen::internal::scalar_logistic_op<typename Expression::Scalar>>{});
}

/// Calls @p body(first, count) for consecutive pieces of [0, size), in parallel where that pays.
template <class Body>
void for_pieces(std::ptrdiff_t size, const Body& body) {
  constexpr std::ptrdiff_t piece = 8192;
  const std::ptrdiff_t pieces = (size + piece - 1) / piece;
  parallel_for(pieces, [&](std::ptrdiff_t i) { body(i * piece, std::min(piece, size - i * piece)); });
}

/// Calls @p body.operator()<Lane>(i) for vectors and single ones of @p size values, in such pieces.
template <class Scalar, class Body>
void for_piece_lanes(std::ptrdiff_t size, const Body& body) {
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    for_lanes<Scalar>(count, [&]<class Lane>(std::ptrdiff_t i) { body.template operator()<Lane>(first + i); });
  });
}

/// x <- tanh(x), in place.
template <class Scalar>
void tanh(std::ptrdiff_t size, Scalar* values) {
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    Values<Scalar> x(values + first, count);
    x = tanh_of(x);
  });
}

template <class Scalar>
void tanh_gradient(std::ptrdiff_t size, const Scalar* output, Scalar* gradient) {
  using namespace Eigen::internal;
  for_piece_lanes<Scalar>(size, [&]<class Lane>(std::ptrdiff_t i) {
    const Lane y = ploadu<Lane>(output + i);
    pstoreu(gradient + i, pmul(ploadu<Lane>(gradient + i), psub(pset1<Lane>(Scalar(1)), pmul(y, y))));
  });
}

/// x <- factor * x, in place; its own gradient too.
template <class Scalar>
void scale(std::ptrdiff_t size, Scalar factor, Scalar* values) {
  using namespace Eigen::internal;
  for_piece_lanes<Scalar>(size, [&]<class Lane>(std::ptrdiff_t i) {
    pstoreu(values + i, pmul(ploadu<Lane>(values + i), pset1<Lane>(factor)));
  });
}

/// Each member's loss of some samples' logits [member][batch]: the mean over these samples.
template <LogitLoss Loss, class Scalar>
void losses(const Loss& loss, LogitRole role, int members, const SampleRange& samples, const Scalar* logits,
            double* results) {
  for (int member = 0; member < members; ++member) {
    double sum = 0;
    for (int i = samples.first; i < samples.first + samples.count; ++i)
      sum += loss.value(role, logits[member * samples.batch + i]);
    results[member] = sum / samples.count;
  }
}

/// Its gradient times weights[member], with respect to these samples' logits.
template <LogitLoss Loss, class Scalar>
void loss_gradient(const Loss& loss, LogitRole role, int members, const SampleRange& samples, const Scalar* logits,
                   const double* weights, Scalar* gradient) {
  for (int member = 0; member < members; ++member) {
    for (int i = samples.first; i < samples.first + samples.count; ++i) {
      const double derivative = loss.derivative(role, logits[member * samples.batch + i]);
      gradient[member * samples.batch + i] = static_cast<Scalar>(weights[member] * derivative / samples.count);
    }
  }
}

/// Whether no value of a piece is infinite or NaN.
template <class Scalar>
bool piece_is_finite(std::ptrdiff_t count, const Scalar* values) {
  using namespace Eigen::internal;
  using P = Packet<Scalar>;
  // Zero times each, and added up, is zero, or no number.
  P sum = pset1<P>(Scalar(0));
  Scalar rest = 0;
  for_lanes<Scalar>(count, [&]<class Lane>(std::ptrdiff_t i) {
    const Lane product = pmul(ploadu<Lane>(values + i), pset1<Lane>(Scalar(0)));
    if constexpr (std::is_same_v<Lane, Scalar>)
      rest += product;
    else
      sum = padd(sum, product);
  });
  return predux(sum) + rest == Scalar(0);
}

/// True where no value is infinite or NaN.
template <class Scalar>
bool all_finite(std::ptrdiff_t size, const Scalar* values) {
  std::atomic<bool> finite{true};
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    if (!piece_is_finite(count, values + first)) finite.store(false, std::memory_order_relaxed);
  });
  return finite;
}

/// Calls @p update.operator()<Lane>(i) for vectors and single ones of @p size values, piece by piece, then
/// @p not_finite with what is not all finite afterwards. It is looked for while a piece is in the cache.
template <class Scalar, class Update, class Action>
void update_values(std::ptrdiff_t size, const Scalar* parameters, std::initializer_list<const Scalar*> averages,
                   const Update& update, const Action& not_finite) {
  std::atomic<bool> finite_parameters{true}, finite_averages{true};
  for_pieces(size, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
    for_lanes<Scalar>(count, [&]<class Lane>(std::ptrdiff_t i) { update.template operator()<Lane>(first + i); });
    if (!piece_is_finite(count, parameters + first)) finite_parameters.store(false, std::memory_order_relaxed);
    for (const Scalar* average : averages)
      if (!piece_is_finite(count, average + first)) finite_averages.store(false, std::memory_order_relaxed);
  });
  if (!finite_parameters) not_finite(Updated::parameters);
  if (!finite_averages) not_finite(Updated::averages);
}

/// PyTorch's RMSprop: s <- a s + (1 - a) g^2; w <- w - lr g / (sqrt(s) + eps).
template <class Scalar, class Action>
void rms_prop(std::ptrdiff_t size, double learning_rate, double alpha, double epsilon, const Scalar* gradient,
              Scalar* square_average, Scalar* parameters, const Action& not_finite) {
  const auto rate = static_cast<Scalar>(learning_rate), eps = static_cast<Scalar>(epsilon);
  const auto keep = static_cast<Scalar>(alpha), take = static_cast<Scalar>(1 - alpha);
  using namespace Eigen::internal;
  const auto update = [&]<class Lane>(std::ptrdiff_t i) {
    const Lane g = ploadu<Lane>(gradient + i);
    const Lane square = pmul(pset1<Lane>(take), pmul(g, g));
    const Lane s = padd(pmul(pset1<Lane>(keep), ploadu<Lane>(square_average + i)), square);
    const Lane step = pdiv(pmul(pset1<Lane>(rate), g), padd(psqrt(s), pset1<Lane>(eps)));
    pstoreu(square_average + i, s);
    pstoreu(parameters + i, psub(ploadu<Lane>(parameters + i), step));
  };
  update_values<Scalar>(size, parameters, {square_average}, update, not_finite);
}

/// PyTorch's Adam, @p step counted from 1: w <- w - lr / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + eps).
template <class Scalar, class Action>
void adam(std::ptrdiff_t size, double learning_rate, double beta1, double beta2, double epsilon, std::uint64_t step,
          const Scalar* gradient, Scalar* average, Scalar* square_average, Scalar* parameters,
          const Action& not_finite) {
  const double t = static_cast<double>(step);
  const auto rate = static_cast<Scalar>(learning_rate / (1 - std::pow(beta1, t)));
  const auto correction = static_cast<Scalar>(1 / std::sqrt(1 - std::pow(beta2, t)));
  const auto b1 = static_cast<Scalar>(beta1), b2 = static_cast<Scalar>(beta2), eps = static_cast<Scalar>(epsilon);
  const auto c1 = static_cast<Scalar>(1 - beta1), c2 = static_cast<Scalar>(1 - beta2);
  using namespace Eigen::internal;
  const auto update = [&]<class Lane>(std::ptrdiff_t i) {
    const Lane g = ploadu<Lane>(gradient + i);
    const Lane kept = pmul(pset1<Lane>(b1), ploadu<Lane>(average + i));
    const Lane m = padd(kept, pmul(pset1<Lane>(c1), g));
    const Lane square = pmul(pset1<Lane>(c2), pmul(g, g));
    const Lane v = padd(pmul(pset1<Lane>(b2), ploadu<Lane>(square_average + i)), square);
    const Lane deviation = padd(pmul(psqrt(v), pset1<Lane>(correction)), pset1<Lane>(eps));
    pstoreu(average + i, m);
    pstoreu(square_average + i, v);
    pstoreu(parameters + i, psub(ploadu<Lane>(parameters + i), pdiv(pmul(pset1<Lane>(rate), m), deviation)));
  };
  update_values<Scalar>(size, parameters, {average, square_average}, update, not_finite);
}

/// average <- keep average + (1 - keep) values. Written with 1 - keep alone: the shares of two rounded numbers would
/// not add up to 1, which what is left of an average after many steps shows.
template <class Scalar>
void add_to_average(std::ptrdiff_t size, double keep, const Scalar* values, Scalar* average) {
  const auto take = static_cast<Scalar>(1 - keep);
  using namespace Eigen::internal;
  for_piece_lanes<Scalar>(size, [&]<class Lane>(std::ptrdiff_t i) {
    const Lane before = ploadu<Lane>(average + i);
    const Lane change = pmul(pset1<Lane>(take), psub(ploadu<Lane>(values + i), before));
    pstoreu(average + i, padd(before, change));
  });
}

/// [outer][middle][inner] of rows of @p width values -> [middle][outer][inner].
template <class Scalar>
void swap_leading(std::ptrdiff_t outer, std::ptrdiff_t middle, std::ptrdiff_t width, const Scalar* from, Scalar* to) {
  const Parts parts = cut(middle, 1);
  parallel_for(parts.count, [&](std::ptrdiff_t part) {
    for (std::ptrdiff_t m = parts.begin(part); m < parts.end(part); ++m)
      for (std::ptrdiff_t o = 0; o < outer; ++o)
        std::copy_n(from + (o * middle + m) * width, width, to + (m * outer + o) * width);
  });
}

} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace zoetrope::eigen

namespace Eigen::internal {
template <class Function>
struct functor_traits<zoetrope::eigen::Inlined<Function>> : functor_traits<Function> {};
} // namespace Eigen::internal
