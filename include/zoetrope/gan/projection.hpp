/// @file
/// What a discriminator sees: its own fixed random projection of a sample (Neyshabur et al. 2017; paper section 3).
#pragma once

#include "zoetrope/backend/grow.hpp"
#include "zoetrope/core/description.hpp"
#include "zoetrope/core/random.hpp"
#include "zoetrope/nn/convolution.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace zoetrope {

/// A projection policy P, bound to samples of shape @p In and a backend, has a Projector that makes K views of a sample
/// and brings K gradients back. Its static description() tells it from others, since checkpoints record it.
template <class P, class In, class B>
concept ProjectionFor = SampleShape<In> && Backend<B> && SampleShape<typename P::template OutputOf<In>> &&
    requires(typename P::template Projector<In, B>& projector, const typename P::template Projector<In, B>& fixed,
             B& backend, int n, const typename B::Scalar* x, typename B::Scalar* y) {
  { P::description() } -> std::convertible_to<std::string>;
  projector.initialize(std::uint64_t{}, Stream::frame_projections);
  { projector.forward(n, x) } -> std::same_as<const typename B::Scalar*>;
  projector.backward(n, x, y);
  projector.weights();
  { fixed.located_blocks() } -> std::convertible_to<std::vector<LocatedBlock>>;
};

namespace detail {
/// (1, 8, 8) -> "1x8x8".
template <int First, int... Rest>
std::string extents_text(Extents<First, Rest...>) {
  return (std::to_string(First) + ... + ("x" + std::to_string(Rest)));
}
template <class Values>
std::string taps_text(const Values& values) {
  std::string text;
  for (const int value : values) text += " " + std::to_string(value);
  return text;
}

/// Filters that never learn, each of norm 1: the output channels of one convolution of samples of shape @p In, which
/// all members share.
template <SampleShape In, Backend B>
class FixedFilters {
public:
  using Scalar = typename B::Scalar;

  FixedFilters(std::shared_ptr<B> backend, const ConvolutionGeometry& geometry)
      : backend_(std::move(backend)), block_{geometry.taps(), In::channels, geometry.output_channels}, plan_(geometry) {
    weights_.resize(static_cast<std::size_t>(block_.size()));
    backend_->fill(weights_.data(), weights_.size(), Scalar(0));
  }

  /// @p filter_of(number) is one filter [tap][channel], of any norm but 0.
  template <class FilterOf>
  void set(const FilterOf& filter_of) {
    std::vector<Scalar> weights(weights_.size());
    for (int number = 0; number < block_.columns; ++number) {
      const std::vector<double> filter = filter_of(number);
      double squares = 0;
      for (const double value : filter) squares += value * value;
      for (std::ptrdiff_t i = 0; i < std::ssize(filter); ++i)
        weights[static_cast<std::size_t>(B::parameter_offset(block_, i / In::channels, i % In::channels, number))] =
            static_cast<Scalar>(filter[static_cast<std::size_t>(i)] / std::sqrt(squares));
    }
    backend_->copy_from_host(weights.data(), weights.size(), weights_.data());
  }

  void forward(int batch, const Scalar* samples, Scalar* views) {
    backend_->shared_convolution_forward(plan_, batch, samples, weights_.data(), views);
  }
  /// Writes the gradient with respect to the samples, summed over all filters.
  void backward(int batch, const Scalar* view_gradients, Scalar* sample_gradient) {
    backend_->shared_convolution_data_gradient(plan_, batch, view_gradients, weights_.data(), sample_gradient);
  }

  [[nodiscard]] B& backend() { return *backend_; }
  [[nodiscard]] typename B::Buffer& weights() { return weights_; }
  [[nodiscard]] std::vector<LocatedBlock> located_blocks() const { return {{block_, 0, 1}}; }

private:
  std::shared_ptr<B> backend_;
  ParameterBlock block_;
  typename B::SharedConvolutionPlan plan_;
  typename B::Buffer weights_;
};

template <class In, int Together>
struct PackedShape;
template <int Channels, int... Sizes, int Together>
struct PackedShape<Shape<Channels, Sizes...>, Together> {
  using type = Shape<Together * Channels, Sizes...>;
};

} // namespace detail

/// How many samples of a batch, neighbours in it, make one view of projection policy @p P, and so have one logit: 1
/// unless it says another number. Its Projector's batches count samples all the same. An ensemble is asked likewise.
template <class P>
inline constexpr int samples_together = 1;
template <class P>
requires requires { P::samples_together; }
inline constexpr int samples_together<P> = P::samples_together;

namespace projection {

/// What a filter does along the first dimension of its kernel, time: the same random filter over space at each step,
/// times these numbers. TimeTaps<-1, 1> sees changes, TimeTaps<1, -2, 1> changes of changes.
template <int... Taps>
struct TimeTaps {
  static constexpr std::array<int, sizeof...(Taps)> values{Taps...};
  static_assert(((Taps != 0) || ...), "of a filter's taps over time at least one is not 0");
};

template <class>
inline constexpr bool is_time_taps = false;
template <int... Taps>
inline constexpr bool is_time_taps<TimeTaps<Taps...>> = true;
/// A TimeTaps, which says all that it does.
template <class F>
concept FilterOverTime = is_time_taps<F>;

/// A convolution without bias to one channel, its filter N(0, 1) scaled to norm 1 and never trained. Each member has a
/// filter of its own: [tap][channel][member] in the checkpoint. Where @p Kinds are given (TimeTaps), member k's filter
/// is of kind k modulo their number; otherwise every tap is drawn.
template <ExtentList Kernel, ExtentList Stride, ExtentList Padding, FilterOverTime... Kinds>
struct UnitNormConvolution {
  static constexpr int rank = Kernel::rank;
  static_assert(((std::ssize(Kinds::values) == Kernel::sizes[0]) && ...),
                "the taps over time of a projection are as many as its kernel has steps");
  static std::string description() {
    return "UnitNormConvolution, kernel " + zoetrope::detail::extents_text(Kernel{}) + ", stride " +
           zoetrope::detail::extents_text(Stride{}) + ", padding " + zoetrope::detail::extents_text(Padding{}) +
           (std::string() + ... + (", taps over time" + zoetrope::detail::taps_text(Kinds::values)));
  }
  template <SampleShape In>
  using OutputOf = typename zoetrope::detail::ConvolvedShape<In, 1, Kernel, Stride, Padding>::Output;

  /// All members in one convolution, whose output channels are the members.
  template <SampleShape In, Backend B>
  class Projector {
  public:
    using Output = OutputOf<In>;
    using Scalar = typename B::Scalar;

    Projector(std::shared_ptr<B> backend, int members)
        : members_(members), filters_(std::move(backend), geometry(members)) {}

    void initialize(std::uint64_t seed, Stream stream) {
      filters_.set(
          [&](int member) { return draw(RandomStream(seed, stream, static_cast<std::uint32_t>(member)), member); });
    }

    /// Views of every member from samples that all members share.
    const Scalar* forward(int batch, const Scalar* samples) {
      Scalar* views = grow(views_, static_cast<std::size_t>(Output::positions * batch * members_));
      filters_.forward(batch, samples, views);
      return views;
    }

    /// The gradient with respect to the samples, summed over the members, from those with respect to the views.
    void backward(int batch, const Scalar* view_gradients, Scalar* sample_gradient) {
      filters_.backward(batch, view_gradients, sample_gradient);
    }

    [[nodiscard]] typename B::Buffer& weights() { return filters_.weights(); }
    [[nodiscard]] std::vector<LocatedBlock> located_blocks() const { return filters_.located_blocks(); }

  private:
    /// A member's filter [tap][channel], not scaled yet.
    static std::vector<double> draw(const RandomStream& stream, [[maybe_unused]] int member) {
      std::vector<double> filter(static_cast<std::size_t>(Kernel::product * In::channels));
      if constexpr (sizeof...(Kinds) == 0) {
        stream.fill_normal(0, filter.data(), filter.size());
      } else {
        constexpr std::array kinds{Kinds::values...};
        const auto& taps = kinds[static_cast<std::size_t>(member) % kinds.size()];
        const std::size_t space = filter.size() / taps.size();
        std::vector<double> over_space(space);
        stream.fill_normal(0, over_space.data(), space);
        for (std::size_t i = 0; i < filter.size(); ++i) filter[i] = taps[i / space] * over_space[i % space];
      }
      return filter;
    }

    /// The members are the output channels of one convolution.
    static ConvolutionGeometry geometry(int members) {
      auto result = make_geometry<In, Output, Kernel, Stride, Padding>();
      result.output_channels = members;
      return result;
    }

    int members_;
    zoetrope::detail::FixedFilters<In, B> filters_;
    typename B::Buffer views_;
  };
};

/// The paper's projection of films, one step further: a third of the members see frames, as with PaperFilm, a third
/// what changes from frame to frame, a third how that changes. A tremble too small to be seen in a frame is as large as
/// all else in such a view. Views have two steps fewer than films: beyond the ends there is nothing to compare with.
struct FilmInMotion : UnitNormConvolution<Extents<3, 8, 8>, Extents<1, 3, 3>, Extents<0, 2, 2>, TimeTaps<0, 1, 0>,
                                          TimeTaps<-1, 1, 0>, TimeTaps<1, -2, 1>> {};

/// No projection: every member sees the sample itself.
struct Identity {
  static std::string description() { return "Identity"; }
  template <SampleShape In>
  using OutputOf = In;

  template <SampleShape In, Backend B>
  class Projector {
  public:
    using Output = In;
    using Scalar = typename B::Scalar;

    Projector(std::shared_ptr<B> backend, int members) : backend_(std::move(backend)), members_(members) {}
    void initialize(std::uint64_t, Stream) {}

    const Scalar* forward(int batch, const Scalar* samples) {
      Scalar* views = grow(views_, static_cast<std::size_t>(In::size * batch * members_));
      backend_->repeat_members(members_, In::positions * batch, In::channels, samples, views);
      return views;
    }
    void backward(int batch, const Scalar* view_gradients, Scalar* sample_gradient) {
      backend_->sum_members(members_, In::positions * batch, In::channels, view_gradients, sample_gradient);
    }
    [[nodiscard]] typename B::Buffer& weights() { return weights_; }
    [[nodiscard]] std::vector<LocatedBlock> located_blocks() const { return {}; }

  private:
    std::shared_ptr<B> backend_;
    int members_;
    typename B::Buffer weights_, views_;
  };
};

/// Packing (PacGAN, Lin et al. 2018): each member judges @p Together samples at once, whose views, by policy @p P, are
/// the channels of one. A pack of samples that are alike stands out as no single one does, so a generator that draws a
/// few of them again and again is found out. Batches are multiples of @p Together.
template <DescribesItself P, int Together>
struct Packed {
  static_assert(Together >= 1, "a discriminator judges at least one sample at once");
  static_assert(zoetrope::samples_together<P> == 1, "a pack is of samples, not of packs: one Packed says their number");
  static constexpr int samples_together = Together;
  static std::string description() { return P::description() + ", " + std::to_string(Together) + " samples together"; }
  template <SampleShape In>
  using OutputOf = typename zoetrope::detail::PackedShape<typename P::template OutputOf<In>, Together>::type;

  /// @p batch counts samples, not packs.
  template <SampleShape In, Backend B>
  class Projector {
    using Apart = typename P::template OutputOf<In>;

  public:
    using Output = OutputOf<In>;
    using Scalar = typename B::Scalar;

    Projector(std::shared_ptr<B> backend, int members)
        : backend_(backend), members_(members), projector_(std::move(backend), members) {}
    void initialize(std::uint64_t seed, Stream stream) { projector_.initialize(seed, stream); }

    const Scalar* forward(int batch, const Scalar* samples) {
      return backend_->pack_samples(members_, Apart::positions, batch / Together, Together, Apart::channels,
                                    projector_.forward(batch, samples), views_);
    }
    void backward(int batch, const Scalar* view_gradients, Scalar* sample_gradient) {
      projector_.backward(batch,
                          backend_->unpack_samples(members_, Apart::positions, batch / Together, Together,
                                                   Apart::channels, view_gradients, gradients_),
                          sample_gradient);
    }
    [[nodiscard]] typename B::Buffer& weights() { return projector_.weights(); }
    [[nodiscard]] std::vector<LocatedBlock> located_blocks() const { return projector_.located_blocks(); }

  private:
    std::shared_ptr<B> backend_;
    int members_;
    typename P::template Projector<In, B> projector_;
    typename B::Buffer views_, gradients_; ///< where the backend does not pack in place
  };
};

} // namespace projection
} // namespace zoetrope
