#!/usr/bin/env bash
# What is wrong with films, or with what is asked of them, is said in a sentence, and nothing is left behind.
source "$(dirname "$0")/common.sh" "$@"

refuse_data() {
  local text=$1
  shift
  refuse 1 "$text" "$program" train $(options_of run) "$@"
  [[ ! -e run ]] || fail "a folder is left by: $*"
}
good=$fixtures/video/h264_rgb.mp4
refuse_data "expected films to learn: --data names a file or a folder of them"
refuse_data "there is no file or folder '$PWD/nothing'" --data nothing
mkdir -p empty bad long
refuse_data "expected videos, animated pictures or numbered pictures in '$PWD/empty', found 0 other files" --data empty
echo text > bad/film.mp4
refuse_data "bad/film.mp4'" --data bad/film.mp4
refuse_data "has 1 frames, and a clip of 8 at a stride of 1 needs 8" --data "$fixtures/video/one.gif"
head -c 1500 "$good" > bad/short.mp4
refuse_data "bad/short.mp4'" --data bad/short.mp4
echo text > bad/film.npy
refuse_data "bad/film.npy'" --data bad/film.npy
echo text > bad/film.h5
refuse_data "bad/film.h5'" --data bad/film.h5
refuse_data "has 8 frames, and a clip of 8 at a stride of 2 needs 15" --data "$good" --stride 2
refuse_data "data set 'data', 2 films of 5 frames of 4x3x1, 0 black and 1 white" --data "$fixtures/hdf5/reference.h5" --axes fhwt
refuse_data "--axes is for arrays (.npy, .h5, .hdf5), which '$good' is not by its name" --data "$good" --axes fthw
refuse_data "--dataset is for HDF5 files (.h5, .hdf5)" --data "$fixtures/npy/little_f4.npy" --dataset data
refuse_data "--frames-per-second is for videos" --data "$fixtures/npy/little_f4.npy" --frames-per-second 10
refuse_data "--range" --data "$good" --range 0 1
refuse 2 "expected center, stretch or borders, got 'middle'" "$program" train --data "$good" --crop middle
refuse 2 "expected a whole number from 1 to 1000, got '0'" "$program" train --data "$good" --stride 0

for stage in frame sequence; do
  refuse 1 "expected a $stage batch that is a multiple of 4" "$program" train $(options_of run --$stage-batch 6) --data "$good"
  [[ ! -e run ]] || fail "a run that cannot begin left a folder"
done

# All that is wrong with a folder at once; or on without these, with a list.
cp "$good" bad/good.mp4
echo notes > bad/notes.txt
rm bad/film.npy bad/film.h5
expect_code 1 "$program" train $(options_of run) --data bad
grep -q "2 of 3 films in .* cannot be used:" err && grep -q "bad/film.mp4'" err && grep -q "bad/short.mp4'" err ||
  fail "said: $(cat err)"
expect_code 0 "$program" train $(options_of run) --data bad --skip-bad
[[ $(grep -c '^Left out: ' out) == 3 ]] || fail "left out: $(cat out)"
grep -q "^Left out: .*notes.txt' is no film$" out || fail "left out: $(cat out)"
