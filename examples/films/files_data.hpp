/// @file
/// Films of one's own as the data of a run.
#pragma once

#include "data.hpp"
#include "film_clips.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace films {

class FilesData final : public program::Data {
public:
  /// Throws zoetrope::Error where the films cannot be used.
  FilesData(const program::FilesRun& files, const program::OnShare& on_share)
      : files_(files), clips_(read_clips(files, on_share)) {}

  [[nodiscard]] program::FilmSizes sizes() const override { return program::sizes_of<Film>(); }
  [[nodiscard]] std::uint64_t size() const override { return clips_->size(); }
  [[nodiscard]] std::string description() const override { return clips_->description(); }
  [[nodiscard]] const std::vector<std::string>& left_out() const override { return clips_->left_out; }
  [[nodiscard]] std::string title() const override;
  void film(std::uint64_t index, std::span<float> out) const override { clips_->film(index, out); }
  void frame(std::uint64_t index, int time, std::span<float> out) const override { clips_->frame(index, time, out); }
  void real_film(std::uint64_t index, std::span<float> out) const override { clips_->film(spread_out(index), out); }
  void real_frame(std::uint64_t index, int time, std::span<float> out) const override {
    clips_->frame(spread_out(index), time, out);
  }
  [[nodiscard]] std::string real_text() const override;
  [[nodiscard]] bool binary() const override { return false; }
  [[nodiscard]] std::vector<program::MeasureRow> measures(program::Session& session, std::uint64_t seed, int count,
                                                          const program::OnShare& on_share) const override;
  [[nodiscard]] std::string measures_note() const override;
  [[nodiscard]] bool small_set() const override { return true; }
  [[nodiscard]] Nearest nearest(std::span<const float> films, program::Session& session, std::uint64_t seed,
                                const program::OnShare& on_share) const override;

private:
  /// The clip that is number @p index of a stream that goes evenly through all of them, in no order.
  [[nodiscard]] std::uint64_t spread_out(std::uint64_t index) const;

  program::FilesRun files_;
  std::unique_ptr<FilmClips> clips_;
};

} // namespace films
