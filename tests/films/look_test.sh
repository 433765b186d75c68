#!/usr/bin/env bash
# The shape of clips that a look at films proposes, and what ./run and the program say of themselves.
source "$(dirname "$0")/common.sh" "$@"

looks() {
  local wanted=$1
  shift
  expect_code 0 "$look" "$@"
  [[ $(cat out) == "$wanted" ]] || fail "proposed $(cat out), expected $wanted, for $*"
}
video=$fixtures/video
looks '--size 16x16 --channels 3 --length 8' --data "$video/h264_rgb.mp4" --crop stretch
grep -q '^Found 1 film, in colour, the smallest 16x24 (height and width), each of 8 frames or more.$' err || fail "found: $(cat err)"
looks '--size 16x16 --channels 1 --length 8' --data "$video/grey.apng"
looks '--size 16x16 --channels 3 --length 8' --data "$video/pictures"
"$balls" train --output balls --frame-steps 2 --sequence-steps 2 --frame-batch 2 --sequence-batch 2 \
  --frame-discriminators 1 --sequence-discriminators 1 --films 10 > log
looks '--size 16x16 --channels 1 --length 16' --data balls/films.npy
looks '--size 16x16 --channels 1 --length 15' --data balls/films.npy --stride 2
grep -q '^Found 3 films, grey, the smallest 30x30 (height and width), each of 30 frames or more.$' err || fail "found: $(cat err)"
# Frames at the rate that is asked for; what is too short for it is left out where that is asked for.
refuse 1 "gives 4 frames at a stride of 1, and clips take at least 8" "$look" --data "$video/h264_rgb.mp4" --frames-per-second 12.5
refuse 1 "all films of '$video/h264_rgb.mp4' are too short" "$look" --data "$video/h264_rgb.mp4" --stride 2 --skip-bad
refuse 1 'gives 5 frames at a stride of 7, and clips take at least 8' "$look" --data balls/films.npy --stride 7
refuse 1 "--data names a file or a folder of them" "$look"
refuse 1 "there is no file or folder 'nothing'" "$look" --data nothing
refuse 1 "there is no run in 'nothing'" "$look" --run nothing

texts=$(cd "$(dirname "$0")/../../examples/films/help" && pwd)
"$program" train --help | grep -vE '^ +--(device|precision) ' > help
diff -B "$texts/train.txt" help || fail "write it anew: films train --help > $texts/train.txt"
