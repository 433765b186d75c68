/// @file
/// Files as FFmpeg's libraries read them. Opt-in: a program that includes this links zoetrope::video.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/mapped_file.hpp"
#include "zoetrope/io/png_chunks.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>

extern "C" {
#include <libavformat/avio.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
}

namespace zoetrope::detail {

/// Has FFmpeg's libraries print nothing: what they would, our errors say. A program that has chosen a level keeps it.
inline void quieten_ffmpeg() {
  static const bool once [[maybe_unused]] = [] {
    if (av_log_get_level() == AV_LOG_INFO) av_log_set_level(AV_LOG_QUIET);
    return true;
  }();
}

/// What FFmpeg says about an error @p code.
inline std::string ffmpeg_reason(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  return av_strerror(code, text, sizeof text) == 0 ? text : "unknown error";
}

/// A file that FFmpeg reads through us: no name of a file is taken for an address, and no playlist opens another file.
class VideoInput {
public:
  explicit VideoInput(const std::filesystem::path& path) : file_(path) {
    require(!file_.bytes().empty(), "'", path.string(), "' is empty");
    constexpr int buffer_size = 1 << 16;
    context_ = avio_alloc_context(static_cast<unsigned char*>(av_malloc(buffer_size)), buffer_size, 0, this, read,
                                  nullptr, seek);
    require(context_ != nullptr, "'", path.string(), "': there is no memory to read it");
  }
  VideoInput(const VideoInput&) = delete;
  VideoInput& operator=(const VideoInput&) = delete;
  ~VideoInput() {
    av_freep(&context_->buffer);
    avio_context_free(&context_);
  }

  [[nodiscard]] AVIOContext* context() const { return context_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return file_.bytes(); }
  /// How much of the file is behind what was read last, from 0 to 1.
  [[nodiscard]] double position() const { return static_cast<double>(at_) / static_cast<double>(bytes().size()); }

private:
  static int read(void* self, std::uint8_t* to, int size) {
    auto& input = *static_cast<VideoInput*>(self);
    const auto rest = input.bytes().subspan(input.at_);
    if (rest.empty()) return AVERROR_EOF;
    const std::size_t count = std::min(rest.size(), static_cast<std::size_t>(size));
    std::memcpy(to, rest.data(), count);
    input.at_ += count;
    return static_cast<int>(count);
  }
  static std::int64_t seek(void* self, std::int64_t offset, int whence) {
    auto& input = *static_cast<VideoInput*>(self);
    const auto size = static_cast<std::int64_t>(input.bytes().size());
    whence &= ~AVSEEK_FORCE;
    if (whence == AVSEEK_SIZE) return size;
    const std::int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? static_cast<std::int64_t>(input.at_) : size;
    if (offset < -from || offset > size - from) return AVERROR(EINVAL);
    input.at_ = static_cast<std::size_t>(from + offset);
    return from + offset;
  }

  MappedFile file_;
  std::size_t at_ = 0;
  AVIOContext* context_ = nullptr;
};

/// Whether a GIF's, a PNG's, an AVI's or a Matroska or WebM file's @p bytes end before they should, which FFmpeg passes
/// over. For other kinds false: theirs it tells itself, as far as the file says.
inline bool ends_early(std::span<const std::byte> bytes, std::string_view kind) {
  const auto byte = [&](std::size_t i) { return std::to_integer<std::uint64_t>(bytes[i]); };
  if (kind == "gif") { // ends with its trailer; some programs fill up with zeros
    std::size_t end = bytes.size();
    while (end > 0 && byte(end - 1) == 0) --end;
    return end == 0 || byte(end - 1) != 0x3B;
  }
  if (kind == "apng" || kind == "png_pipe") return !is_whole_png(bytes);
  if (kind == "avi") { // says its size behind 'RIFF'
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < 4 && bytes.size() > 12; ++i) size |= byte(4 + i) << 8 * i;
    return size > bytes.size() - 8;
  }
  if (!kind.starts_with("matroska")) return false;
  // Elements of an identifier and a size, both of a length that the first bits tell; the second one holds all the rest.
  std::uint64_t at = 0;
  for (int element = 0; element < 2; ++element) {
    std::uint64_t values[2] = {};
    for (auto& value : values) {
      if (at >= bytes.size()) return true;
      const int length = std::countl_zero(static_cast<std::uint8_t>(byte(at))) + 1;
      if (length > 8 || bytes.size() - at < static_cast<std::size_t>(length)) return true;
      value = byte(at) & (0xFFU >> length);
      for (int i = 1; i < length; ++i) value = value << 8 | byte(at + static_cast<std::size_t>(i));
      if (value == (std::uint64_t{1} << 7 * length) - 1) value = std::numeric_limits<std::uint64_t>::max(); // unknown
      at += static_cast<std::uint64_t>(length);
    }
    if (values[1] == std::numeric_limits<std::uint64_t>::max()) return false;
    if (values[1] > bytes.size() - at) return true;
    at += values[1];
  }
  return false;
}

} // namespace zoetrope::detail
