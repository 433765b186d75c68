/// @file
/// Declarations without definitions, and what the defaults of the library's template parameters are.
#pragma once

namespace zoetrope {

// --- Backends -------------------------------------------------------------------------------------------------------

/// Defined in zoetrope/backend/eigen.hpp, which zoetrope.hpp brings along.
template <class Real = float>
class EigenBackend;

using DefaultBackend = EigenBackend<>;

// --- Architectures (gan/architecture.hpp): widths are the paper's divided by WidthDivisor ----------------------------

enum class DiscriminatorNorm;
enum class LatentOutput;

namespace detail {
inline constexpr DiscriminatorNorm default_norm{0};     // DiscriminatorNorm::none
inline constexpr LatentOutput default_latent_output{0}; // LatentOutput::tanh
} // namespace detail

namespace arch {
template <int WidthDivisor = 1, int Latent = 100>
struct DcganFrame;
template <int WidthDivisor = 1, int Hidden = 256 / WidthDivisor,
          LatentOutput Ending = zoetrope::detail::default_latent_output, int Latent = 100>
struct BiLstmSequence;
template <int WidthDivisor = 1, DiscriminatorNorm Norm = zoetrope::detail::default_norm>
struct FrameDiscriminator;
template <int WidthDivisor = 1, DiscriminatorNorm Norm = zoetrope::detail::default_norm>
struct VideoDiscriminator;
} // namespace arch

// --- Losses, objectives, optimizers and schedules --------------------------------------------------------------------

struct NonSaturating;
struct Hinge;
struct LeastSquares;
using DefaultLoss = NonSaturating;

struct SumObjective;
struct AverageObjective;
struct HypervolumeObjective;
struct SoftmaxObjective;
using DefaultObjective = SumObjective;

struct RmsProp;
struct Adam;
template <class... Optimizers>
struct OptimizerChoice;
using DefaultOptimizer = RmsProp;

struct ConstantRate;
struct LinearDecay;
using DefaultSchedule = ConstantRate;

// --- The paper's numbers of discriminators ---------------------------------------------------------------------------

/// As a number of discriminators: given to the ensemble's constructor instead.
inline constexpr int run_time_count = 0;
inline constexpr int default_frame_discriminators = 48;
inline constexpr int default_video_discriminators = 16;

} // namespace zoetrope
