/// @file
/// Filters in bfloat16: copies that follow their parameters, and gradients that wait for the optimizer as products left
/// them.
#pragma once

#include "zoetrope/backend/cudnn/compute_device.hpp"
#include "zoetrope/backend/cudnn/optimizer_kernels.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

namespace zoetrope::cudnn {

/// One convolution's filter beside its parameters. A large filter is cut in depth: part after part, each
/// [output channel of every member][its taps][input channel].
template <DeviceMemory Memory>
struct FilterCopy {
  std::ptrdiff_t rows = 0, row_size = 0; ///< output channels of all members, and the values of each
  int parts = 1;
  const float* filter = nullptr; ///< what values were made from
  Buffer<__nv_bfloat16, Memory> values;
  bool current = false;      ///< whether values are still those of filter
  float* gradient = nullptr; ///< where gradient_values belong
  Buffer<__nv_bfloat16, Memory> gradient_values;
  bool gradient_waits = false; ///< whether gradient_values are newer than what lies at gradient

  [[nodiscard]] std::ptrdiff_t size() const { return rows * row_size; }
  [[nodiscard]] std::ptrdiff_t part_size() const { return size() / parts; }
  [[nodiscard]] kernel::FilterPart part(int number) const {
    return {row_size, row_size / parts, number * (row_size / parts)};
  }
};

/// Those of all convolutions that are still there. Parameters and their gradients are known by their addresses: whoever
/// changes or reads them says so.
template <ComputeDevice Device>
class FilterCopies {
public:
  using Copy = FilterCopy<typename Device::Memory>;

  /// @p copy of the filter at @p filter, brought up to date.
  void refresh(Device& device, const std::shared_ptr<Copy>& copy, const float* filter) {
    add(copy);
    const auto size = static_cast<std::size_t>(copy->size());
    if (copy->filter != filter || copy->values.size() != size) {
      copy->filter = filter;
      copy->values.resize(size);
      copy->current = false;
    }
    if (!copy->current) write(device, *copy);
  }

  /// Where a convolution writes the gradient that belongs to @p gradient. It waits there for the optimizer.
  __nv_bfloat16* expect_gradient(const std::shared_ptr<Copy>& copy, float* gradient) {
    add(copy);
    copy->gradient = gradient;
    copy->gradient_values.resize(static_cast<std::size_t>(copy->size()));
    copy->gradient_waits = true;
    return copy->gradient_values.data();
  }

  /// Before a step is started: its graph takes every copy to be up to date, and keeps it so.
  void refresh_all(Device& device) {
    for_each([&](Copy& copy) {
      if (copy.filter != nullptr && !copy.current) write(device, copy);
    });
  }
  /// @p size parameters from @p first on have changed.
  void parameters_changed(const float* first, std::size_t size) {
    for_each([&](Copy& copy) {
      if (copy.filter != nullptr && overlap(first, size, copy.filter, copy.size())) copy.current = false;
    });
  }
  /// Puts gradients that wait where they belong, before somebody reads @p size values from @p first on. They still
  /// count as waiting: a step that is started again makes new ones without a word.
  void before_reading(Device& device, const float* first, std::size_t size) {
    for_each([&](Copy& copy) {
      if (copy.gradient_waits && overlap(first, size, copy.gradient, copy.size())) settle(device, copy);
    });
  }
  /// The same before somebody writes: from then on what lies there counts.
  void before_writing(Device& device, const float* first, std::size_t size) {
    for_each([&](Copy& copy) {
      if (!copy.gradient_waits || !overlap(first, size, copy.gradient, copy.size())) return;
      settle(device, copy);
      copy.gradient_waits = false;
    });
  }
  /// What was asked for last was not done.
  void abandon() {
    for_each([](Copy& copy) { copy.current = copy.gradient_waits = false; });
  }

  /// @p size values from @p first on will be released.
  void forget(const float* first, std::size_t size) {
    for_each([&](Copy& copy) {
      if (copy.filter != nullptr && overlap(first, size, copy.filter, copy.size())) {
        copy.filter = nullptr;
        copy.current = false;
      }
      if (copy.gradient_waits && overlap(first, size, copy.gradient, copy.size())) copy.gradient_waits = false;
    });
  }

  /// @p optimizer's update of @p size parameters. Those of filters are copied on the way, and their gradients taken
  /// from where they wait.
  template <class Optimizer>
  void update(Device& device, std::ptrdiff_t size, Optimizer optimizer) {
    const float* const begin = optimizer.parameters;
    const auto count = static_cast<std::size_t>(size);
    std::vector<Copy*> updated;
    for_each([&](Copy& copy) {
      if (copy.filter != nullptr && overlap(begin, count, copy.filter, copy.size())) updated.push_back(&copy);
    });
    std::sort(updated.begin(), updated.end(), [](const Copy* a, const Copy* b) { return a->filter < b->filter; });
    std::vector<Copy*> followed; // whole filters, none of which reaches into another
    std::ptrdiff_t end_of_last = 0;
    for (Copy* copy : updated) {
      const std::ptrdiff_t offset = copy->filter - begin, end = offset + copy->size();
      if (offset < end_of_last || end > size) { // not the filter that was copied
        copy->current = false;
        continue;
      }
      followed.push_back(copy);
      end_of_last = end;
    }
    const auto has_own_gradient = [&](const Copy& copy) {
      return copy.gradient == optimizer.gradient + (copy.filter - begin);
    };
    // Gradients that are not taken from where they wait are read as float.
    for_each([&](Copy& copy) {
      const bool taken = std::find(followed.begin(), followed.end(), &copy) != followed.end() && has_own_gradient(copy);
      if (copy.gradient_waits && !taken && overlap(optimizer.gradient, count, copy.gradient, copy.size()))
        settle(device, copy);
    });
    std::ptrdiff_t done = 0;
    const auto update_until = [&](std::ptrdiff_t end) {
      optimizer.first = done;
      run_elements(device, end - done, kernel::Update<Optimizer>{optimizer});
      done = end;
    };
    for (Copy* copy : followed) {
      const std::ptrdiff_t offset = copy->filter - begin;
      const bool waits = copy->gradient_waits && has_own_gradient(*copy);
      update_until(offset);
      optimizer.first = offset;
      for (int part = 0; part < copy->parts; ++part) {
        const std::ptrdiff_t part_offset = part * copy->part_size();
        run_elements(device, copy->part_size(),
                     kernel::UpdateFilterPart<Optimizer>{optimizer, copy->part(part),
                                                         waits ? copy->gradient_values.data() + part_offset : nullptr,
                                                         copy->values.data() + part_offset});
      }
      copy->current = true;
      done = offset + copy->size();
    }
    update_until(size);
  }

private:
  static bool overlap(const float* first, std::size_t size, const float* other, std::ptrdiff_t other_size) {
    // std::less orders pointers into different arrays.
    const std::less<const float*> before;
    return before(other, first + size) && before(first, other + other_size);
  }

  static void settle(Device& device, Copy& copy) {
    for (int part = 0; part < copy.parts; ++part)
      device.run(copy.part_size(),
                 kernel::PartFromBf16{copy.part(part), copy.gradient_values.data() + part * copy.part_size(),
                                      copy.gradient, false});
  }

  static void write(Device& device, Copy& copy) {
    for (int part = 0; part < copy.parts; ++part)
      device.run(copy.part_size(),
                 kernel::PartToBf16{copy.part(part), copy.filter, copy.values.data() + part * copy.part_size()});
    copy.current = true;
  }

  void add(const std::shared_ptr<Copy>& copy) {
    const auto same = [&](const std::weak_ptr<Copy>& known) {
      return !known.owner_before(copy) && !copy.owner_before(known);
    };
    if (std::none_of(copies_.begin(), copies_.end(), same)) copies_.push_back(copy);
  }

  template <class Use>
  void for_each(const Use& use) {
    std::erase_if(copies_, [](const std::weak_ptr<Copy>& copy) { return copy.expired(); });
    for (const auto& weak : copies_)
      if (const auto copy = weak.lock()) use(*copy);
  }

  std::vector<std::weak_ptr<Copy>> copies_;
};

} // namespace zoetrope::cudnn
