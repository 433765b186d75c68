/// @file
/// One layer of an LSTM by cuDNN's recurrent calls: PyTorch's gate order, two biases, zero initial state, every product
/// in float: TF32's rounding would be carried from step to step.
#pragma once

#include "zoetrope/backend/arguments.hpp"
#include "zoetrope/backend/cudnn/status.hpp"

#include <cudnn_adv.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace zoetrope::cudnn {

namespace detail {

/// cuDNN's opaque structures, owned.
template <auto Create, auto Destroy, class Raw>
class Owned {
public:
  Owned() { check(Create(&raw_), "creating a descriptor", "recurrent network"); }
  ~Owned() { Destroy(raw_); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  [[nodiscard]] Raw get() const { return raw_; }

private:
  Raw raw_ = nullptr;
};
using RnnDescriptor = Owned<cudnnCreateRNNDescriptor, cudnnDestroyRNNDescriptor, cudnnRNNDescriptor_t>;
using RnnDataDescriptor = Owned<cudnnCreateRNNDataDescriptor, cudnnDestroyRNNDataDescriptor, cudnnRNNDataDescriptor_t>;
using TensorDescriptor = Owned<cudnnCreateTensorDescriptor, cudnnDestroyTensorDescriptor, cudnnTensorDescriptor_t>;
using DropoutDescriptor = Owned<cudnnCreateDropoutDescriptor, cudnnDestroyDropoutDescriptor, cudnnDropoutDescriptor_t>;

} // namespace detail

/// A layer's description to cuDNN for one batch size, and where cuDNN keeps each gate's weights.
class LstmPlan {
public:
  /// Where one gate's matrix and bias begin in cuDNN's weight space, in values.
  struct Gate {
    std::ptrdiff_t weight, bias;
  };

  LstmPlan(cudnnHandle_t handle, const LstmGeometry& g, int batch)
      : geometry_(g), batch_(batch), what_("LSTM of " + std::to_string(g.input) + " -> " + std::to_string(g.hidden) +
                                           " x " + std::to_string(g.directions) + ", " + std::to_string(g.steps) +
                                           " steps, batch " + std::to_string(batch)) {
    check(cudnnSetDropoutDescriptor(dropout_.get(), handle, 0.0F, nullptr, 0, 0), "cudnnSetDropoutDescriptor", what_);
    check(cudnnSetRNNDescriptor_v8(rnn_.get(), CUDNN_RNN_ALGO_STANDARD, CUDNN_LSTM, CUDNN_RNN_DOUBLE_BIAS,
                                   g.directions == 2 ? CUDNN_BIDIRECTIONAL : CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT,
                                   CUDNN_DATA_FLOAT, CUDNN_DATA_FLOAT, CUDNN_FMA_MATH, g.input, g.hidden, g.hidden, 1,
                                   dropout_.get(), CUDNN_RNN_PADDED_IO_ENABLED),
          "cudnnSetRNNDescriptor_v8", what_);
    describe(input_, g.input);
    describe(output_, g.directions * g.hidden);
    const int sizes[] = {g.directions, batch, g.hidden}, strides[] = {batch * g.hidden, g.hidden, 1};
    check(cudnnSetTensorNdDescriptor(state_.get(), CUDNN_DATA_FLOAT, 3, sizes, strides), "cudnnSetTensorNdDescriptor",
          what_);
    check(cudnnGetRNNWeightSpaceSize(handle, rnn_.get(), &weight_bytes_), "cudnnGetRNNWeightSpaceSize", what_);
    check(cudnnGetRNNTempSpaceSizes(handle, rnn_.get(), CUDNN_FWD_MODE_TRAINING, input_.get(), &workspace_bytes_,
                                    &reserve_bytes_),
          "cudnnGetRNNTempSpaceSizes", what_);
  }

  /// Asks cuDNN where the gates lie in the weight space that begins at @p weights.
  void find_gates(cudnnHandle_t handle, const void* weights) {
    const char* begin = static_cast<const char*>(weights);
    const detail::TensorDescriptor matrix, vector;
    const auto offset = [&](const void* address) {
      require(address != nullptr, "cudnnGetRNNWeightParams (", what_, ") expected a matrix and a bias for every gate");
      return (static_cast<const char*>(address) - begin) / static_cast<std::ptrdiff_t>(sizeof(float));
    };
    for (int direction = 0; direction < geometry_.directions; ++direction) {
      for (int gate = 0; gate < 8; ++gate) {
        void *weight = nullptr, *bias = nullptr;
        check(cudnnGetRNNWeightParams(handle, rnn_.get(), direction, weight_bytes_, weights, gate, matrix.get(),
                                      &weight, vector.get(), &bias),
              "cudnnGetRNNWeightParams", what_);
        gates_[static_cast<std::size_t>(direction)][static_cast<std::size_t>(gate)] = {offset(weight), offset(bias)};
      }
    }
  }

  [[nodiscard]] bool fits(const LstmGeometry& g, int batch) const {
    return batch == batch_ && g.steps == geometry_.steps && g.input == geometry_.input &&
           g.hidden == geometry_.hidden && g.directions == geometry_.directions;
  }
  [[nodiscard]] std::size_t weight_bytes() const { return weight_bytes_; }
  [[nodiscard]] std::size_t workspace_bytes() const { return workspace_bytes_; }
  [[nodiscard]] std::size_t reserve_bytes() const { return reserve_bytes_; }
  /// Gates i, f, g, o of the input, then of the hidden state.
  [[nodiscard]] const std::array<Gate, 8>& gates(int direction) const {
    return gates_[static_cast<std::size_t>(direction)];
  }

  void forward(cudnnHandle_t handle, const float* input, const void* weights, void* workspace, void* reserve,
               float* output) const {
    check(cudnnRNNForward(handle, rnn_.get(), CUDNN_FWD_MODE_TRAINING, nullptr, input_.get(), input, output_.get(),
                          output, state_.get(), nullptr, nullptr, state_.get(), nullptr, nullptr, weight_bytes_,
                          weights, workspace_bytes_, workspace, reserve_bytes_, reserve),
          "cudnnRNNForward", what_);
  }
  void data_gradient(cudnnHandle_t handle, const float* output, const float* output_gradient, const void* weights,
                     void* workspace, void* reserve, float* input_gradient) const {
    check(cudnnRNNBackwardData_v8(handle, rnn_.get(), nullptr, output_.get(), output, output_gradient, input_.get(),
                                  input_gradient, state_.get(), nullptr, nullptr, nullptr, state_.get(), nullptr,
                                  nullptr, nullptr, weight_bytes_, weights, workspace_bytes_, workspace, reserve_bytes_,
                                  reserve),
          "cudnnRNNBackwardData_v8", what_);
  }
  /// Adds to @p weight_gradient. Comes after data_gradient(), whose traces in @p reserve it needs.
  void weight_gradient(cudnnHandle_t handle, const float* input, const float* output, void* workspace, void* reserve,
                       void* weight_gradient) const {
    check(cudnnRNNBackwardWeights_v8(handle, rnn_.get(), CUDNN_WGRAD_MODE_ADD, nullptr, input_.get(), input,
                                     state_.get(), nullptr, output_.get(), output, weight_bytes_, weight_gradient,
                                     workspace_bytes_, workspace, reserve_bytes_, reserve),
          "cudnnRNNBackwardWeights_v8", what_);
  }

private:
  void describe(const detail::RnnDataDescriptor& data, int size) const {
    const std::vector<int> lengths(static_cast<std::size_t>(batch_), geometry_.steps);
    float padding = 0.0F;
    check(cudnnSetRNNDataDescriptor(data.get(), CUDNN_DATA_FLOAT, CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED,
                                    geometry_.steps, batch_, size, lengths.data(), &padding),
          "cudnnSetRNNDataDescriptor", what_);
  }

  LstmGeometry geometry_;
  int batch_;
  std::string what_;
  detail::DropoutDescriptor dropout_;
  detail::RnnDescriptor rnn_;
  detail::RnnDataDescriptor input_, output_;
  detail::TensorDescriptor state_;
  std::size_t weight_bytes_ = 0, workspace_bytes_ = 0, reserve_bytes_ = 0;
  std::array<std::array<Gate, 8>, 2> gates_{};
};

} // namespace zoetrope::cudnn
