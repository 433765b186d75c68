/// @file
/// Writing films as MP4 and WebM, by FFmpeg's libraries. Opt-in: a program that includes this links zoetrope::video.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/core/number_text.hpp"
#include "zoetrope/io/file.hpp"
#include "zoetrope/io/picture.hpp"
#include "zoetrope/io/video_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

namespace zoetrope {

namespace detail {

/// What files of one ending hold.
struct VideoKind {
  const char* container;
  std::array<const char*, 2> encoders; ///< the first that FFmpeg was built with
};

/// Throws Error for another ending than .mp4 and .webm.
inline VideoKind video_kind(const std::filesystem::path& path) {
  if (path.extension() == ".mp4") return {"mp4", {"libx264", "mpeg4"}};
  if (path.extension() == ".webm") return {"webm", {"libvpx-vp9", "libvpx"}};
  fail("expected a video's name to end in .mp4 or .webm, got '", path.string(), "'");
}

/// Encodes pictures of one size into a container in memory.
class VideoEncoder {
public:
  VideoEncoder(const std::filesystem::path& path, int width, int height, int channels, double frames_per_second)
      : name_("'" + path.string() + "'"), width_(width), height_(height), channels_(channels) {
    quieten_ffmpeg();
    const VideoKind kind = video_kind(path);
    const AVCodec* codec = nullptr;
    for (const char* encoder : kind.encoders)
      if (codec == nullptr) codec = avcodec_find_encoder_by_name(encoder);
    require(codec != nullptr, name_, ": FFmpeg's libraries here have no encoder ", kind.encoders[0]);
    AVFormatContext* container = nullptr;
    check(avformat_alloc_output_context2(&container, nullptr, kind.container, nullptr));
    container_.reset(container);
    container_->flags |= AVFMT_FLAG_BITEXACT;
    encoder_.reset(avcodec_alloc_context3(codec));
    stream_ = avformat_new_stream(container, nullptr);
    frame_.reset(av_frame_alloc());
    packet_.reset(av_packet_alloc());
    require(encoder_ && stream_ != nullptr && frame_ && packet_, name_, ": there is no memory to encode it");

    // Browsers show only colours at half the resolution, so an odd side is one pixel longer.
    encoder_->width = frame_->width = width + width % 2;
    encoder_->height = frame_->height = height + height % 2;
    encoder_->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder_->color_range = frame_->color_range = AVCOL_RANGE_MPEG;
    encoder_->colorspace = frame_->colorspace = AVCOL_SPC_SMPTE170M; // swscale's
    frame_->format = AV_PIX_FMT_YUV420P;
    encoder_->framerate = av_d2q(frames_per_second, 100'000);
    encoder_->time_base = stream_->time_base = av_inv_q(encoder_->framerate);
    encoder_->thread_count = 1; // the same bytes on any number of threads
    encoder_->flags |= AV_CODEC_FLAG_BITEXACT;
    // x264's code for AVX-512 does not always decide alike for the same pictures. Other encoders have no such option.
    (void)av_opt_set(encoder_->priv_data, "x264-params", "cpu-independent=1", 0);
    if ((container_->oformat->flags & AVFMT_GLOBALHEADER) != 0) encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (av_opt_set(encoder_->priv_data, "crf", "16", 0) < 0) encoder_->bit_rate = 4'000'000; // mpeg4 knows no quality
    check(avcodec_open2(encoder_.get(), codec, nullptr));
    check(avcodec_parameters_from_context(stream_->codecpar, encoder_.get()));
    check(av_frame_get_buffer(frame_.get(), 0));
    check(avio_open_dyn_buf(&container_->pb));
    check(avformat_write_header(container_.get(), nullptr));
    scaler_.reset(sws_getContext(frame_->width, frame_->height, channels == 1 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24,
                                 frame_->width, frame_->height, AV_PIX_FMT_YUV420P,
                                 SWS_BICUBIC | SWS_ACCURATE_RND | SWS_BITEXACT, nullptr, nullptr, nullptr));
    require(scaler_ != nullptr, name_, ": there is no memory to encode it");
  }
  VideoEncoder(const VideoEncoder&) = delete;
  VideoEncoder& operator=(const VideoEncoder&) = delete;

  void add(const Picture& picture) {
    require(picture.width == width_ && picture.height == height_ && picture.channels == channels_, name_,
            ": expected pictures of one size, ", width_, " x ", height_, " x ", channels_, ", got ", picture.width,
            " x ", picture.height, " x ", picture.channels);
    const auto channels = static_cast<std::size_t>(channels_), from_row = static_cast<std::size_t>(width_) * channels,
               to_row = static_cast<std::size_t>(frame_->width) * channels;
    pixels_.resize(to_row * static_cast<std::size_t>(frame_->height) + 64); // its loops may read whole vectors
    for (std::size_t y = 0; y < static_cast<std::size_t>(frame_->height); ++y) {
      const auto* from = picture.pixels.data() + std::min(y, static_cast<std::size_t>(height_) - 1) * from_row;
      std::copy_n(from, from_row, pixels_.begin() + static_cast<std::ptrdiff_t>(y * to_row));
      if (to_row > from_row)
        std::copy_n(from + from_row - channels, channels,
                    pixels_.begin() + static_cast<std::ptrdiff_t>(y * to_row + from_row));
    }
    check(av_frame_make_writable(frame_.get()));
    const std::uint8_t* const planes[] = {pixels_.data(), nullptr, nullptr, nullptr};
    const int strides[] = {static_cast<int>(to_row), 0, 0, 0};
    check(sws_scale(scaler_.get(), planes, strides, 0, frame_->height, frame_->data, frame_->linesize));
    frame_->pts = count_++;
    encode(frame_.get());
  }

  /// Ends the film and writes the file.
  void write(const std::filesystem::path& path) {
    encode(nullptr);
    check(av_write_trailer(container_.get()));
    std::uint8_t* taken = nullptr;
    const int size = avio_close_dyn_buf(std::exchange(container_->pb, nullptr), &taken);
    const std::unique_ptr<std::uint8_t, Free> bytes(taken);
    require(size > 0 && bytes, name_, ": there is no memory to encode it");
    write_file(path, std::as_bytes(std::span(bytes.get(), static_cast<std::size_t>(size))));
  }

private:
  struct Free {
    void operator()(void* memory) const { av_free(memory); }
  };
  struct FreeContainer {
    void operator()(AVFormatContext* container) const {
      std::uint8_t* bytes = nullptr;
      if (container->pb != nullptr) avio_close_dyn_buf(container->pb, &bytes);
      av_free(bytes);
      avformat_free_context(container);
    }
  };

  void check(int code) const {
    if (code < 0) fail(name_, " cannot be encoded: ", ffmpeg_reason(code));
  }
  void encode(const AVFrame* frame) {
    check(avcodec_send_frame(encoder_.get(), frame));
    for (;;) {
      const int got = avcodec_receive_packet(encoder_.get(), packet_.get());
      if (got == AVERROR(EAGAIN) || got == AVERROR_EOF) return;
      check(got);
      packet_->duration = 1;
      av_packet_rescale_ts(packet_.get(), encoder_->time_base, stream_->time_base);
      packet_->stream_index = stream_->index;
      check(av_interleaved_write_frame(container_.get(), packet_.get()));
    }
  }

  std::string name_;
  int width_, height_, channels_;
  std::unique_ptr<AVFormatContext, FreeContainer> container_;
  VideoCodec encoder_;
  AVStream* stream_ = nullptr;
  VideoFrame frame_;
  VideoPacket packet_;
  VideoScaler scaler_;
  std::vector<std::uint8_t> pixels_;
  std::int64_t count_ = 0;
};

} // namespace detail

/// Writes @p frames, all of one size, as a film: H.264 in a file that ends in .mp4, VP9 in one that ends in .webm (or
/// MPEG-4 and VP8 where FFmpeg's libraries lack these encoders); as a whole or not at all. Both lose a little, and a
/// picture of an odd side becomes one pixel longer. Throws Error for another ending, no frames, frames of several sizes
/// or rates that are none, and where the file cannot be written.
inline void write_video(const std::filesystem::path& path, std::span<const Picture> frames,
                        double frames_per_second = 12.5) {
  (void)detail::video_kind(path);
  require(!frames.empty(), "'", path.string(), "' expected at least one frame");
  require(std::isfinite(frames_per_second) && frames_per_second >= 0.01 && frames_per_second <= 1000, "'",
          path.string(), "' expected 0.01 to 1000 frames per second, got ", number_text(frames_per_second));
  for (const Picture& frame : frames) detail::check(frame);
  detail::VideoEncoder encoder(path, frames[0].width, frames[0].height, frames[0].channels, frames_per_second);
  for (const Picture& frame : frames) encoder.add(frame);
  encoder.write(path);
}

} // namespace zoetrope
