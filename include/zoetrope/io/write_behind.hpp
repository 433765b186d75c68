/// @file
/// Writes a file while its content is still being made.
#pragma once

#include "zoetrope/io/file.hpp"

#include <cstddef>
#include <cstdint>
#include <future>
#include <span>

namespace zoetrope {

/// Appends to a file piece by piece, each on a thread of its own, so that the caller can make the next one meanwhile.
/// The file is nobody else's until finish() or the destructor, which both wait for the thread.
class WriteBehind {
public:
  explicit WriteBehind(AtomicFile& file) : file_(file) {}

  /// Waits for the piece before and begins to write @p piece, which must stay until the next call returns. Throws what
  /// went wrong with the piece before.
  void write(std::span<const std::byte> piece) {
    finish();
    if (piece.size() < min_background_bytes) return file_.write(piece);
    // Deferred where the system has no thread left: finish() then writes.
    writing_ = std::async(std::launch::async | std::launch::deferred, [this, piece] {
      const std::uint64_t first = file_.size();
      file_.write(piece);
      file_.start_flush(first, piece.size());
    });
  }

  /// Waits for the last piece. Throws what went wrong with it.
  void finish() {
    if (writing_.valid()) writing_.get();
  }

private:
  static constexpr std::size_t min_background_bytes = std::size_t{1} << 20;

  AtomicFile& file_;
  std::future<void> writing_;
};

} // namespace zoetrope
