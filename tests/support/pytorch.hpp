/// @file
/// Compares a network with what PyTorch computed for it: tests/fixtures, made by tests/pytorch/make_fixtures.py.
#pragma once

#include "support/numbers.hpp"
#include "zoetrope/backend/eigen.hpp"
#include "zoetrope/io/safetensors_file.hpp"
#include "zoetrope/nn/network.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace support {

inline constexpr double pytorch_tolerance = 1e-5;

inline zoetrope::SafetensorsFile fixture(const std::string& name) {
  return zoetrope::SafetensorsFile(std::string(ZOETROPE_FIXTURES) + "/" + name + ".safetensors");
}

inline void check_error(const std::string& name, double error, double tolerance = pytorch_tolerance) {
  if (std::getenv("ZOETROPE_TEST_VERBOSE") != nullptr) std::printf("error of %-50s %.1e\n", name.c_str(), error);
  CAPTURE(name);
  CHECK(error <= tolerance);
}

/// Checks the error of @p values by norm.
template <class Values>
void check_close(const zoetrope::SafetensorsFile& file, const std::string& name, const Values& values) {
  check_error(name, relative_error(values, file.tensor<float>(name)));
}

/// PyTorch's (batch, channels, positions...) and zoetrope's [batch, positions..., channels]. A sequence is
/// (batch, time, channels) on both sides, since PyTorch's LSTM is used batch first.
template <class S>
inline constexpr bool channels_last_in_pytorch = S::rank <= 1;

template <class S, class From>
std::vector<float> from_pytorch(int batch, const From& values) {
  std::vector<float> result(values.begin(), values.end());
  if (channels_last_in_pytorch<S>) return result;
  for (std::ptrdiff_t b = 0; b < batch; ++b)
    for (std::ptrdiff_t c = 0; c < S::channels; ++c)
      for (std::ptrdiff_t p = 0; p < S::positions; ++p)
        result[static_cast<std::size_t>((b * S::positions + p) * S::channels + c)] =
            values[static_cast<std::size_t>((b * S::channels + c) * S::positions + p)];
  return result;
}

template <class S>
std::vector<float> to_pytorch(int batch, const std::vector<float>& values) {
  std::vector<float> result(values);
  if (channels_last_in_pytorch<S>) return result;
  for (std::ptrdiff_t b = 0; b < batch; ++b)
    for (std::ptrdiff_t c = 0; c < S::channels; ++c)
      for (std::ptrdiff_t p = 0; p < S::positions; ++p)
        result[static_cast<std::size_t>((b * S::channels + c) * S::positions + p)] =
            values[static_cast<std::size_t>((b * S::positions + p) * S::channels + c)];
  return result;
}

/// A tensor of a fixture as activations of one member.
template <class S>
std::vector<float> import_tensor(zoetrope::backend::Eigen<float>& backend, const zoetrope::SafetensorsFile& file,
                                 const std::string& name) {
  const auto batch = static_cast<int>(file.shape(name)[0]);
  REQUIRE(std::ssize(file.tensor<float>(name)) == batch * S::size);
  auto result = poison<float>(batch * S::size);
  backend.import_samples(batch, S::positions, S::channels, from_pytorch<S>(batch, file.tensor<float>(name)).data(),
                         result.data());
  return result;
}

/// Activations of one member in PyTorch's order.
template <class S>
std::vector<float> export_tensor(zoetrope::backend::Eigen<float>& backend, int batch, const float* activations) {
  auto host = poison<float>(batch * S::size);
  backend.export_samples(batch, S::positions, S::channels, activations, host.data());
  return to_pytorch<S>(batch, host);
}

/// Checks outputs, gradients and running statistics of the network in @p fixture_name, as member @p member among
/// @p members, whose other parameters are random. @p name_prefix is what the network's names have in front of
/// PyTorch's.
template <class Description>
void check_parity(const std::string& fixture_name, int members, int member, const std::string& name_prefix = "") {
  using namespace zoetrope;
  using Network = zoetrope::Network<Description, backend::Eigen<float>>;
  using Input = typename Network::Input;
  using Output = typename Network::Output;
  CAPTURE(fixture_name);
  CAPTURE(members);
  const auto file = fixture(fixture_name);
  const auto zeros = file.metadata().contains("zero_gradients") ? file.metadata().at("zero_gradients") : "";
  const auto backend = std::make_shared<backend::Eigen<float>>();
  const auto batch = static_cast<int>(file.shape("input")[0]);

  for (const std::string prefix : {"", "evaluation."}) {
    if (!file.contains(prefix + "output")) continue;
    const Mode mode = prefix.empty() ? Mode::training : Mode::evaluation;
    Network network(backend, members);
    const auto name = [&](const LocatedParameter& located) { return located.info.name.substr(name_prefix.size()); };
    std::uint32_t seed = 1;
    for (const auto& located : network.located_parameters()) {
      CHECK(file.shape("parameters." + name(located)) == located.info.shape);
      for (int k = 0; k < members; ++k)
        network.set(network.parameters(), located, k, normals<float>(located.info.size(), ++seed).data());
      network.set(network.parameters(), located, member, file.tensor<float>("parameters." + name(located)).data());
    }
    for (const auto& located : network.located_statistics()) {
      const std::vector<float> ones(static_cast<std::size_t>(located.info.size()), 1.0F);
      for (int k = 0; k < members; ++k) network.set(network.statistics(), located, k, ones.data());
      if (located.info.shape.empty()) {
        const auto count = static_cast<float>(file.tensor<std::int64_t>("parameters." + name(located))[0]);
        network.set(network.statistics(), located, member, &count);
      } else {
        network.set(network.statistics(), located, member, file.tensor<float>("parameters." + name(located)).data());
      }
    }

    auto input = normals<float>(members * batch * Input::size, 1);
    const auto given = import_tensor<Input>(*backend, file, "input");
    std::copy(given.begin(), given.end(), input.begin() + member * batch * Input::size);
    const float* output = network.forward(batch, input.data(), mode);
    check_close(file, prefix + "output",
                export_tensor<Output>(*backend, batch, output + member * batch * Output::size));

    const auto other_gradients = normals<float>(members * batch * Output::size, 2);
    const auto gradient = import_tensor<Output>(*backend, file, "output_gradient");
    std::copy(other_gradients.begin(), other_gradients.end(), network.output_gradient());
    std::copy(gradient.begin(), gradient.end(), network.output_gradient() + member * batch * Output::size);
    network.clear_gradients();
    const float* input_gradient = network.backward(batch, true, true);
    check_close(file, prefix + "input_gradient",
                export_tensor<Input>(*backend, batch, input_gradient + member * batch * Input::size));

    double weight_norm = 0;
    for (const auto& located : network.located_parameters()) {
      const auto found = network.get(network.gradients(), located, member);
      double norm = 0;
      for (const float value : found) norm += double{value} * value;
      norm = std::sqrt(norm);
      // What is zero in theory has no norm of its own: the weights' of the same layer is used.
      const std::string tensor = prefix + "gradients." + name(located);
      if (("," + std::string(zeros) + ",").find("," + tensor + ",") != std::string::npos)
        check_error(tensor + " (zero)", norm / weight_norm);
      else
        check_close(file, tensor, found);
      weight_norm = norm;
    }
    for (const auto& located : network.located_statistics()) {
      // Only training changes them.
      const std::string tensor = (mode == Mode::training ? "statistics." : "parameters.") + name(located);
      const auto found = network.get(network.statistics(), located, member);
      if (located.info.shape.empty())
        CHECK(found[0] == static_cast<float>(file.tensor<std::int64_t>(tensor)[0]));
      else
        check_close(file, tensor, found);
    }
  }
}

} // namespace support
