/// @file
/// cuDNN's backend descriptors (graph API), owned: attributes by type, and a sentence where one is refused.
#pragma once

#include "zoetrope/backend/cudnn/status.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zoetrope::cudnn {

/// One descriptor. @p what says in errors what it describes.
class Descriptor {
public:
  Descriptor(cudnnBackendDescriptorType_t type, std::string what) : what_(std::move(what)) {
    check(cudnnBackendCreateDescriptor(type, &raw_), "cudnnBackendCreateDescriptor", what_);
  }
  ~Descriptor() {
    if (raw_ != nullptr) cudnnBackendDestroyDescriptor(raw_);
  }
  Descriptor(Descriptor&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)), what_(std::move(other.what_)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(raw_, other.raw_);
    std::swap(what_, other.what_);
    return *this;
  }

  Descriptor& set(cudnnBackendAttributeName_t name, cudnnDataType_t value) {
    return set(name, CUDNN_TYPE_DATA_TYPE, 1, &value);
  }
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnConvolutionMode_t value) {
    return set(name, CUDNN_TYPE_CONVOLUTION_MODE, 1, &value);
  }
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendHeurMode_t value) {
    return set(name, CUDNN_TYPE_HEUR_MODE, 1, &value);
  }
  Descriptor& set(cudnnBackendAttributeName_t name, float value) { return set(name, CUDNN_TYPE_FLOAT, 1, &value); }
  Descriptor& set(cudnnBackendAttributeName_t name, std::int64_t value) {
    return set(name, CUDNN_TYPE_INT64, 1, &value);
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values) {
    return set(name, CUDNN_TYPE_INT64, values.size(), values.data());
  }
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnHandle_t value) {
    return set(name, CUDNN_TYPE_HANDLE, 1, &value);
  }
  Descriptor& set(cudnnBackendAttributeName_t name, std::string_view value) {
    return set(name, CUDNN_TYPE_CHAR, value.size(), value.data());
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& value) {
    return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value.raw_);
  }
  Descriptor& set(cudnnBackendAttributeName_t name, const std::vector<void*>& pointers) {
    return set(name, CUDNN_TYPE_VOID_PTR, pointers.size(), pointers.data());
  }
  Descriptor& set(cudnnBackendAttributeName_t name, void* pointer) {
    return set(name, CUDNN_TYPE_VOID_PTR, 1, &pointer);
  }

  /// Throws Error where the attributes do not go together.
  Descriptor& finalize() {
    check(cudnnBackendFinalize(raw_), "cudnnBackendFinalize", what_);
    return *this;
  }
  /// finalize() for what cuDNN may refuse: whether it accepted.
  [[nodiscard]] bool try_finalize() { return cudnnBackendFinalize(raw_) == CUDNN_STATUS_SUCCESS; }

  /// set() for text that cuDNN may refuse: whether it accepted.
  [[nodiscard]] bool try_set(cudnnBackendAttributeName_t name, std::string_view text) {
    return cudnnBackendSetAttribute(raw_, name, CUDNN_TYPE_CHAR, static_cast<std::int64_t>(text.size()), text.data()) ==
           CUDNN_STATUS_SUCCESS;
  }

  [[nodiscard]] std::int64_t get_number(cudnnBackendAttributeName_t name) const {
    std::int64_t value = 0, count = 0;
    check(cudnnBackendGetAttribute(raw_, name, CUDNN_TYPE_INT64, 1, &count, &value), "cudnnBackendGetAttribute", what_);
    return value;
  }
  [[nodiscard]] std::string get_text(cudnnBackendAttributeName_t name) const {
    std::int64_t size = 0;
    check(cudnnBackendGetAttribute(raw_, name, CUDNN_TYPE_CHAR, 0, &size, nullptr), "cudnnBackendGetAttribute", what_);
    std::string text(static_cast<std::size_t>(size), '\0');
    check(cudnnBackendGetAttribute(raw_, name, CUDNN_TYPE_CHAR, size, &size, text.data()), "cudnnBackendGetAttribute",
          what_);
    return text;
  }
  /// Up to @p most values of an enumeration.
  template <class Value>
  [[nodiscard]] std::vector<Value> get_all(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                           std::int64_t most) const {
    std::vector<Value> values(static_cast<std::size_t>(most));
    std::int64_t count = 0;
    check(cudnnBackendGetAttribute(raw_, name, type, most, &count, values.data()), "cudnnBackendGetAttribute", what_);
    values.resize(static_cast<std::size_t>(std::min(count, most)));
    return values;
  }
  /// Descriptors that cuDNN fills in, of @p type; as many as there are.
  [[nodiscard]] std::vector<Descriptor> get_descriptors(cudnnBackendAttributeName_t name,
                                                        cudnnBackendDescriptorType_t type) const {
    std::int64_t count = 0;
    check(cudnnBackendGetAttribute(raw_, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr),
          "cudnnBackendGetAttribute", what_);
    std::vector<Descriptor> result;
    std::vector<cudnnBackendDescriptor_t> raw;
    for (std::int64_t i = 0; i < count; ++i) raw.push_back(result.emplace_back(type, what_).raw_);
    check(cudnnBackendGetAttribute(raw_, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, count, &count, raw.data()),
          "cudnnBackendGetAttribute", what_);
    result.erase(result.begin() + count, result.end());
    return result;
  }

  [[nodiscard]] cudnnBackendDescriptor_t raw() const { return raw_; }
  [[nodiscard]] const std::string& what() const { return what_; }

private:
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t count,
                  const void* values) {
    check(cudnnBackendSetAttribute(raw_, name, type, static_cast<std::int64_t>(count), values),
          "cudnnBackendSetAttribute", what_, ", attribute ", static_cast<int>(name));
    return *this;
  }

  cudnnBackendDescriptor_t raw_ = nullptr;
  std::string what_;
};

} // namespace zoetrope::cudnn
