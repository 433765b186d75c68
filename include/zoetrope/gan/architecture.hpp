/// @file
/// What counts as an architecture: a network by name. The paper's own are in gan/paper.hpp.
#pragma once

#include "zoetrope/nn/initializer.hpp"
#include "zoetrope/nn/sequential.hpp"

#include <concepts>
#include <string>

namespace zoetrope {

/// A network by name: its layers, how their weights start, and a description that checkpoints compare.
template <class A>
concept Architecture = detail::HasLayers<A> && Initializer<decltype(A::initializer)> && requires {
  { A::description() } -> std::convertible_to<std::string>;
};

namespace detail {

/// Asked of the output's shape, so that a compiler shows the shape that it found.
template <class Output>
concept EndsInOneLogit = SampleShape<Output> && Output::size == 1;

} // namespace detail

/// A network whose one output value is the logit that its input is real. Sample is what it judges before projection.
template <class A>
concept DiscriminatorArchitecture =
    Architecture<A> && SampleShape<typename A::Sample> && detail::EndsInOneLogit<typename A::Layers::Output>;

} // namespace zoetrope
