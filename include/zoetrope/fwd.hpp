/// @file
/// Declarations without definitions, and what the defaults of the library's template parameters are.
#pragma once

#include "zoetrope/core/instruction_set.hpp"

namespace zoetrope {

// --- Backends -------------------------------------------------------------------------------------------------------

/// Of products; defined in zoetrope/backend/precision.hpp.
struct Fp32;
struct Tf32;
struct Bf16;

/// Defined in zoetrope/backend/eigen.hpp, which zoetrope.hpp brings along.
namespace backend {
inline namespace ZOETROPE_INSTRUCTION_SET {
template <class Real = float, class P = Fp32>
class Eigen;
} // namespace ZOETROPE_INSTRUCTION_SET
} // namespace backend

using DefaultBackend = backend::Eigen<>;

// --- Architectures (gan/paper.hpp): widths are the paper's divided by WidthDivisor -----------------------------------

template <int Channels, int... Sizes>
struct Shape;

/// The paper's sizes (section 4).
namespace paper {
using Frame = Shape<1, 30, 30>;
using Film = Shape<1, 30, 30, 30>;
inline constexpr int time_steps = 30;
inline constexpr int latent = 100; ///< of a frame, and of a film
} // namespace paper

enum class DiscriminatorNorm;
enum class LatentOutput;

namespace detail {
inline constexpr DiscriminatorNorm default_norm{0};     // DiscriminatorNorm::none
inline constexpr LatentOutput default_latent_output{0}; // LatentOutput::tanh
} // namespace detail

namespace projection {
struct PaperFrame;
struct PaperFilm;
struct FilmWaves;
struct FilmWavesInWindows;
} // namespace projection

namespace arch {
template <int WidthDivisor = 1, int Latent = paper::latent, class Frame = paper::Frame>
struct DcganFrame;
template <int WidthDivisor = 1, int Hidden = 256 / WidthDivisor,
          LatentOutput Ending = zoetrope::detail::default_latent_output, int Latent = paper::latent,
          int Steps = paper::time_steps, int FilmLatent = paper::latent>
struct BiLstmSequence;
template <int WidthDivisor = 1, int Hidden = 256 / WidthDivisor,
          LatentOutput Ending = zoetrope::detail::default_latent_output, int Latent = paper::latent,
          int Steps = paper::time_steps, int FilmLatent = paper::latent>
struct RecurrentSequence;
template <int WidthDivisor = 1, DiscriminatorNorm Norm = zoetrope::detail::default_norm, class Frame = paper::Frame,
          class Projection = projection::PaperFrame>
struct FrameDiscriminator;
template <int WidthDivisor = 1, DiscriminatorNorm Norm = zoetrope::detail::default_norm, class Film = paper::Film,
          class Projection = projection::PaperFilm>
struct FilmDiscriminator;
template <int WidthDivisor = 1, DiscriminatorNorm Norm = zoetrope::detail::default_norm, class Film = paper::Film,
          class Projection = projection::FilmWaves>
struct SeriesDiscriminator;
} // namespace arch

// --- Losses, objectives, optimizers and schedules --------------------------------------------------------------------

struct NonSaturating;
struct Hinge;
struct LeastSquares;
using DefaultLoss = NonSaturating;

struct SumObjective;
struct AverageObjective;
inline namespace ZOETROPE_INSTRUCTION_SET {
struct HypervolumeObjective;
}
struct SoftmaxObjective;
using DefaultObjective = SumObjective;

struct RmsProp;
struct Adam;
template <class... Optimizers>
struct OptimizerChoice;
using DefaultOptimizer = RmsProp;

struct ConstantRate;
inline namespace ZOETROPE_INSTRUCTION_SET {
struct LinearDecay;
}
using DefaultSchedule = ConstantRate;

// --- The paper's numbers of discriminators ---------------------------------------------------------------------------

/// As a number of discriminators: given to the ensemble's constructor instead.
inline constexpr int run_time_count = 0;
inline constexpr int default_frame_discriminators = 48;
inline constexpr int default_film_discriminators = 16;

} // namespace zoetrope
