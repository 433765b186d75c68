/// @file
/// Plans that were timed once, kept on disk.
#pragma once

#include "zoetrope/io/file.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>

namespace zoetrope::cudnn {

/// What was chosen for each problem, as text, on one kind of GPU and one version of cuDNN (the @p identity). A file
/// that cannot be read, or is of another identity, counts as empty; one that cannot be written is not: then every run
/// times its plans anew.
class PlanCache {
public:
  /// An empty @p path keeps nothing on disk.
  PlanCache(std::filesystem::path path, std::string identity) : path_(std::move(path)), identity_(std::move(identity)) {
    // Reading a folder throws, and a device may never end.
    std::error_code unknown;
    if (!std::filesystem::is_regular_file(path_, unknown)) return;
    std::ifstream file(path_);
    const auto read = nlohmann::json::parse(file, nullptr, false);
    if (!read.is_object() || read.value("zoetrope.plans", nlohmann::json()) != format ||
        read.value("identity", nlohmann::json()) != identity_)
      return;
    const auto plans = read.find("plans");
    if (plans == read.end() || !plans->is_object()) return;
    for (const auto& [problem, plan] : plans->items())
      if (plan.is_string()) plans_[problem] = plan.get<std::string>();
  }

  /// The one that everybody in this program uses for this path and identity: what one has timed, the others take.
  static std::shared_ptr<PlanCache> shared(const std::filesystem::path& path, const std::string& identity) {
    static std::mutex making;
    static std::map<std::pair<std::filesystem::path, std::string>, std::shared_ptr<PlanCache>> made;
    const std::scoped_lock lock(making);
    auto& cache = made[{path, identity}];
    if (!cache) cache = std::make_shared<PlanCache>(path, identity);
    return cache;
  }

  /// ZOETROPE_PLAN_CACHE where it is set (empty: nothing is kept), else zoetrope/plans.json in the user's cache folder.
  static std::filesystem::path default_path() {
    if (const char* named = std::getenv("ZOETROPE_PLAN_CACHE")) return named;
    if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder != '\0')
      return std::filesystem::path(folder) / "zoetrope" / "plans.json";
    if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
      return std::filesystem::path(home) / ".cache" / "zoetrope" / "plans.json";
    return {};
  }

  [[nodiscard]] std::optional<std::string> find(const std::string& problem) const {
    const auto found = plans_.find(problem);
    return found == plans_.end() ? std::nullopt : std::optional(found->second);
  }

  void put(const std::string& problem, const std::string& plan) {
    plans_[problem] = plan;
    if (path_.empty()) return;
    try {
      const std::string text =
          nlohmann::json{{"zoetrope.plans", format}, {"identity", identity_}, {"plans", plans_}}.dump(1);
      if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path());
      write_file(path_, std::as_bytes(std::span(text.data(), text.size())));
    } catch (const std::exception&) {
      path_.clear(); // a disk that refuses is no reason to stop training
    }
  }

private:
  static constexpr int format = 2; ///< 1 had other problems under the same texts
  std::filesystem::path path_;
  std::string identity_;
  std::map<std::string, std::string> plans_;
};

} // namespace zoetrope::cudnn
