/// @file
/// Plans that were timed once, kept on disk.
#pragma once

#include "zoetrope/io/file.hpp"

#include <rapidjson/istreamwrapper.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace zoetrope::cudnn {

/// What of a file of plans has the right form; the rest counts as not there.
class PlanFile : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, PlanFile> {
public:
  /// Whether @p file is JSON, to its end or to a zero.
  bool read(std::istream& file) {
    rapidjson::IStreamWrapper stream(file);
    return !rapidjson::Reader()
                .Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag>(stream, *this)
                .IsError();
  }
  unsigned format = 0;
  std::string identity;
  std::map<std::string, std::string> plans;

  // What the parser calls.
  bool Uint(unsigned number) {
    if (depth_ == 1 && key_ == "zoetrope.plans") format = number;
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ == 1 && key_ == "identity") identity.assign(text, length);
    if (depth_ == 2 && key_ == "plans") plans[problem_].assign(text, length);
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ <= 2) (depth_ == 1 ? key_ : problem_).assign(text, length);
    return true;
  }
  bool StartObject() { return begin(); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool StartArray() {
    problem_.clear(); // a list's strings belong to no problem
    return begin();
  }
  bool EndArray(rapidjson::SizeType) { return end(); }

private:
  bool begin() {
    ++depth_;
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }
  std::size_t depth_ = 0;
  std::string key_, problem_;
};

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
    PlanFile read;
    if (!read.read(file) || read.format != format || read.identity != identity_) return;
    read.plans.erase(""); // no problem has this name
    plans_ = std::move(read.plans);
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
      const std::string text = to_text();
      if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path());
      write_file(path_, std::as_bytes(std::span(text.data(), text.size())));
    } catch (const std::exception&) {
      path_.clear(); // a disk that refuses is no reason to stop training
    }
  }

private:
  [[nodiscard]] std::string to_text() const {
    rapidjson::StringBuffer buffer;
    rapidjson::PrettyWriter writer(buffer);
    writer.SetIndent(' ', 1);
    const auto put = [&](const std::string& text) {
      writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    };
    writer.StartObject();
    put("zoetrope.plans");
    writer.Uint(format);
    put("identity");
    put(identity_);
    put("plans");
    writer.StartObject();
    for (const auto& [problem, plan] : plans_) {
      put(problem);
      put(plan);
    }
    writer.EndObject();
    writer.EndObject();
    return {buffer.GetString(), buffer.GetSize()};
  }

  static constexpr unsigned format = 2; ///< 1 had other problems under the same texts
  std::filesystem::path path_;
  std::string identity_;
  std::map<std::string, std::string> plans_;
};

} // namespace zoetrope::cudnn
