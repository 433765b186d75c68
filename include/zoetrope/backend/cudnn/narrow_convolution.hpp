/// @file
/// A grouped convolution in bfloat16, the filter read from its copy: cuDNN's, in one part or two, or one product of
/// gathered patches where there are many members.
#pragma once

#include "zoetrope/backend/cudnn/bf16_kernels.hpp"
#include "zoetrope/backend/cudnn/filter_copies.hpp"
#include "zoetrope/backend/cudnn/kernels.hpp"
#include "zoetrope/backend/cudnn/layer_convolution.hpp"
#include "zoetrope/backend/cudnn/patch_products.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace zoetrope::cudnn {

/// The three directions of layers that are grouped(), where the precision narrows. Activations that are no narrow ones
/// are narrowed on the way in, and results widened on the way out.
template <Precision P, ComputeDevice Device>
class NarrowConvolutions {
public:
  using Memory = typename Device::Memory;
  using Layer = LayerConvolution<Memory>;

  void forward(Device& device, const Layer& layer, int members, int batch, const float* input, const float* weights,
               const float* bias, float* output) {
    const Parted c(layer, members, batch, Direction::forward);
    copies_.refresh(device, layer.copy, weights);
    auto* room = room_.template get<__nv_bfloat16>(padded(c.input_size) + c.parts * padded(c.output_size));
    const bool narrow = layer.surroundings.narrow_output;
    const auto* x = narrowed(device, layer.surroundings.narrow_input, input, c.input_size, room);
    // The first part's result goes where the output will be, if it can.
    __nv_bfloat16* results[2] = {room + padded(c.input_size), room + padded(c.input_size) + padded(c.output_size)};
    if (narrow) results[0] = as_narrow(output);
    if (multiplies<P>(layer.geometry, members, Direction::forward)) {
      products_.forward(device, layer.geometry, members, batch, x, layer.copy->values.data(), layer.patches->room,
                        results[0]);
      layer.patches->input = input;
      layer.patches->batch = batch;
    } else {
      for (int part = 0; part < c.parts; ++part)
        convolve(device, c.problem[part], x + c.offset[part],
                 layer.copy->values.data() + part * layer.copy->part_size(), results[part]);
    }
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * layer.geometry.output_channels;
    const __nv_bfloat16* second = c.parts == 2 ? results[1] : nullptr;
    const float slope = slope_after(layer);
    if (!narrow || second != nullptr || bias != nullptr || slope < 1)
      with_type(narrow, output, [&]<class To>(To* to) {
        run_elements(device, c.output_size,
                     kernel::Epilogue<__nv_bfloat16, To>{columns, results[0], second, bias, slope, to});
      });
  }

  void data_gradient(Device& device, const Layer& layer, int members, int batch, const float* output_gradient,
                     const float* weights, const float* bias, float* input_gradient) {
    const Parted c(layer, members, batch, Direction::data_gradient);
    // Of a transposed convolution this is the forward pass, and what is kept its last backward pass' gradients.
    layer.patches->input = nullptr;
    copies_.refresh(device, layer.copy, weights);
    // Products write the input's gradient where it goes.
    const bool products = multiplies<P>(layer.geometry, members, Direction::data_gradient);
    auto* room = room_.template get<__nv_bfloat16>(padded(c.output_size) +
                                                   (products ? 0 : padded(c.slice_size[0]) + padded(c.slice_size[1])));
    const bool narrow = layer.surroundings.narrow_input_gradient;
    const auto* gradient =
        narrowed(device, layer.surroundings.narrow_output_gradient, output_gradient, c.output_size, room);
    const std::ptrdiff_t columns = std::ptrdiff_t{members} * layer.geometry.input_channels;
    const std::ptrdiff_t rows = c.input_size / columns;
    if (products) {
      with_type(narrow, input_gradient, [&](auto* to) {
        products_.data_gradient(device, layer.geometry, members, batch, gradient, layer.copy->values.data(), to);
      });
      add_bias(device, layer, rows, columns, bias, input_gradient);
      return;
    }
    __nv_bfloat16* results[2] = {room + padded(c.output_size), room + padded(c.output_size) + padded(c.slice_size[0])};
    if (narrow && c.parts == 1) results[0] = as_narrow(input_gradient);
    for (int part = 0; part < c.parts; ++part)
      convolve(device, c.problem[part], results[part], layer.copy->values.data() + part * layer.copy->part_size(),
               gradient);
    if (c.parts == 2) {
      with_type(narrow, input_gradient, [&]<class To>(To* to) {
        device.run(c.input_size, kernel::AddSlices<To>{c.slice[0], c.slice[1], results[0], results[1], to});
      });
    } else if (!narrow) {
      run_elements(device, c.input_size,
                   kernel::Epilogue<__nv_bfloat16, float>{columns, results[0], nullptr, bias, 1.0F, input_gradient});
      return;
    }
    add_bias(device, layer, rows, columns, bias, input_gradient);
  }

  void filter_gradient(Device& device, const Layer& layer, int members, int batch, const float* input,
                       const float* output_gradient, WriteMode write, float* filter_gradient) {
    const Parted c(layer, members, batch, Direction::filter_gradient);
    auto& copy = *layer.copy;
    const bool adds = write == WriteMode::add;
    if (adds) copies_.before_writing(device, filter_gradient, static_cast<std::size_t>(copy.size()));
    auto* room =
        room_.template get<__nv_bfloat16>(padded(c.output_size) + padded(c.input_size) + (adds ? copy.size() : 0));
    const auto* gradient =
        narrowed(device, layer.surroundings.narrow_output_gradient, output_gradient, c.output_size, room);
    const bool products = multiplies<P>(layer.geometry, members, Direction::filter_gradient);
    auto& patches = *layer.patches;
    const bool kept = products && patches.input == input && patches.batch == batch;
    patches.input = nullptr;
    const auto* x =
        kept ? nullptr
             : narrowed(device, layer.surroundings.narrow_input, input, c.input_size, room + padded(c.output_size));
    __nv_bfloat16* results = adds ? room + padded(c.output_size) + padded(c.input_size)
                                  : copies_.expect_gradient(layer.copy, filter_gradient);
    for (int part = 0; part < c.parts; ++part) {
      __nv_bfloat16* result = results + part * copy.part_size();
      if (products) {
        if (!kept) (void)products_.gather(device, layer.geometry, members, batch, x, patches.room);
        products_.filter_gradient(device, layer.geometry, members, batch, patches.room, gradient, result);
      } else {
        convolve(device, c.problem[part], x + c.offset[part], result, gradient);
      }
      if (adds) device.run(copy.part_size(), kernel::PartFromBf16{copy.part(part), result, filter_gradient, true});
    }
  }

  [[nodiscard]] FilterCopies<Device>& copies() { return copies_; }

  /// What cuDNN is asked for where no products of patches do it.
  static std::vector<ConvolutionProblem> problems(const ConvolutionGeometry& g, int members, int batch,
                                                  Direction direction) {
    const auto whole = problem<P>(g, members, batch, direction);
    if (narrow_parts(g, members) == 1) return {whole};
    return {part_of(whole, 0).problem, part_of(whole, 1).problem};
  }

private:
  /// cuDNN has good engines in bfloat16 for up to 32 taps and none for 4x4x4, so a large filter is cut in depth.
  static int narrow_parts(const ConvolutionGeometry& g, int members) {
    return members == 1 && g.taps() > 32 && g.kernel[0] % 2 == 0 ? 2 : 1;
  }

  /// Half of a convolution's filter, cut in depth, and the slice of the input that it reads: from @p offset on.
  struct Part {
    ConvolutionProblem problem;
    int offset;
  };
  static Part part_of(ConvolutionProblem p, int number) {
    auto& g = p.geometry;
    const int whole = g.input[0], depth = g.kernel[0] / 2;
    const int begin = number * depth - g.padding[0], end = begin + (g.output[0] - 1) * g.stride[0] + depth;
    const int first = std::clamp(begin, 0, whole - 1), last = std::clamp(end, first + 1, whole);
    g.kernel[0] = depth;
    g.padding[0] = first - begin;
    g.input[0] = last - first;
    p.depth_padding_after = end - last;
    // A data gradient's slices are added up afterwards, and lie apart.
    if (p.direction != Direction::data_gradient) p.input_stride = whole * inner_size(p);
    return {p, first};
  }
  /// Values of one depth of one sample's input.
  static std::ptrdiff_t inner_size(const ConvolutionProblem& p) {
    const auto& g = p.geometry;
    return std::ptrdiff_t{g.input[1]} * g.input[2] * p.members * g.input_channels;
  }

  /// A convolution of members in bfloat16, whole or in two parts of the filter's depth.
  struct Parted {
    int parts;
    ConvolutionProblem problem[2];
    std::ptrdiff_t offset[2] = {0, 0}; ///< of the slices of the input, in values
    kernel::Slice slice[2]{};          ///< the same
    std::ptrdiff_t slice_size[2]{};    ///< of all samples
    std::ptrdiff_t input_size, output_size;

    Parted(const Layer& of, int member_count, int batch, Direction direction)
        : parts(narrow_parts(of.geometry, member_count)) {
      const auto whole = cudnn::problem<P>(of.geometry, member_count, batch, direction);
      const auto sizes = whole.sizes();
      input_size = static_cast<std::ptrdiff_t>(sizes[0]);
      output_size = static_cast<std::ptrdiff_t>(sizes[2]);
      problem[0] = whole;
      slice_size[0] = input_size;
      for (int number = 0; parts == 2 && number < 2; ++number) {
        const Part part = part_of(whole, number);
        const std::ptrdiff_t inner = inner_size(whole);
        problem[number] = part.problem;
        offset[number] = part.offset * inner;
        slice[number] = {of.geometry.input[0], part.problem.geometry.input[0], part.offset, inner};
        slice_size[number] = static_cast<std::ptrdiff_t>(part.problem.sizes()[0]);
      }
      auto& copy = *of.copy;
      copy.rows = std::ptrdiff_t{member_count} * of.geometry.output_channels;
      copy.row_size = depth_of(of.geometry);
      copy.parts = parts;
    }
  };

  /// Tensors begin at multiples of eight values, as cuDNN was promised.
  static std::ptrdiff_t padded(std::ptrdiff_t size) { return (size + 7) / 8 * 8; }

  /// The values in bfloat16: as they lie there, or copied into @p room.
  const __nv_bfloat16* narrowed(Device& device, bool narrow, const float* values, std::ptrdiff_t size,
                                __nv_bfloat16* room) {
    if (narrow) return as_narrow(values);
    device.run(size, kernel::Convert<float, __nv_bfloat16>{values, room});
    return room;
  }
  void convolve(Device& device, const ConvolutionProblem& asked, const __nv_bfloat16* input,
                const __nv_bfloat16* filter, const __nv_bfloat16* output) {
    // The one that the direction writes is no constant.
    device.convolve(asked, const_cast<__nv_bfloat16*>(input), const_cast<__nv_bfloat16*>(filter),
                    const_cast<__nv_bfloat16*>(output));
  }

  Scratch<Memory> room_;
  PatchProducts<Device> products_;
  FilterCopies<Device> copies_;
};

} // namespace zoetrope::cudnn
