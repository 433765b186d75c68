#!/usr/bin/env bash
# Training on films of every kind, and what a run leaves.
source "$(dirname "$0")/common.sh" "$@"

# A video, an animated picture, numbered pictures, a folder of all of them, an array.
mkdir -p clips/pictures "clips/Фильмы 映画"
cp "$fixtures"/video/h264_rgb.mp4 clips
cp "$fixtures"/video/palette.gif "clips/Фильмы 映画/кошка.gif"
cp "$fixtures"/video/pictures/* clips/pictures
expect_code 0 train run --data clips --mirrored --threads 1
grep -q '^Films: .*3 films.*6 clips of 8 frames.*mirrored' out || fail "found: $(cat out)"
for name in "${results[@]}"; do [[ -s run/$name ]] || fail "no $name"; done
[[ $(head -c 8 run/films.mp4 | tail -c 4) == ftyp && $(head -c 4 run/films.webm | od -An -tx1) == ' 1a 45 df a3' ]] || fail "no videos"
[[ $(head -c 6 run/film-0.gif) == GIF89a && $(head -c 4 run/films.png | tail -c 3) == PNG ]] || fail "no pictures"
grep -q "films of clips" run/table1.md || fail "the table is of other films: $(cat run/table1.md)"
for data in clips/h264_rgb.mp4 "clips/Фильмы 映画" clips/pictures/; do
  rm -rf one
  expect_code 0 "$program" train $(options_of one) --data "$data"
done
"$balls" train --output balls --frame-steps 2 --sequence-steps 2 --frame-batch 2 --sequence-batch 2 \
  --frame-discriminators 1 --sequence-discriminators 1 --films 10 > log
"$balls" sample --run balls --films 12 --output drawn > log
expect_code 0 train array --data drawn/films.npy --axes fthw --stride 2
grep -q "films.npy', 12 films of 30 frames of 30x30x1.* 192 clips of 8 frames at a stride of 2" out || fail "found: $(cat out)"
# The range of bytes, said by hand, is what is found.
expect_code 0 train ranged --data drawn/films.npy --axes fthw --stride 2 --range 0 255
cmp <(cut -d, -f1-4 array/losses.csv) <(cut -d, -f1-4 ranged/losses.csv) || fail "another range than bytes have"

# On two threads the same bytes; killed at any moment, and resumed where the films lie elsewhere, too.
train two --data clips --mirrored --threads 2 > log
same run two
for moment in 0.05 0.2 0.5; do
  rm -rf killed
  code=0
  timeout -s KILL $moment "$program" train $(options_of killed) --data clips --mirrored > log 2>&1 || code=$?
  how=()
  [[ ! -e killed/checkpoint.safetensors ]] || how=(--resume)
  [[ $code == 0 ]] || train killed --data clips --mirrored "${how[@]}" > log
  same run killed
done
train part --data clips --mirrored --stage frames > log
mkdir elsewhere
mv clips elsewhere
"$program" train $(options_of part) --resume --data elsewhere/clips > log || fail "did not go on: $(cat log)"
for name in frames.png films.png films.npy losses.csv; do cmp "run/$name" "part/$name" || fail "another $name"; done
mv elsewhere/clips .
# Rates fall on the way to the last step, so what was stopped on the way is compared, and not a shorter run.
long=(--sequence-steps 40)
train straight --data clips --mirrored "${long[@]}" > log
"$program" train $(options_of later "${long[@]}") --data clips --mirrored > log &
pid=$!
until grep -qs '^sequences,5,' later/losses.csv || ! kill -0 $pid 2> /dev/null; do sleep 0.02; done
kill -TERM $pid 2> /dev/null || true
code=0
wait $pid || code=$?
[[ $code == 130 || $code == 0 ]] || fail "exit code $code, stopped in the sequence stage"
[[ $(tail -n 1 later/losses.csv) != sequences,40,* ]] || echo "Note: it was not stopped in time" >&2
mv clips elsewhere
"$program" train $(options_of later "${long[@]}") --resume --data elsewhere/clips > log || fail "did not go on: $(cat log)"
for name in frames.png films.png films.npy losses.csv; do
  cmp "straight/$name" "later/$name" || fail "another $name"
done
expect_code 0 "$program" sample --run later --output later-samples
cp run/films.png real.png
expect_code 0 "$program" sample --run run
cmp real.png run/films.png || fail "a picture with real films was replaced"
grep -q '^frames.png and .*films.png stays as it was' <(tr '\n' ' ' < out) || fail "what is drawn: $(cat out)"
refuse 1 "expected the data set ''clips', 3 films" "$program" train $(options_of part --sequence-steps 8) --resume --data elsewhere/clips/pictures

# What needs no films does without; what needs them asks where they are.
expect_code 0 "$program" sample --run run --films 2 --output samples
[[ -s samples/films.png && -s samples/film-1.gif ]] || fail "no samples"
refuse 1 "there is no file or folder '$PWD/clips', from which the run learnt: --data says where the films lie now" \
  "$program" evaluate --run run
refuse 1 "and these are other films: 'pictures', 1 films" "$program" report --run run --data elsewhere/clips/pictures
[[ ! -e run/report ]] || fail "an empty report is left"
expect_code 0 "$program" export --run run --output exported
expect_code 0 "$program" sample --run exported
[[ -s exported/films.png ]] || fail "no picture of films where there was none: $(cat out)"
refuse 1 "and these are other films: 'pictures', 1 films" "$program" evaluate --run exported --data elsewhere/clips/pictures
expect_code 0 "$program" evaluate --run run --data elsewhere/clips
expect_code 0 "$program" report --run array --films 30
page=array/report/report.html
grep -q 'Nearest films: learnt by heart?' $page || fail "no nearest films"
grep -q '^"coverage",' array/report/measures.csv || fail "no coverage: $(cat array/report/measures.csv)"
grep -qE '^"classifier two-sample test",([0-9.]+,){4}"0.5"$' array/report/measures.csv ||
  fail "no classifier: $(cat array/report/measures.csv)"
[[ $(grep -c '<img ' $page) == 9 ]] || fail "the page has $(grep -c '<img ' $page) pictures"
! grep -q 'src="[^d]\|href="[^#]\|http' $page || fail "the page asks for other files"
[[ -s array/report/nearest.png ]] || fail "no picture of the nearest films"

# A frame generator of another run; runs of other films than this program is built for.
expect_code 0 "$program" train $(options_of given) --data elsewhere/clips --stage sequences --frames-from run
grep -q '^Note: the frame generator is of a run with films of ' out || fail "no note: $(cat out)"
# Of another length and with other discriminators: of these nothing is left in a frame generator.
mkdir longer
LC_ALL=C sed 's/\\"length\\":8/\\"length\\":9/; s/variant\\":\\"films/variant\\":\\"other/; s/zoetrope\.checksum/zoetrope_checksum/' \
  < run/frame_generator.safetensors > longer/frame_generator.safetensors
grep -aq '\\"length\\":9' longer/frame_generator.safetensors && grep -aq 'variant\\":\\"other' longer/frame_generator.safetensors ||
  fail "no run of another length"
expect_code 0 "$program" train $(options_of from-longer) --data elsewhere/clips --stage sequences --frames-from longer
same given from-longer
refuse 1 "the films are of 1x30x30x30 (channels, frames, height, width), and this program is built for 3x8x16x16" \
  "$program" sample --run balls
refuse 1 "and this program is built for 1x30x30x30" "$balls" sample --run run
[[ $("$look" --run balls) == '--size 30x30 --channels 1 --length 30' ]] || fail "shape: $("$look" --run balls)"
[[ $("$look" --run run) == '--size 16x16 --channels 3 --length 8' ]] || fail "shape: $("$look" --run run)"

# A frame generator may learn on in films, where nothing judges single frames.
expect_code 0 train learnt --data elsewhere/clips --frames-learn-on
grep -q '^Note: the frame generator learns in the sequence stage too, .* may blur, and draws from the prior become worse$' out || fail "no note: $(cat out)"
