/// @file
/// Writes a file while its content is still being made.
#pragma once

#include "zoetrope/io/file.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

namespace zoetrope {

/// Appends to a file piece by piece, each on a thread of its own, so that the caller can make the next one meanwhile.
/// The file is nobody else's until finish() or the destructor, which both wait for the thread.
class WriteBehind {
public:
  explicit WriteBehind(AtomicFile& file) : file_(file) {}
  ~WriteBehind() { wait(); }

  /// Waits for the piece before and begins to write @p piece, which must stay until the next call returns. Throws what
  /// went wrong with the piece before.
  void write(std::span<const std::byte> piece) {
    finish();
    if (piece.size() < min_background_bytes) return file_.write(piece);
    try {
      writing_ = std::thread([this, piece] { append(piece); });
    } catch (const std::system_error&) { // no more threads
      append(piece);
    }
  }

  /// Waits for the last piece. Throws what went wrong with it.
  void finish() {
    wait();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

private:
  /// A failure is kept for finish().
  void append(std::span<const std::byte> piece) {
    try {
      const std::uint64_t first = file_.size();
      file_.write(piece);
      file_.start_flush(first, piece.size());
    } catch (...) {
      failure_ = std::current_exception();
    }
  }
  void wait() {
    if (writing_.joinable()) writing_.join();
  }

  static constexpr std::size_t min_background_bytes = std::size_t{1} << 20;

  AtomicFile& file_;
  std::thread writing_;
  std::exception_ptr failure_;
};

} // namespace zoetrope
