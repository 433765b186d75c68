/// @file
/// What operations of every backend are told about the parameters and layers that they work on.
#pragma once

#include <cstddef>
#include <vector>

namespace zoetrope {

/// One member's copy of a parameter: @p taps matrices of @p rows inputs and @p columns outputs. A backend orders the
/// elements as its products read them; checkpoints have [tap][row][column].
struct ParameterBlock {
  std::ptrdiff_t taps = 1;
  std::ptrdiff_t rows = 1;
  std::ptrdiff_t columns = 1;
  [[nodiscard]] constexpr std::ptrdiff_t size() const { return taps * rows * columns; }
};

/// Whether a result overwrites what is there or is added to it.
enum class WriteMode { replace, add };

/// Whether a backend may round a convolution's operands to what it multiplies fastest.
enum class Operands { rounded, exact };

/// The learning rate of an update: a number times a factor that a schedule sets. A recorded step reads the factor
/// before each of its runs, so it must stay where it is.
class LearningRate {
public:
  LearningRate(double base) : base_(base) {}
  LearningRate(double base, const double& factor) : base_(base), factor_(&factor) {}
  [[nodiscard]] double now() const { return base_ * *factor_; }

private:
  static constexpr double one = 1;
  double base_;
  const double* factor_ = &one;
};

/// Kinds of filters along time: the one of kind k, at a step, adds up values[k * taps + tap] times what lies @p tap
/// steps further. A plain array, which GPUs read too.
struct TapsOfKinds {
  static constexpr int most = 64; ///< values
  int kinds;
  int taps;
  int values[most];
};

/// What an optimizer's update writes.
enum class Updated { parameters, averages };

/// How an operation treats activations that a backend keeps narrow, rounded as products take their operands: it has
/// none, passes on what it gets, can write them, or can read and write them.
enum class NarrowUse { none, passes, writes, reads_and_writes };

/// What a network knows of the values on either side of a layer.
struct LayerSurroundings {
  bool narrow_input = false, narrow_input_gradient = false;
  bool narrow_output = false, narrow_output_gradient = false;
  double slope_after = 1;      ///< of the leaky ReLU that follows at once and that this layer applies, else 1
  bool applied_before = false; ///< for a leaky ReLU: the layer before it applies it
};

/// What a logit's loss is for: the discriminator's on a real sample, the discriminator's on a generated one, the
/// generator's own on a generated one.
enum class LogitRole { real, generated, generator };

/// Which samples of a batch's logits are meant: packs, where a pack has one logit.
struct SampleRange {
  int batch;
  int first;
  int count;
};

/// Where the members' copies of a block lie, side by side, in a flat vector.
struct LocatedBlock {
  ParameterBlock block;
  std::ptrdiff_t offset;
  int copies;
};

/// What both directions of batch norm share. A row is one position of one sample; everything but rows is for each
/// member and channel.
template <class Scalar>
struct BatchNormArguments {
  int members;
  std::ptrdiff_t rows;
  int channels;
  const Scalar* weight;
  const Scalar* bias;
  Scalar* mean;              ///< of this batch (training), or the running one
  Scalar* inverse_deviation; ///< 1 / sqrt(variance + epsilon)
  double slope_after = 1;    ///< as in LayerSurroundings
};

/// Sizes of one layer of an LSTM. The output's channels are forward then backward.
struct LstmGeometry {
  int steps;
  int input;
  int hidden;
  int directions;
};

/// Parameters of one direction, gates i, f, g, o: weight_ih is a ParameterBlock of input rows and 4 hidden columns,
/// weight_hh of hidden rows and 4 hidden columns; biases have 4 hidden values.
template <class Pointer>
struct LstmParameters {
  Pointer weight_ih;
  Pointer weight_hh;
  Pointer bias_ih;
  Pointer bias_hh;
};

/// Which frames of a batch's films are meant, whose frames are their time steps and those that stand beside them,
/// behind these in memory: frame i of film b is that at time (b + i * batch) % time, and the last ones are those beside
/// it.
struct FrameChoice {
  int time;       ///< steps of a film
  int each;       ///< frames of each film's steps that are meant
  int beside = 0; ///< frames beside each film, all of which are meant
  [[nodiscard]] constexpr int count() const { return each + beside; }
};

} // namespace zoetrope
