/// @file
/// LSTM by its definition, with zero initial state: plain loops in double precision, to compare with.
///
/// Layouts are PyTorch's with batch_first: sequences are (batch, time, channels); the gates follow each other as input,
/// forget, cell, output in the rows of weight_ih (4 hidden, channels), weight_hh (4 hidden, hidden) and the biases.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

namespace reference {

/// Parameters of one layer in one direction.
struct LstmParameters {
  std::vector<double> weight_ih, weight_hh, bias_ih, bias_hh;
};

/// Parameters of one layer in both directions.
struct BidirectionalLstmParameters {
  LstmParameters forward, backward;
};

struct LstmSize {
  std::size_t batch, time, channels, hidden;
};

inline double sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

/// One layer in one direction, from the last step to the first if `reverse`: (batch, time, hidden). Each step's result
/// stands at the step's own index, whatever the direction.
inline std::vector<double> lstm(const LstmSize& size, const std::vector<double>& input,
                                const LstmParameters& parameters, bool reverse) {
  std::vector<double> output(size.batch * size.time * size.hidden);
  for (std::size_t n = 0; n < size.batch; ++n) {
    std::vector<double> hidden(size.hidden, 0.0), cell(size.hidden, 0.0);
    for (std::size_t step = 0; step < size.time; ++step) {
      const std::size_t t = reverse ? size.time - 1 - step : step;

      std::vector<double> gates(4 * size.hidden);
      for (std::size_t row = 0; row < gates.size(); ++row) {
        gates[row] = parameters.bias_ih[row] + parameters.bias_hh[row];
        for (std::size_t c = 0; c < size.channels; ++c)
          gates[row] += parameters.weight_ih[row * size.channels + c] * input[(n * size.time + t) * size.channels + c];
        for (std::size_t h = 0; h < size.hidden; ++h)
          gates[row] += parameters.weight_hh[row * size.hidden + h] * hidden[h];
      }

      for (std::size_t h = 0; h < size.hidden; ++h) {
        const double input_gate = sigmoid(gates[h]);
        const double forget_gate = sigmoid(gates[size.hidden + h]);
        const double candidate = std::tanh(gates[2 * size.hidden + h]);
        const double output_gate = sigmoid(gates[3 * size.hidden + h]);
        cell[h] = forget_gate * cell[h] + input_gate * candidate;
        hidden[h] = output_gate * std::tanh(cell[h]);
        output[(n * size.time + t) * size.hidden + h] = hidden[h];
      }
    }
  }
  return output;
}

/// Any number of bidirectional layers: (batch, time, 2 hidden). A layer's output, and so the next one's input, has at
/// each step the forward direction's channels, then the backward direction's.
inline std::vector<double> bidirectional_lstm(LstmSize size, std::vector<double> sequence,
                                              const std::vector<BidirectionalLstmParameters>& layers) {
  for (const BidirectionalLstmParameters& layer : layers) {
    const std::vector<double> forward = lstm(size, sequence, layer.forward, false);
    const std::vector<double> backward = lstm(size, sequence, layer.backward, true);
    sequence.clear();
    for (std::size_t step = 0; step < size.batch * size.time; ++step) {
      for (std::size_t h = 0; h < size.hidden; ++h) sequence.push_back(forward[step * size.hidden + h]);
      for (std::size_t h = 0; h < size.hidden; ++h) sequence.push_back(backward[step * size.hidden + h]);
    }
    size.channels = 2 * size.hidden;
  }
  return sequence;
}

} // namespace reference
