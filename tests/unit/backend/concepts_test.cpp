// What counts as a backend, and what does not.

#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/nn/batch_norm.hpp"
#include "zoetrope/nn/lstm.hpp"
#include "zoetrope/nn/optimizer.hpp"

#include <doctest/doctest.h>

#include <string_view>
#include <type_traits>

using namespace zoetrope;

namespace {

using Good = backend::Eigen<float>;

static_assert(Backend<backend::Eigen<float>> && Backend<backend::Eigen<double>> &&
              Backend<backend::Eigen<float, Bf16>>);
static_assert(std::is_same_v<backend::Eigen<>, backend::Eigen<float, Fp32>>);
static_assert(detail::HasMemory<Good> && detail::HasConvolution<Good> && detail::HasActivations<Good> &&
              detail::HasOptimizers<Good> && detail::HasLosses<Good>);
static_assert(detail::HasBatchNorm<Good> && detail::HasLstm<Good>);

// One that lacks a part each.
struct Nothing {};
struct WithoutBuffer : Good {
private:
  using Buffer = void;
};
struct WithoutConvolution : Good {
  void convolution_filter_gradient() = delete;
};
struct WithoutFilterOverTime : Good {
  void filter_over_time_gradient() = delete;
};
struct WithoutTanh : Good {
  void tanh() = delete;
};
struct WithoutAdam : Good {
  void adam() = delete;
};
struct VagueFinite : Good {
  int all_finite(std::ptrdiff_t, const float*);
};
struct WithoutLosses : Good {
  void losses() = delete;
};
struct WithoutLossGradient : Good {
  void loss_gradient() = delete;
};
/// Only the library's own loss, where a backend takes any.
struct OneLoss : Good {
  void losses(const NonSaturating&, LogitRole, int, const SampleRange&, const float*, double*);
};
struct Nameless : Good {
  static void name();
};
struct WithoutDescription : Good {
  static void description();
};
struct WithoutPacks : Good {
  void unpack_samples() = delete;
};
struct WithoutPickedFrames : Good {
  void pick_frames() = delete;
};
struct WithoutAddedFrames : Good {
  void add_frames() = delete;
};
struct WithoutAppendedPositions : Good {
  void append_positions() = delete;
};
struct WithoutFirstPositions : Good {
  void first_positions() = delete;
};
struct WithoutOrderOfPositions : Good {
private:
  static constexpr bool positions_are_outermost = true;
};
struct WithoutSums : Good {
  void add_to() = delete;
};
struct WithoutAverages : Good {
  void add_to_average() = delete;
};
struct WithoutSpectralNorms : Good {
  void bound_spectral_norms() = delete;
};
struct AlwaysThere : Good {
  static int available();
};
struct WithoutBatchNorm : Good {
  void batch_norm_apply() = delete;
};
struct WithoutLstm : Good {
private:
  using LstmCache = void;
};

struct WithoutLstmBackward : Good {
  void lstm_backward() = delete;
};

static_assert(!Backend<Nothing> && !Backend<int> && !Backend<void>);
static_assert(!detail::HasMemory<WithoutBuffer> && !Backend<WithoutBuffer>);
static_assert(!detail::HasConvolution<WithoutFilterOverTime> && !Backend<WithoutFilterOverTime>);
static_assert(!detail::HasConvolution<WithoutConvolution> && detail::HasMemory<WithoutConvolution> &&
              !Backend<WithoutConvolution>);
static_assert(!detail::HasActivations<WithoutTanh> && !Backend<WithoutTanh>);
static_assert(!detail::HasOptimizers<WithoutAdam> && !Backend<WithoutAdam>);
static_assert(!detail::HasOptimizers<WithoutAverages> && !Backend<WithoutAverages>);
static_assert(!detail::HasOptimizers<WithoutSpectralNorms> && !Backend<WithoutSpectralNorms>);
static_assert(!detail::HasOptimizers<VagueFinite> && !Backend<VagueFinite>);
static_assert(!detail::HasLosses<WithoutLosses> && !Backend<WithoutLosses>);
static_assert(!detail::HasLosses<WithoutLossGradient> && !detail::HasLosses<OneLoss> && detail::HasSteps<OneLoss>);
static_assert(!Backend<Nameless> && !Backend<AlwaysThere> && !Backend<WithoutDescription>);
static_assert(!detail::HasMemory<WithoutSums> && !Backend<WithoutSums>);
static_assert(!detail::HasLayouts<WithoutPacks> && !Backend<WithoutPacks>);
static_assert(!detail::HasLayouts<WithoutPickedFrames> && !Backend<WithoutPickedFrames>);
static_assert(!detail::HasLayouts<WithoutAddedFrames> && !Backend<WithoutAddedFrames>);
static_assert(!detail::HasLayouts<WithoutAppendedPositions> && !Backend<WithoutAppendedPositions>);
static_assert(!detail::HasLayouts<WithoutFirstPositions> && !Backend<WithoutFirstPositions>);
static_assert(!detail::HasLayouts<WithoutOrderOfPositions> && !Backend<WithoutOrderOfPositions>);

// A backend may lack what only some layers need.
static_assert(Backend<WithoutBatchNorm> && !detail::HasBatchNorm<WithoutBatchNorm> &&
              detail::HasLstm<WithoutBatchNorm>);
static_assert(Backend<WithoutLstm> && !detail::HasLstm<WithoutLstm> && detail::HasBatchNorm<WithoutLstm>);
static_assert(Backend<WithoutLstmBackward> && !detail::HasLstm<WithoutLstmBackward>);
static_assert(!detail::HasBatchNorm<Nothing> && !detail::HasLstm<Nothing>);

struct Resetless {
  template <class... Arguments>
  void update(Arguments&&...) const;
};
struct Mutable {
  template <class... Arguments>
  void reset(Arguments&&...);
  template <class... Arguments>
  void update(Arguments&&...);
};
struct NamelessRmsProp : RmsProp {
  static void description();
};
static_assert(!OptimizerFor<NamelessRmsProp, Good>);
static_assert(OptimizerFor<RmsProp, Good> && OptimizerFor<zoetrope::Adam, Good>);
static_assert(OptimizerFor<OptimizerChoice<RmsProp, zoetrope::Adam>, Good>);
static_assert(!OptimizerFor<int, Good> && !OptimizerFor<Resetless, Good> && !OptimizerFor<Mutable, Good>);
static_assert(!OptimizerFor<RmsProp, Nothing>);

} // namespace

TEST_CASE("the Eigen backend says what it is") {
  CHECK(std::string_view(Good::name()) == "Eigen");
  CHECK(Good::available());
  CHECK(Good::memory_is_host);
}

TEST_CASE("a buffer keeps its memory where it suffices, and is aligned for any vector") {
  Good::Buffer buffer(100);
  const float* memory = buffer.data();
  CHECK(reinterpret_cast<std::uintptr_t>(memory) % 64 == 0);
  buffer.resize(10);
  CHECK(buffer.size() == 10);
  CHECK(buffer.data() == memory);
  buffer.resize(100);
  CHECK(buffer.data() == memory);
  buffer.resize(101);
  CHECK(buffer.size() == 101);
}
