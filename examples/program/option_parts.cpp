#include "option_parts.hpp"

#include <zoetrope/train/settings.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

namespace program {

namespace {

std::optional<double> finite_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(value)) return std::nullopt;
  return value;
}

} // namespace

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const auto check = [=](const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = error == std::errc{} && end == text.data() + text.size() && value >= least && value <= most;
    return good ? ""
                : "expected a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", got '" +
                      text + "'";
  };
  return CLI::Validator(check, "");
}

CLI::Validator positive_number() {
  const auto check = [](const std::string& text) {
    return finite_number(text).value_or(0) > 0 ? "" : "expected a positive number, got '" + text + "'";
  };
  return CLI::Validator(check, "");
}

CLI::Validator norm_bound() {
  const auto check = [](const std::string& text) {
    return zoetrope::is_bound_on_norms(finite_number(text).value_or(-1))
               ? ""
               : "expected a number from 1e-6 to 1e6, or 0, got '" + text + "'";
  };
  return CLI::Validator(check, "");
}

CLI::Validator share() {
  const auto check = [](const std::string& text) {
    const double value = finite_number(text).value_or(-1);
    return value >= 0 && value < 1 ? "" : "expected a number of at least 0 and below 1, got '" + text + "'";
  };
  return CLI::Validator(check, "");
}

CLI::Validator one_of(const std::vector<std::string>& names) {
  const auto check = [names](const std::string& text) -> std::string {
    if (std::find(names.begin(), names.end(), text) != names.end()) return "";
    return "expected " + listed(names, "or") + ", got '" + text + "'";
  };
  return CLI::Validator(check, "");
}

void add_threads_option(CLI::App& app, int& threads) {
  app.add_option("--threads", threads, "threads (default: all cores); they do not change the results")
      ->option_text("N")
      ->check(whole_number(1, 1024));
}

void add_device_options(CLI::App& app, DeviceChoice& device_choice) {
  auto* device = app.add_option("--device", device_choice.device, "cpu (default), or gpu: an NVIDIA GPU")
                     ->option_text("NAME")
                     ->check(one_of({"cpu", "gpu"}));
#ifdef PROGRAM_HAS_GPU
  constexpr bool has_gpu = true;
#else
  constexpr bool has_gpu = false;
#endif
#ifdef PROGRAM_HAS_BF16
  constexpr bool has_bf16 = true;
#else
  constexpr bool has_bf16 = false;
#endif
  const std::string of_cpu = has_bf16 ? ", on the cpu fp32 (default) or bf16" : "";
  const std::string of_gpu = has_gpu ? ", on the gpu tf32 (default) or bf16" : "";
  auto* precision = app.add_option("--precision", device_choice.precision, "of products" + of_cpu + of_gpu)
                        ->option_text("NAME")
                        ->check(one_of({"fp32", "tf32", "bf16"}));
  if (!has_gpu) device->group(hidden_group);
  if (!has_gpu && !has_bf16) precision->group(hidden_group);
  app.parse_complete_callback([&device_choice, precision] {
    const std::string first = device_choice.device == "cpu" ? "fp32" : "tf32";
    if (precision->count() == 0) device_choice.precision = first;
    if (device_choice.precision != first && device_choice.precision != "bf16")
      throw CLI::ValidationError("--precision: the device " + device_choice.device + " expected " + first +
                                 " or bf16, got '" + device_choice.precision + "'");
  });
}

} // namespace program
