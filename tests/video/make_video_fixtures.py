#!/usr/bin/env python3
"""Writes tests/fixtures/video: eight frames of 24x16 as FFmpeg writes them in formats with and without loss.

python3 tests/video/make_video_fixtures.py; needs the programs ffmpeg (5.1 wrote what is committed).
"""
import pathlib
import struct
import subprocess
import zlib

FRAMES, HEIGHT, WIDTH = 8, 16, 24
folder = pathlib.Path(__file__).parent.parent / "fixtures" / "video"
folder.mkdir(parents=True, exist_ok=True)


def written(time, row, column):
    shade = (31 * time + 7 * row + 3 * column) % 256  # 256 colours in all, as many as a GIF may have
    return bytes(((shade + 50 * channel) % 256) for channel in range(3))


def smooth(time, row, column):
    return bytes((16 + 8 * column + 3 * time, 40 + 10 * row, 200 - 6 * column - 4 * time))


def pixels(value):
    return b"".join(value(t, y, x) for t in range(FRAMES) for y in range(HEIGHT) for x in range(WIDTH))


def ffmpeg(*arguments, data=None, output=None):
    command = ["ffmpeg", "-v", "error", "-y"]
    if data is not None:
        command += "-f rawvideo -pix_fmt rgb24 -s 24x16 -r 25 -i -".split()
    command += [*arguments]
    if output is not None:
        command += ["-fflags", "+bitexact", "-map_metadata", "-1", str(folder / output)]
    return subprocess.run(command, input=data, check=True, stdout=subprocess.PIPE).stdout


exact = pixels(written)
ffmpeg("-c:v", "ffv1", "-pix_fmt", "bgr0", data=exact, output="ffv1.mkv")
ffmpeg("-c:v", "libx264rgb", "-qp", "0", data=exact, output="h264_rgb.mp4")
ffmpeg("-c:v", "libx264rgb", "-qp", "0", "-movflags", "+faststart", data=exact, output="faststart.mp4")
ffmpeg("-c:v", "rawvideo", "-pix_fmt", "bgr24", data=exact, output="raw.avi")
ffmpeg("-f", "apng", "-plays", "0", data=exact, output="animated.png")
ffmpeg("-f", "apng", "-plays", "0", "-pix_fmt", "gray", data=exact, output="grey.apng")
ffmpeg("-filter_complex", "split[a][b];[a]palettegen=reserve_transparent=0[p];[b][p]paletteuse=dither=none", data=exact,
       output="palette.gif")
ffmpeg("-frames:v", "1", data=exact, output="one.gif")
(folder / "pictures").mkdir(exist_ok=True)
ffmpeg("-start_number", "5", data=exact, output="pictures/frame_%d.png")
for name, turn in (("turned_90.mp4", "90"), ("turned_180.mp4", "180"), ("turned_270.mp4", "270")):
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(folder / "h264_rgb.mp4"), "-c", "copy", "-metadata:s:v",
               "rotate=" + turn, "-fflags", "+bitexact", str(folder / name)]
    subprocess.run(command, check=True)

# From the third frame on, by an edit list: the frames before it are there, and not shown.
subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", "0.1", "-i", str(folder / "faststart.mp4"), "-c", "copy", "-fflags",
                "+bitexact", str(folder / "trimmed.mp4")], check=True)

lossy = pixels(smooth)
ffmpeg("-frames:v", "1", "-q:v", "2", data=lossy, output="upright.jpg")
ffmpeg("-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "10", data=lossy, output="h264.mp4")
ffmpeg("-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-crf", "10", "-b:v", "0", data=lossy, output="vp9.webm")
ffmpeg("-c:v", "mjpeg", "-q:v", "2", data=lossy, output="mjpeg.avi")
for name in ("h264.mp4", "vp9.webm", "mjpeg.avi"):
    decoded = ffmpeg("-i", str(folder / name), "-sws_flags", "bicubic+accurate_rnd+full_chroma_int+bitexact", "-f", "rawvideo",
                     "-pix_fmt", "rgb24", "-")
    assert len(decoded) == len(lossy), name
    (folder / (name + ".rgb")).write_bytes(decoded)


def png(width, height, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)  # one bit a pixel, grey
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


(folder / "one_pixel.png").write_bytes(png(1, 1, b"\x00\x80"))
(folder / "20000x20000.png").write_bytes(png(20000, 20000, bytes(20000 * 2501)))
