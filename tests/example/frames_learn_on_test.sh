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
differ() { [[ -s $1 && -s $2 ]] && ! cmp -s "$1" "$2" || fail "$1 and $2 do not differ"; }
differ after_frames/frame_generator.safetensors straight/frame_generator.safetensors

expect_code 0 "$program" sample --run straight --output sampled
for name in frames.png films.npy films.gif; do
  cmp straight/$name sampled/$name || fail "the exported generators draw another $name"
done
expect_code 0 "$program" evaluate --run straight
grep -q "^Frames: 1000 samples of G_F against" straight/table1.md || fail "$(cat straight/table1.md)"
expect_code 0 "$program" export --run straight --output small
expect_code 0 "$program" sample --run small --output of_small

# Only generators that have learnt together are taken for a pair, of a run and of what it exports.
expect_code 0 train plain --sequence-weight-average 0.75 --frames-stay
! grep -qa frames_learn_on plain/* || fail "a run whose frame generator stays speaks of it"
expect_code 0 "$program" export --run plain --output small_plain
expect_code 0 train other --sequence-weight-average 0.5 --frames-learn-on
mixed() {
  rm -rf mixed
  cp -r "$1" mixed
  cp "$2" mixed
  refuse 1 "the generators in 'mixed' do not belong together: the sequence generator has learnt with another frame \
generator$3" "$program" sample --run mixed --output of_mixed
}
mixed small small_plain/frame_generator.safetensors ''
mixed small_plain small/frame_generator.safetensors ''
mixed straight small/frame_generator.safetensors '; train --resume writes both anew'
mixed straight other/frame_generator.safetensors '; train --resume writes both anew'
mixed straight plain/frame_generator.safetensors '; train --resume writes both anew'
expect_code 0 "$program" train --output mixed --resume
same straight mixed
refuse 1 "has frames that learn on: yes: --resume cannot make it no" "$program" train --output mixed --resume \
  --frames-stay
refuse 1 "has frames that learn on: no: --resume cannot make it yes" "$program" train --output plain --resume \
  --frames-learn-on

refuse 1 "has networks joint: --resume cannot make it windows" "$program" train --output mixed --resume --networks windows

# Discriminators that see windows: stopped and gone on, the same bytes.
expect_code 0 train windows --balls 3 --networks windows
expect_code 0 train windows_in_parts --balls 3 --networks windows --minutes 1e-9
expect_code 0 "$program" train --output windows_in_parts --resume
same windows windows_in_parts

# The given frame generator is learnt on with, and not written over.
cp plain/frame_generator.safetensors given
expect_code 0 train over_given --stage sequences --frames-from plain --frames-learn-on
cmp given plain/frame_generator.safetensors
differ given over_given/frame_generator.safetensors
expect_code 0 "$program" evaluate --run over_given

# A frame generator that has learnt on is one to begin with.
expect_code 0 train stays --stage sequences --frames-from straight --frames-stay
expect_code 0 "$program" evaluate --run stays

# So is a pair, and who takes another frame generator than that which the sequence generator has learnt with hears so.
expect_code 0 train tuned --stage sequences --frames-from straight --sequences-from straight --frames-learn-on
! grep -q '^Note' out || fail "a note on a pair: $(cat out)"
expect_code 0 train unpaired --stage sequences --frames-from plain --sequences-from straight --frames-learn-on
grep -q '^Note: the sequence generator has learnt with another frame generator\.$' out || fail "$(cat out)"

# Nothing blurs unasked, and who asks for it hears so.
expect_code 0 train paper_like --stage frames --width-divisor 4
! grep -q 'may blur' out || fail "$(cat out)"
! grep -qa frames_learn_on paper_like/* || fail "frames that nobody judges learn on"
expect_code 0 train blurred --stage frames --width-divisor 4 --frames-learn-on
grep -q '^Note: the frame generator learns in the sequence stage too, .* may blur, and draws from the prior become worse$' out || fail "$(cat out)"
expect_code 2 "$program" train --output none --frames-learn-on --frames-stay
[[ ! -e none ]] || fail "a run of both options"

# The report says which of both it was.
says() { grep -q "$2" "$1/report/report.html" || fail "the report of $1 does not say: $2"; }
expect_code 0 "$program" report --run straight --films 40
says straight 'they judged frames of films and draws of G_F'
! grep -q 'Nobody judged single frames' straight/report/report.html || fail "a report of frames that nobody judged"
expect_code 0 train blurred --resume --sequence-steps 2
expect_code 0 "$program" report --run blurred --films 40
says blurred 'Nobody judged single frames there'
