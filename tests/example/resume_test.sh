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

# A row that a power failure cut short goes, wherever it was cut; what is left of the run does not mind.
expect_code 0 train cut --stage frames
rows=$(head -n 5 straight/losses.csv)
for end in '' 'frames,5' 'frames,5,0.5,0.' $'frames,5,0.5\nframes,6,1' $'\x01\x02,,,\n'; do
  printf '%s\n%s' "$rows" "$end" > cut/losses.csv
  cp -r cut again
  expect_code 0 "$program" train --output again --resume
  grep -q '^Note: again/losses.csv has no row for 2 of the steps done.$' out || fail "no note: $(cat out)"
  tail -n +8 straight/losses.csv | cat <(echo "$rows") - | cmp - again/losses.csv || fail "rows after '$end'"
  expect_code 0 "$program" export --run again --output exported --overwrite
  rm -r again
done

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

# Ctrl-C in one stage, a closed terminal in the other: expect_stop <signal> <text that the checkpoint must have first>
# <option...>
expect_stop() {
  local signal=$1 text=$2 code=0 pid
  shift 2
  # A script's background programs ignore Ctrl-C.
  env --default-signal=INT "$program" train $(options_of stopped "${longer[@]}") "$@" > stopped.log 2>&1 &
  pid=$!
  for ((i = 0; i < 3000; ++i)); do
    ! grep -aqs "$text" stopped/checkpoint.safetensors || break
    kill -0 "$pid" || break
    sleep 0.01
  done
  kill -"$signal" "$pid"
  # A terminal that closes says so twice.
  [[ $signal != HUP ]] || kill -HUP "$pid"
  wait "$pid" || code=$?
  [[ $code == 130 ]] || fail "exit code $code after SIG$signal: $(cat stopped.log)"
  grep -q 'Stopped, and saved in stopped. The same command with --resume goes on.' stopped.log || fail "$(cat stopped.log)"
}
expect_stop INT steps.frames
[[ $(wc -l < stopped/losses.csv) -lt 241 ]] || fail "it was not stopped in the frame stage"
expect_stop HUP steps.sequences --resume
[[ $(wc -l < stopped/losses.csv) -lt 281 ]] || fail "it was not stopped in the sequence stage"
expect_code 0 "$program" train --output stopped --resume
same unkilled stopped

# What was ignored at the start stays ignored, as under nohup and in the background of a script.
env --ignore-signal=HUP,INT "$program" train $(options_of ignoring "${longer[@]}") > ignoring.log 2>&1 &
pid=$!
for ((i = 0; i < 3000; ++i)); do
  [[ ! -e ignoring/checkpoint.safetensors ]] || break
  sleep 0.01
done
kill -INT "$pid"
kill -HUP "$pid"
code=0
wait "$pid" || code=$?
[[ $code == 0 ]] || fail "exit code $code: $(cat ignoring.log)"
same unkilled ignoring

# Whoever reads the output leaves: the run is saved before it is left.
env --default-signal=PIPE "$program" train $(options_of piped "${longer[@]}") 2> piped.log | true || true
expect_code 0 "$program" train --output piped --resume
same unkilled piped
