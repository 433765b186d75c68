#include "presets.hpp"

#include "this_program.hpp"

#include <zoetrope/core/error.hpp>

#include <algorithm>

namespace program {

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const auto& run : presets()) names.push_back(run.preset);
  return names;
}

std::vector<std::string> known_presets() {
  auto names = preset_names();
  for (const char* name : {"demo", "cpu", "gpu", "paper"})
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  return names;
}

Run preset(const std::string& name) {
  for (const auto& run : presets())
    if (run.preset == name) return run;
  zoetrope::fail("expected preset ", listed(preset_names(), "or"), ", got '", name, "'");
}

} // namespace program
