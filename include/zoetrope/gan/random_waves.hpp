/// @file
/// A projection of films that says where things are and how they move, and the discriminator that stands behind it. Not
/// of the paper, whose filters, of 8x8 pixels, say whether something is near.
#pragma once

#include "zoetrope/fwd.hpp"
#include "zoetrope/gan/paper.hpp"
#include "zoetrope/gan/projection.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {
namespace projection {

/// What RandomWaves, and WavesInWindows where @p WindowPercent is not 0, have in common.
template <int Count, int HalfWaves, int WindowPercent, FilterOverTime... Kinds>
struct WavesOfMembers {
  static_assert(Count > 0, "a member sees a positive number of waves' sums");
  static constexpr int rank = 1; ///< of its views
  static_assert(HalfWaves > 0, "a wave has at least one half wave across a frame");
  static_assert(sizeof...(Kinds) > 0, "waves are seen over time: TimeTaps<1> sees every frame as it is");
  static constexpr int taps = std::max({int{0}, static_cast<int>(std::size(Kinds::values))...});
  static_assert(((std::ssize(Kinds::values) == taps) && ...), "all kinds of waves over time have as many taps");
  static_assert(taps * sizeof...(Kinds) <= TapsOfKinds::most, "waves are seen over time by at most 64 taps in all");
  static std::string description() {
    return (windows ? "WavesInWindows, " : "RandomWaves, ") + std::to_string(Count) + " of up to " +
           std::to_string(HalfWaves) + " half waves" +
           (windows ? ", every second in a window of " + std::to_string(WindowPercent) + " % of the sides, of up to " +
                          std::to_string(finest)
                    : "") +
           (std::string() + ... + (", taps over time" + zoetrope::detail::taps_text(Kinds::values)));
  }

private:
  static constexpr bool windows = WindowPercent > 0;
  static constexpr int finest = windows ? 2 * HalfWaves : HalfWaves;
  static constexpr TapsOfKinds filters = [] {
    TapsOfKinds result{static_cast<int>(sizeof...(Kinds)), taps, {}};
    int* next = result.values;
    ((next = std::copy(Kinds::values.begin(), Kinds::values.end(), next)), ...);
    return result;
  }();
  template <class In>
  struct Sizes {
    using Output = In; // so that the sentence below is all that a compiler says
    static_assert(sizeof(In) == 0, "waves are projections of films: Shape<channels, time, height, width>");
  };
  template <int Channels, int Time, int Height, int Width>
  struct Sizes<Shape<Channels, Time, Height, Width>> {
    static_assert(finest < Height && finest < Width, "a frame has more pixels a side than waves have half waves");
    static_assert(Time >= taps, "a film has at least as many time steps as waves have taps");
    using Kernel = Extents<1, Height, Width>;
    using Frames = Shape<1, Time, 1, 1>; ///< one number of each frame
    using Output = Shape<Count * filters.kinds, Time - taps + 1>;
    static constexpr int time = Time, height = Height, width = Width;
  };

public:
  template <SampleShape In>
  using OutputOf = typename Sizes<In>::Output;

  /// Sums over frames of all members in one convolution, whose output channels they are; then time.
  template <SampleShape In, Backend B>
  class Projector {
    static constexpr int time = Sizes<In>::time, height = Sizes<In>::height, width = Sizes<In>::width;

  public:
    using Output = OutputOf<In>;
    using Scalar = typename B::Scalar;

    Projector(std::shared_ptr<B> backend, int members)
        : members_(members), filters_(std::move(backend), geometry(members)) {}

    void initialize(std::uint64_t seed, Stream stream) {
      const auto waves_down = half_waves(height), waves_across = half_waves(width);
      filters_.set([&](int filter) {
        const int member = filter / Count;
        const RandomStream random(seed, stream, static_cast<std::uint32_t>(member));
        const bool in_window = windows && member % 2 == 1;
        auto result =
            draw(random, filter % Count, in_window ? finest : HalfWaves, waves_down.data(), waves_across.data());
        if (in_window) look_through_window(random, result);
        return result;
      });
    }

    /// Views of every member from samples that all members share.
    const Scalar* forward(int batch, const Scalar* samples) {
      Scalar* sums = sums_of(batch);
      Scalar* views = grow(views_, static_cast<std::size_t>(Output::size * batch * members_));
      filters_.forward(batch, samples, sums);
      filters_.backend().filter_over_time(members_, time, batch, Count, filters, sums, views);
      return views;
    }

    /// The gradient with respect to the samples, summed over the members, from those with respect to the views.
    void backward(int batch, const Scalar* view_gradients, Scalar* sample_gradient) {
      Scalar* sums = sums_of(batch);
      filters_.backend().filter_over_time_gradient(members_, time, batch, Count, filters, view_gradients, sums);
      filters_.backward(batch, sums, sample_gradient);
    }

    [[nodiscard]] typename B::Buffer& weights() { return filters_.weights(); }
    [[nodiscard]] std::vector<LocatedBlock> located_blocks() const { return filters_.located_blocks(); }

  private:
    /// Of one side of a frame: [count][pixel].
    static std::vector<double> half_waves(int side) {
      std::vector<double> result;
      for (int count = 0; count <= finest; ++count)
        for (int pixel = 0; pixel < side; ++pixel)
          result.push_back(std::cos(std::numbers::pi * count * (pixel + 0.5) / side));
      return result;
    }

    /// [pixel][channel], of waves of at most @p most half waves, not scaled yet.
    static std::vector<double> draw(const RandomStream& random, int number, int most, const double* waves_down,
                                    const double* waves_across) {
      std::vector<double> filter(static_cast<std::size_t>(height * width * In::channels)), factors(In::channels);
      const auto kinds_a_side = static_cast<std::uint64_t>(most + 1);
      std::uint64_t drawn = kinds_a_side * kinds_a_side * In::channels * static_cast<std::uint64_t>(number);
      for (int down = 0; down <= most; ++down)
        for (int across = 0; across <= most; ++across, drawn += In::channels) {
          const int squares = down * down + across * across;
          if (squares == 0 || squares > most * most) continue;
          random.fill_normal(drawn, factors.data(), factors.size());
          auto* value = filter.data();
          for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
              for (const double factor : factors)
                *value++ += factor * waves_down[down * height + y] * waves_across[across * width + x];
        }
      return filter;
    }

    /// Multiplies all of a member's filters with the same bell.
    static void look_through_window(const RandomStream& random, std::vector<double>& filter) {
      constexpr std::uint64_t centre = std::uint64_t{1} << 40; // behind all that draw() draws
      const double down = (0.1 + 0.8 * random.uniform(centre)) * height,
                   across = (0.1 + 0.8 * random.uniform(centre + 1)) * width;
      const auto bell = [](double distance, int side) {
        const double deviations = 100 * distance / (WindowPercent * side);
        return std::exp(-0.5 * deviations * deviations);
      };
      auto* value = filter.data();
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
          for (int channel = 0; channel < In::channels; ++channel)
            *value++ *= bell(y + 0.5 - down, height) * bell(x + 0.5 - across, width);
    }

    Scalar* sums_of(int batch) {
      return grow(sums_, static_cast<std::size_t>(std::ptrdiff_t{Count} * time * batch * members_));
    }

    using Kernel = typename Sizes<In>::Kernel;
    static ConvolutionGeometry geometry(int members) {
      auto result = make_geometry<In, typename Sizes<In>::Frames, Kernel, Extents<1, 1, 1>, Extents<0, 0, 0>>();
      result.output_channels = members * Count;
      return result;
    }

    int members_;
    zoetrope::detail::FixedFilters<In, B> filters_;
    typename B::Buffer sums_, views_;
  };
};

/// @p Count numbers of each frame for each of @p Kinds, all of them channels of one view, [kind][number]. Each number
/// is the frame's product with a filter as large as it: a sum of waves along its height and width, of at most
/// @p HalfWaves half waves (the root of the sum of both directions' squares), without the constant, times N(0, 1),
/// scaled to norm 1 and never trained. So it changes evenly with the place of what moves, wherever that is, and its
/// change over time (TimeTaps, which multiply it) with the velocity.
template <int Count, int HalfWaves, FilterOverTime... Kinds>
struct RandomWaves : WavesOfMembers<Count, HalfWaves, 0, Kinds...> {};

/// The same, but that every second member, the second one first, sees waves of up to twice as many half waves through a
/// window: a bell whose standard deviation is 15 % of a frame's sides, somewhere in the frame, so that its filters have
/// a mean and say nothing of what is far from there. For many things that move: over a whole frame some of them turn
/// nearly always, in a window one mostly moves alone.
template <int Count, int HalfWaves, FilterOverTime... Kinds>
struct WavesInWindows : WavesOfMembers<Count, HalfWaves, 15, Kinds...> {};

/// Of 16 sums of waves each: where things are, three times their change and six times its change, since they move by
/// little from frame to frame.
struct FilmWaves : RandomWaves<16, 3, TimeTaps<0, 1, 0>, TimeTaps<-3, 3, 0>, TimeTaps<6, -12, 6>> {};
struct FilmWavesInWindows : WavesInWindows<16, 3, TimeTaps<0, 1, 0>, TimeTaps<-3, 3, 0>, TimeTaps<6, -12, 6>> {};

} // namespace projection

namespace arch {

/// One discriminator of numbers over time, after @p Projection, by convolutions along time: of 256 / WidthDivisor,
/// twice and three times as many channels, and one to a logit. @p Film is Shape<channels, time, height, width>.
template <int WidthDivisor, DiscriminatorNorm Norm, class Film, class Projection>
struct SeriesDiscriminator {
  static_assert(WidthDivisor > 0 && 256 % WidthDivisor == 0, "the width divisor divides 256");
  static_assert(Film::rank == 3, "a film's shape is Shape<channels, time, height, width>");
  using Sample = Film;
  using View = typename Projection::template OutputOf<Film>;
  static constexpr auto sizes = Film::extents::sizes;
  static_assert(detail::check_steps<sizes[0]>() && detail::check_frame<Film::channels, sizes[1], sizes[2]>());
  static_assert(View::rank == 1, "a series discriminator stands behind a projection of films to numbers over time");
  using Layers = typename detail::DownwardLayers<
      View, Norm, 256 / WidthDivisor, 3,
      detail::Downward{.size = View::extents::sizes[0], .end = 4, .odd_padding = 1, .padding = 0}>::type;
  static constexpr UniformByFanIn initializer{};
  static std::string description() {
    return "SeriesDiscriminator" + detail::shape_text<Film, paper::Film>() + detail::widths(WidthDivisor) +
           detail::norm_text(Norm);
  }
};

} // namespace arch
} // namespace zoetrope
