#!/usr/bin/env bash
# A run whose frame generator learns on in the sequence stage: it goes on to the same files, its generators are those
# that draw, and they are not taken for those of a run whose frame generator stays.
source "$(dirname "$0")/common.sh" "$@"

expect_code 0 train straight --sequence-weight-average 0.75 --frames-learn-on
expect_code 0 train parts --sequence-weight-average 0.75 --frames-learn-on --stage frames
cp -r parts after_frames
expect_code 0 "$program" train --output parts --resume --minutes 1e-9
expect_code 0 "$program" train --output parts --resume
same straight parts
! cmp -s after_frames/frame_generator.safetensors straight/frame_generator.safetensors || fail "it has not learnt on"

expect_code 0 "$program" sample --run straight --output sampled
for name in frames.png films.npy films.gif; do
  cmp straight/$name sampled/$name || fail "the exported generators draw another $name"
done
expect_code 0 "$program" evaluate --run straight
expect_code 0 "$program" export --run straight --output small
expect_code 0 "$program" sample --run small --output of_small

# Without: the frame stage's generator, which no other run's sequences go with.
expect_code 0 train plain --sequence-weight-average 0.75 --frames-stay
! grep -qa 'frames_learn_on\|film_steps' plain/* || fail "a run whose frame generator stays speaks of it"
cp -r straight mixed
cp plain/frame_generator.safetensors mixed
refuse 1 "do not belong together: the frame generator has learnt in films in none, and the sequence generator with one \
that has learnt in them for 4 steps; train --resume writes both anew" "$program" sample --run mixed --output of_mixed
expect_code 0 "$program" train --output mixed --resume
same straight mixed
refuse 1 "has frames that learn on: yes: --resume cannot make it no" "$program" train --output mixed --resume \
  --frames-stay
refuse 1 "has frames that learn on: no: --resume cannot make it yes" "$program" train --output plain --resume \
  --frames-learn-on

# The given frame generator is learnt on with, and not written over.
cp plain/frame_generator.safetensors given
expect_code 0 train over_given --stage sequences --frames-from plain --frames-learn-on
cmp given plain/frame_generator.safetensors
! cmp -s given over_given/frame_generator.safetensors || fail "the given frame generator has not learnt on"
expect_code 0 "$program" evaluate --run over_given
