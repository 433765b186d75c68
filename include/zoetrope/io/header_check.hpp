/// @file
/// What a parser of JSON lets pass in the header of a safetensors file and the format does not.
#pragma once

#include "zoetrope/core/error.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope::detail {

/// Follows nlohmann's parser through a header. Throws Error where it is nested deeper than the format is, or an object
/// has a key twice, and what the parser throws where it is no JSON.
class HeaderCheck : public nlohmann::json_sax<nlohmann::json> {
public:
  explicit HeaderCheck(std::string where) : where_(std::move(where)) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return begin(); }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override { return begin(); }
  bool end_array() override { return end(); }
  bool key(string_t& name) override {
    require(keys_.back().insert(name).second, where_, "the header has key ", nlohmann::json(name).dump(), " twice");
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& error) override {
    fail(where_, "the header is not of the format's form: ", error.what());
  }

private:
  static constexpr std::size_t deepest = 3; ///< the header, a tensor, its shape

  bool begin() {
    require(keys_.size() < deepest, where_, "the header is nested deeper than the format is");
    keys_.emplace_back();
    return true;
  }
  bool end() {
    keys_.pop_back();
    return true;
  }

  std::string where_;
  std::vector<std::set<std::string>> keys_; ///< of the objects around the current place; lists have none
};

/// Whether a file that begins with these eight bytes is one that torch.save() writes: a zip archive, or, of old, a
/// pickle.
[[nodiscard]] inline bool is_of_torch_save(std::uint64_t first_bytes) {
  const std::uint64_t four = first_bytes & 0xFFFF'FFFFu;
  return four == 0x04034B50u || (four & 0x00FF'FFFFu) == 0x008A'0280u; // "PK\3\4"; protocol 2 and a long number
}

/// The line that makes a safetensors file of what torch.save() wrote to @p path.
[[nodiscard]] inline std::string conversion_of(const std::filesystem::path& path) {
  return "python3 -c \"import sys, torch; from safetensors.torch import save_file; save_file({name: "
         "value.clone().contiguous() for name, value in torch.load(sys.argv[1], map_location='cpu', "
         "weights_only=True).items()}, sys.argv[2])\" '" +
         path.string() + "' '" + std::filesystem::path(path).replace_extension(".safetensors").string() + "'";
}

} // namespace zoetrope::detail
