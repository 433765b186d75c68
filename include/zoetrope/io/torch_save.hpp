/// @file
/// Files of torch.save(), which are often taken for safetensors files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace zoetrope::detail {

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
