/// @file
/// The frames of video files, animated pictures and pictures, by FFmpeg's libraries. Opt-in: a program that includes
/// this links zoetrope::video.
#pragma once

#include "zoetrope/core/error.hpp"
#include "zoetrope/io/png_chunks.hpp"
#include "zoetrope/io/video_input.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

namespace zoetrope {

namespace detail {

/// What FFmpeg's libraries free, each by a function of its own that takes a pointer to the pointer.
template <auto Release>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Release(&object);
  }
};
using VideoContainer = std::unique_ptr<AVFormatContext, FreedBy<avformat_close_input>>;
using VideoCodec = std::unique_ptr<AVCodecContext, FreedBy<avcodec_free_context>>;
using VideoFrame = std::unique_ptr<AVFrame, FreedBy<av_frame_free>>;
using VideoPacket = std::unique_ptr<AVPacket, FreedBy<av_packet_free>>;

struct FreeScaler {
  void operator()(SwsContext* scaler) const { sws_freeContext(scaler); }
};
using VideoScaler = std::unique_ptr<SwsContext, FreeScaler>;

} // namespace detail

/// One frame of a VideoFile.
struct VideoPicture {
  int height = 0, width = 0, channels = 0; ///< 1 channel, grey, or 3: red, green and blue
  std::vector<std::uint8_t> values;        ///< [height, width, channels]
  double seconds = 0;                      ///< when it is shown
};

/// Reads the frames of a file one after the other, as they are shown: turned and mirrored where the file says so,
/// without opacity. Pixels that are not square are taken for square, interlaced frames for whole ones.
class VideoFile {
public:
  /// Frames of more pixels are refused.
  static constexpr std::int64_t most_pixels = std::int64_t{1} << 26;

  /// @p threads decode. Throws Error where the file cannot be read, is none of pictures, or has too large ones.
  explicit VideoFile(const std::filesystem::path& path, int threads = 1)
      : name_("'" + path.string() + "'"), input_(path), packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
    detail::quieten_ffmpeg();
    open_container();
    const AVCodec* codec = nullptr;
    stream_ = av_find_best_stream(container_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    require(stream_ >= 0, name_, ": expected a video or a picture, found no frames of a kind that can be decoded");
    open_decoder(codec, threads);
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  /// How much of the file has been read, from 0 to 1.
  [[nodiscard]] double position() const { return input_.position(); }

  /// The next frame; nothing behind the last. Throws Error where there is none, and where the file is damaged or cut
  /// short, as far as its kind tells: Ogg, YUV4MPEG and streams such as MPEG-TS and FLV do not where they end between
  /// two frames.
  [[nodiscard]] std::optional<VideoPicture> next() {
    for (;;) {
      const int got = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (got == AVERROR_EOF) {
        require(count_ > 0, name_, " has no frames");
        return std::nullopt;
      }
      if (got == AVERROR(EAGAIN)) {
        feed();
        continue;
      }
      check(got, "cannot be decoded");
      if ((frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame_->decode_error_flags != 0)
        fail(name_, ": frame ", count_, " is damaged");
      VideoPicture picture = converted();
      picture.seconds = time_of(*frame_);
      ++count_;
      av_frame_unref(frame_.get());
      return picture;
    }
  }

private:
  void check(int code, const char* what) const {
    if (code >= 0) return;
    // Of some pictures FFmpeg tells no size where it takes none so large.
    if (count_ == 0 && decoder_ && decoder_->width == 0)
      fail(name_, " ", what, ": it is damaged, or has frames of more than ", most_pixels, " pixels");
    fail(name_, " ", what, " after ", count_, " frames: ", detail::ffmpeg_reason(code));
  }

  void open_container() {
    // No kind that is a list of other files, a program's input or text.
    constexpr const char* kinds =
        "mov,matroska,webm,avi,gif,apng,mpeg,mpegts,mpegvideo,h264,hevc,av1,obu,ivf,flv,asf,ogg,nut,yuv4mpegpipe,mjpeg,"
        "mjpeg_2000,dv,mxf,m4v,h263,dirac,vc1,rm,3gp,wtv,swf,png_pipe,jpeg_pipe,jpegls_pipe,j2k_pipe,bmp_pipe,"
        "tiff_pipe,webp_pipe,ppm_pipe,pgm_pipe,pbm_pipe,pam_pipe,pgmyuv_pipe,sgi_pipe,qoi_pipe,exr_pipe,psd_pipe,"
        "pcx_pipe,sunrast_pipe,xbm_pipe,xpm_pipe,gem_pipe,photocd_pipe,dds_pipe,dpx_pipe";
    AVFormatContext* context = avformat_alloc_context();
    require(context != nullptr && packet_ && frame_, name_, ": there is no memory to read it");
    context->pb = input_.context();
    context->format_whitelist = av_strdup(kinds);
    context->protocol_whitelist = av_strdup("");
    context->error_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
    context->io_open = [](AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
      return AVERROR(EACCES); // what a file says is in another file
    };
    // FFmpeg looks at the first bytes only, where other chunks may stand.
    const AVInputFormat* const kind = is_animated_png(input_.bytes()) ? av_find_input_format("apng") : nullptr;
    const int opened = avformat_open_input(&context, nullptr, kind, nullptr); // frees the context where it fails
    if (opened < 0)
      fail(name_, " is no video or picture that can be read",
           opened == AVERROR_INVALIDDATA || opened == AVERROR(EINVAL) ? ", or is cut short"
                                                                      : ": " + detail::ffmpeg_reason(opened));
    container_.reset(context);
    require(!detail::ends_early(input_.bytes(), context->iformat->name), name_, " is cut short");
    look_into_streams();
  }

  /// Has FFmpeg find out what the file holds, which decodes some of it.
  void look_into_streams() {
    AVFormatContext* context = container_.get();
    const unsigned streams = context->nb_streams;
    std::vector<AVDictionary*> options(streams, nullptr);
    for (auto& option : options) av_dict_set_int(&option, "max_pixels", most_pixels, 0);
    const int found = avformat_find_stream_info(context, streams == 0 ? nullptr : options.data());
    for (auto& option : options) av_dict_free(&option);
    check(found, "cannot be understood");
  }

  void open_decoder(const AVCodec* codec, int threads) {
    AVStream& stream = *container_->streams[stream_];
    require_size(stream.codecpar->width, stream.codecpar->height);
    decoder_.reset(avcodec_alloc_context3(codec));
    require(decoder_ != nullptr, name_, ": there is no memory to decode it");
    check(avcodec_parameters_to_context(decoder_.get(), stream.codecpar), "cannot be decoded");
    decoder_->pkt_timebase = stream.time_base;
    decoder_->thread_count = threads;
    decoder_->max_pixels = most_pixels;
    decoder_->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
    decoder_->flags |= AV_CODEC_FLAG_BITEXACT; // the same pixels on every processor
    check(avcodec_open2(decoder_.get(), codec, nullptr), "cannot be decoded");
    for (unsigned i = 0; i < container_->nb_streams; ++i)
      if (static_cast<int>(i) != stream_) container_->streams[i]->discard = AVDISCARD_ALL;
    upright_ = turn_of(display_matrix(stream));
    require_frames_inside(stream);
  }

  /// MP4 and MOV say where each frame lies; of one behind the end, FFmpeg says nothing.
  void require_frames_inside(AVStream& stream) const {
    if (!std::string_view(container_->iformat->name).starts_with("mov")) return;
    const auto size = static_cast<std::int64_t>(input_.bytes().size());
    const int frames = avformat_index_get_entries_count(&stream);
    for (int i = 0; i < frames; ++i) {
      const AVIndexEntry* const entry = avformat_index_get_entry(&stream, i);
      require(entry->pos <= size - entry->size, name_, " is cut short: ", i, " of its ", frames, " frames are there");
    }
  }

  static const std::uint8_t* display_matrix(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
    const AVPacketSideData* const found = av_packet_side_data_get(
        stream.codecpar->coded_side_data, stream.codecpar->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return found == nullptr ? nullptr : found->data;
#else
    return av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
#endif
  }

  /// Where a pixel of column x and row y is shown: in column x_to_x * x + y_to_x * y and so on, from the middle.
  struct Turn {
    int x_to_x = 1, x_to_y = 0, y_to_x = 0, y_to_y = 1;
    bool operator==(const Turn&) const = default;
  };
  /// That of a display matrix, if it turns by right angles and mirrors alone; none otherwise, and for null.
  static Turn turn_of(const std::uint8_t* matrix) {
    if (matrix == nullptr) return {};
    std::int32_t numbers[9];
    std::memcpy(numbers, matrix, sizeof numbers);
    const auto sign = [&numbers](int i) { return (numbers[i] > 0) - (numbers[i] < 0); };
    const Turn turn{sign(0), sign(1), sign(3), sign(4)};
    const bool upright = turn.x_to_x != 0 && turn.y_to_y != 0 && turn.x_to_y == 0 && turn.y_to_x == 0;
    const bool lying = turn.x_to_x == 0 && turn.y_to_y == 0 && turn.x_to_y != 0 && turn.y_to_x != 0;
    return upright || lying ? turn : Turn{};
  }

  void require_size(int width, int height) const {
    require(width >= 0 && height >= 0 && std::int64_t{width} * height <= most_pixels, name_,
            ": expected frames of at most ", most_pixels, " pixels, got ", width, "x", height);
  }

  /// Gives the decoder the next packet of the stream, or, behind the last, the end.
  void feed() {
    for (;;) {
      const int got = av_read_frame(container_.get(), packet_.get());
      if (got == AVERROR_EOF) {
        check(avcodec_send_packet(decoder_.get(), nullptr), "cannot be decoded");
        return;
      }
      check(got, "is damaged or cut short");
      const bool ours = packet_->stream_index == stream_;
      if (ours && packet_->size == 0) { // the frame before it once more; sent, it would be taken for the end
        av_packet_unref(packet_.get());
        continue;
      }
      const bool cut = ours && (packet_->flags & AV_PKT_FLAG_CORRUPT) != 0;
      const int sent = ours && !cut ? avcodec_send_packet(decoder_.get(), packet_.get()) : 0;
      av_packet_unref(packet_.get());
      if (cut) fail(name_, " is damaged or cut short after ", count_, " frames");
      check(sent, "cannot be decoded");
      if (ours) return;
    }
  }

  [[nodiscard]] double time_of(const AVFrame& frame) const {
    const AVStream& stream = *container_->streams[stream_];
    if (frame.best_effort_timestamp != AV_NOPTS_VALUE)
      return static_cast<double>(frame.best_effort_timestamp) * av_q2d(stream.time_base);
    const AVRational rate = stream.avg_frame_rate;
    return static_cast<double>(count_) / (rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 25.0);
  }

  /// The frame that was decoded in bytes.
  [[nodiscard]] VideoPicture converted() {
    const AVFrame& from = *frame_;
    require_size(from.width, from.height);
    const auto format = static_cast<AVPixelFormat>(from.format);
    const AVPixFmtDescriptor* about = av_pix_fmt_desc_get(format);
    require(about != nullptr && from.width > 0 && from.height > 0, name_, ": frame ", count_, " has no pixels");
    const bool palette = (about->flags & AV_PIX_FMT_FLAG_PAL) != 0;
    VideoPicture to{from.height, from.width, !palette && about->nb_components <= 2 ? 1 : 3, {}, 0};
    const auto row = static_cast<std::size_t>(to.width) * static_cast<std::size_t>(to.channels);
    // Its loops may write whole vectors.
    to.values.resize(row * static_cast<std::size_t>(to.height) + 64);
    scaler_.reset(sws_getCachedContext(scaler_.release(), from.width, from.height, format, from.width, from.height,
                                       to.channels == 1 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24,
                                       SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT, nullptr,
                                       nullptr, nullptr));
    require(scaler_ != nullptr, name_, ": frame ", count_, " has a format of pixels that cannot be converted, ",
            about->name);
    const bool full = from.color_range == AVCOL_RANGE_JPEG || std::strncmp(about->name, "yuvj", 4) == 0 ||
                      (about->flags & AV_PIX_FMT_FLAG_RGB) != 0 || palette ||
                      (about->nb_components <= 2 && from.color_range != AVCOL_RANGE_MPEG);
    (void)sws_setColorspaceDetails(scaler_.get(), sws_getCoefficients(from.colorspace), full ? 1 : 0,
                                   sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
    std::uint8_t* const planes[] = {to.values.data(), nullptr, nullptr, nullptr};
    const int strides[] = {static_cast<int>(row), 0, 0, 0};
    check(sws_scale(scaler_.get(), from.data, from.linesize, 0, from.height, planes, strides), "cannot be converted");
    to.values.resize(row * static_cast<std::size_t>(to.height));
    const AVFrameSideData* camera = av_frame_get_side_data(frame_.get(), AV_FRAME_DATA_DISPLAYMATRIX); // a picture's
    return turned(std::move(to), camera != nullptr ? turn_of(camera->data) : upright_);
  }

  static VideoPicture turned(VideoPicture from, const Turn& turn) {
    if (turn == Turn{}) return from;
    const bool lying = turn.x_to_x == 0;
    VideoPicture to{lying ? from.width : from.height, lying ? from.height : from.width, from.channels,
                    std::vector<std::uint8_t>(from.values.size()), from.seconds};
    const auto channels = static_cast<std::size_t>(from.channels);
    std::size_t at = 0;
    for (int row = 0; row < to.height; ++row)
      for (int column = 0; column < to.width; ++column) {
        const int x = lying ? row : column, y = lying ? column : row;
        const int from_x = (lying ? turn.x_to_y : turn.x_to_x) > 0 ? x : from.width - 1 - x;
        const int from_y = (lying ? turn.y_to_x : turn.y_to_y) > 0 ? y : from.height - 1 - y;
        const auto pixel = (static_cast<std::size_t>(from_y) * static_cast<std::size_t>(from.width) +
                            static_cast<std::size_t>(from_x)) *
                           channels;
        for (std::size_t c = 0; c < channels; ++c) to.values[at++] = from.values[pixel + c];
      }
    return to;
  }

  std::string name_;
  detail::VideoInput input_;
  detail::VideoPacket packet_;
  detail::VideoFrame frame_;
  detail::VideoContainer container_;
  detail::VideoCodec decoder_;
  detail::VideoScaler scaler_;
  int stream_ = -1;
  Turn upright_;
  std::uint64_t count_ = 0;
};

} // namespace zoetrope
