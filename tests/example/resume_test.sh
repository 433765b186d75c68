# A run in parts, stopped by steps, by Ctrl-C or by kill -9, leaves the same files as one without a stop.
source "$(dirname "$0")/common.sh" "$@"

expect_code 0 train straight

# Stage by stage.
expect_code 0 train parts --stage frames
[[ -s parts/frames.png && ! -e parts/films.png ]] || fail "the frame stage alone: $(ls parts)"
expect_code 0 "$program" train --output parts --resume --stage sequences
same straight parts

# Both at once from the end of the frame stage; then again where nothing is left to do.
expect_code 0 train both --stage frames
expect_code 0 "$program" train --output both --resume
same straight both
expect_code 0 "$program" train --output both --resume
same straight both

# Litter of a run that was killed while it wrote, and --overwrite over a whole run.
for name in "${results[@]}"; do echo litter > "both/$name.partial"; done
expect_code 0 train both --overwrite
same straight both

# Killed at random moments.
expect_code 0 train unkilled --checkpoint-every 1
for ((kills = 0; kills < 6; ++kills)); do
  how=(--overwrite)
  [[ ! -e killed/checkpoint.safetensors ]] || how=(--resume)
  code=0
  timeout -s KILL "0.$((RANDOM % 5))$((RANDOM % 10))5" "$program" train $(options_of killed --checkpoint-every 1) "${how[@]}" \
    > killed.log 2>&1 || code=$?
  [[ $code == 137 || $code == 0 ]] || fail "exit code $code after kill $kills: $(cat killed.log)"
done
how=(--overwrite)
[[ ! -e killed/checkpoint.safetensors ]] || how=(--resume)
expect_code 0 train killed --checkpoint-every 1 "${how[@]}"
same unkilled killed

# Ctrl-C, once in either stage. expect_stop <text that the checkpoint must have first> <option...>
expect_stop() {
  local text=$1 code=0 pid
  shift
  "$program" train $(options_of stopped "${longer[@]}") "$@" > stopped.log 2>&1 &
  pid=$!
  for ((i = 0; i < 3000; ++i)); do
    ! grep -aqs "$text" stopped/checkpoint.safetensors || break
    kill -0 "$pid" || break
    sleep 0.01
  done
  kill -INT "$pid"
  wait "$pid" || code=$?
  [[ $code == 130 ]] || fail "exit code $code after Ctrl-C: $(cat stopped.log)"
  grep -q 'Stopped and saved. Go on with: train --resume --output stopped' stopped.log || fail "$(cat stopped.log)"
}
longer=(--frame-steps 80 --sequence-steps 24 --checkpoint-every 8)
expect_code 0 train unstopped "${longer[@]}"
expect_stop steps.frames
[[ $(wc -l < stopped/losses.csv) -lt 81 ]] || fail "it was not stopped in the frame stage"
expect_stop steps.sequences --resume
[[ $(wc -l < stopped/losses.csv) -lt 105 ]] || fail "it was not stopped in the sequence stage"
expect_code 0 "$program" train --output stopped --resume
same unstopped stopped
