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

# A run goes on without its table of losses, which loses the rows that are gone and no more.
expect_code 0 train tableless --stage frames
head -n 3 straight/losses.csv > tableless/losses.csv
expect_code 0 "$program" train --output tableless --resume
tail -n +8 straight/losses.csv | cat <(head -n 3 straight/losses.csv) - | cmp - tableless/losses.csv
cp straight/losses.csv tableless
same straight tableless

# Killed at random moments, in either stage: at most the steps since the last checkpoint are lost.
longer=(--frame-steps 240 --sequence-steps 40 --checkpoint-every 8)
expect_code 0 train unkilled "${longer[@]}"
steps_of() { # the steps of a stage that a checkpoint has: steps_of frames <file>
  grep -ao "\"steps.$1\":\"[0-9]*" "$2" | head -n 1 | tr -dc 0-9
}
for stage in frames sequences; do
  [[ $stage == frames ]] && last=240 || last=40
  for kill in 1 2 3; do
    how=(--overwrite)
    [[ ! -e killed/checkpoint.safetensors ]] || how=(--resume)
    before=$(steps_of "$stage" killed/checkpoint.safetensors 2> killed.log || true)
    "$program" train $(options_of killed "${longer[@]}") "${how[@]}" > killed.log 2>&1 &
    pid=$!
    # Somewhere after the next checkpoint of this stage.
    for ((i = 0; i < 3000; ++i)); do
      now=$(steps_of "$stage" killed/checkpoint.safetensors 2>> killed.log || true)
      [[ ${now:-0} -le ${before:-0} ]] || break
      kill -0 "$pid" 2>> killed.log || break
      sleep 0.01
    done
    delay=0.0$((RANDOM % 5))
    sleep "$delay"
    code=0
    kill -KILL "$pid" || true
    wait "$pid" || code=$?
    now=$(steps_of "$stage" killed/checkpoint.safetensors)
    [[ $code == 137 ]] || fail "exit code $code, not killed in $stage, $delay s after a checkpoint: $(cat killed.log)"
    [[ $now -gt ${before:-0} && $now -le $last ]] || fail "from ${before:-0} to $now $stage steps, delay $delay s"
  done
  [[ $stage == sequences ]] || expect_code 0 train killed "${longer[@]}" --stage frames --resume
done
expect_code 0 train killed "${longer[@]}" --resume
same unkilled killed

# A run that --overwrite replaces is gone at once: killed early, the folder holds nothing of it.
mkdir killed/report
touch killed/report/report.html
expect_code 0 train killed "${longer[@]}" --overwrite --seed 11 --stage frames
[[ ! -e killed/sequence_generator.safetensors && ! -e killed/report/report.html && ! -e killed/table1.md && ! -e killed/film-0.gif ]] ||
  fail "an overwritten run left: $(ls killed)"

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
  grep -q 'Stopped, and saved in stopped. The same command with --resume goes on.' stopped.log || fail "$(cat stopped.log)"
}
expect_stop steps.frames
[[ $(wc -l < stopped/losses.csv) -lt 241 ]] || fail "it was not stopped in the frame stage"
expect_stop steps.sequences --resume
[[ $(wc -l < stopped/losses.csv) -lt 281 ]] || fail "it was not stopped in the sequence stage"
expect_code 0 "$program" train --output stopped --resume
same unkilled stopped
