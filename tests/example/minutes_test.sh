# --minutes ends a run in good order in either stage; --checkpoint-minutes saves by time.
source "$(dirname "$0")/common.sh" "$@"

expect_code 0 train straight

# A moment is over after the first step, in each stage.
moment=(--minutes 1e-9)
stopped() { # stopped <rows of losses.csv> <command...>
  local rows=$1
  shift
  expect_code 0 "$@"
  [[ $(tail -n 1 out) == "Stopped after 1e-09 minutes, and saved in run; the same command with --resume goes on." ]] ||
    fail "it did not say that it stopped: $(cat out)"
  [[ $(tail -n +2 run/losses.csv | wc -l) == "$rows" ]] || fail "not $rows steps: $(cat run/losses.csv)"
}
stopped 1 train run "${moment[@]}"
[[ $(ls run | tr '\n' ' ') == "checkpoint.safetensors frame_generator.safetensors frames.png losses.csv " ]] ||
  fail "stopped in the frame stage: $(ls run)"
stopped 2 "$program" train --output run --resume "${moment[@]}"
expect_code 0 "$program" train --output run --resume --stage frames --minutes 60
! grep -q Stopped out || fail "a run that was done in time: $(cat out)"
stopped 7 "$program" train --output run --resume "${moment[@]}"
[[ $(ls run | wc -l) == "${#results[@]}" ]] || fail "stopped in the sequence stage: $(ls run)"
grep -q '^| generated |' run/table1.md || fail "no table: $(cat run/table1.md)"
expect_code 0 "$program" evaluate --run run
expect_code 0 "$program" train --output run --resume
same straight run

expect_code 0 train anew --stage frames --minutes 1e-9 --overwrite
grep -q '; the same command with --resume in place of --overwrite goes on.$' out || fail "$(cat out)"

# Saved by time, never by steps: it is there after a kill in the midst of the frame stage.
by_time=(--frame-steps 240 --checkpoint-every 1000 --checkpoint-minutes 0.003)
expect_code 0 train unkilled "${by_time[@]}"
"$program" train $(options_of killed "${by_time[@]}") > killed.log 2>&1 &
pid=$!
for ((i = 0; i < 6000; ++i)); do
  [[ ! -e killed/checkpoint.safetensors ]] || break
  sleep 0.01
done
kill -KILL "$pid"
wait "$pid" 2>> killed.log || true
steps=$(grep -ao '"steps.frames":"[0-9]*' killed/checkpoint.safetensors | head -n 1 | tr -dc 0-9)
[[ $steps -ge 1 && $steps -lt 240 ]] || fail "saved after $steps of 240 steps: $(cat killed.log)"
expect_code 0 "$program" train --output killed --resume
same unkilled killed
