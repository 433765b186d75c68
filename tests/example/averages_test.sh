#!/usr/bin/env bash
# A run with averages of weights: it goes on to the same files, and what it draws is what its exported generators draw.
source "$(dirname "$0")/common.sh" "$@"

averages=(--frame-weight-average 0.5 --sequence-weight-average 0.75 --frames-stay)
expect_code 0 train straight "${averages[@]}"
expect_code 0 train parts --stage frames "${averages[@]}"
# The sequence stage goes on with the frame generator that the frame stage has exported.
cp parts/frame_generator.safetensors exported
expect_code 0 "$program" train --output parts --resume
same straight parts
cmp parts/frame_generator.safetensors exported

expect_code 0 "$program" sample --run straight --output sampled
for name in frames.png films.npy films.gif; do
  cmp straight/$name sampled/$name || fail "the exported generators draw another $name"
done

# Other weights than those of the last step, which nothing is said of where nobody asked for averages.
expect_code 0 train plain --frame-weight-average 0 --sequence-weight-average 0 --frames-stay
for stage in frame sequence; do
  ! cmp -s plain/${stage}_generator.safetensors straight/${stage}_generator.safetensors || fail "no average: $stage"
done
for file in checkpoint frame_generator; do
  grep -qa weight_average straight/$file.safetensors || fail "$file says nothing of averages"
done
! grep -qa weight_average plain/* || fail "a run without averages speaks of them: $(grep -la weight_average plain/*)"
cut -d, -f1-4 straight/losses.csv | head -n 7 > straight.losses
cut -d, -f1-4 plain/losses.csv | head -n 7 | cmp - straight.losses || fail "averages change the frame stage's steps"
