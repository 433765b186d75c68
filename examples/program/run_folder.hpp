/// @file
/// The folder of a run: what its files are called, and what they remember of the run.
#pragma once

#include "session.hpp"
#include "settings.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace program {

inline constexpr const char* checkpoint_name = "checkpoint.safetensors";
inline constexpr const char* frame_generator_name = "frame_generator.safetensors";
inline constexpr const char* sequence_generator_name = "sequence_generator.safetensors";
inline constexpr const char* losses_name = "losses.csv";
inline constexpr const char* table_name = "table1.md";

/// Where a run's report goes unless another folder is named.
std::filesystem::path report_folder(const std::filesystem::path& run);

/// Makes @p folder where there is none. Throws zoetrope::Error where it cannot be made.
void make_folder(const std::filesystem::path& folder);

/// Keeps a second program from training into the same folder while it lives.
class FolderLock {
public:
  /// Throws zoetrope::Error where another program holds the lock, and where none can be had.
  explicit FolderLock(const std::filesystem::path& folder);
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  ~FolderLock();

private:
  int descriptor_;
};

/// The run that the metadata of @p file remember under @p key. Throws zoetrope::Error where they remember none.
Run run_of(const zoetrope::SafetensorsFile& file, const std::string& key);

/// Both generators of a run.
struct Trained {
  Run run;
  std::string data; ///< what the films of files were, as Data::description() said; empty for bouncing balls
  std::unique_ptr<Session> session;
};

/// Throws zoetrope::Error for a folder without both, or with those of two runs.
Trained load_trained(const std::filesystem::path& folder, const DeviceChoice& device_choice);

} // namespace program
