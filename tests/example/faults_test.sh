# A call on the run's files that fails, or a program that is killed at it, wherever that is: one sentence, nothing lost,
# and the same bytes when the run goes on. FAULTS_PER_CALL=all tries every one of the calls.
source "$(dirname "$0")/common.sh" "$@"
faults=$3
per_call=${FAULTS_PER_CALL:-2}

# with_fault <call> <at> <command...>; the file count gets the number of such calls.
with_fault() {
  local call=$1 at=$2
  shift 2
  env LD_PRELOAD="$faults" FAULT_FOLDER="$(pwd -P)/run" FAULT_CALL="$call" FAULT_AT="$at" FAULT_COUNT="$PWD/count" "$@"
}
# Goes on with the run as it was left, or begins anew where nothing was saved yet.
go_on() {
  if [[ -e run/checkpoint.safetensors ]]; then expect_code 0 train run --resume; else expect_code 0 train run; fi
  same straight run
}

expect_code 0 train straight
tried=0
for call in open write fsync close rename flock kill; do
  rm -rf run
  expect_code 0 with_fault "$call" 0 "$program" train $(options_of run)
  same straight run
  calls=$(cat count)
  [[ $calls -gt 5 ]] || fail "only $calls calls of $call were seen"
  echo "$call: $calls calls"
  step=1
  [[ $per_call == all || $calls -le $per_call ]] || step=$((calls / per_call))
  for ((at = 1 + RANDOM % step; at <= calls; at += step)); do
    rm -rf run
    code=0
    with_fault "$call" "$at" "$program" train $(options_of run) > out 2> err || code=$?
    tried=$((tried + 1))
    where="at $call $at of $calls: exit code $code, $(cat err)"
    if [[ $call == kill ]]; then
      [[ $code == 137 ]] || fail "not killed $where"
    else
      # No word where a file is closed whose bytes the disk has confirmed.
      [[ $code == 0 || $code == 1 ]] || fail "a crash $where"
      [[ $code == 0 || -s err ]] || fail "no word $where"
      [[ $(wc -l < err) -le 1 ]] || fail "more than a sentence $where"
      [[ -z $(find run -name '*.partial') ]] || fail "a partial file is left $where"
      for picture in frames.png films.png films.gif films.npy film-0.gif film-1.gif film-2.gif; do
        if grep -qF "'run/$picture'" err; then grep -q warning err || fail "a picture ended training $where"; fi
      done
    fi
    go_on
  done
done
echo "$tried faults"
