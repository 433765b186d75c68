# A disk that is full ends a run with one clear sentence; what was saved before is still there and good.
source "$(dirname "$0")/common.sh" "$@"
faults=$3

expect_code 0 train straight
expect_code 0 train run --stage frames
cp -r run good
untouched() {
  refuse 1 "$@"
  cmp run/checkpoint.safetensors good/checkpoint.safetensors || fail "the checkpoint changed after: $*"
  [[ -z $(find run -name '*.partial') ]] || fail "a partial file is left after: $*"
}

# No file may be larger than this limit, which the sequence stage's checkpoint exceeds: it is refused in its midst.
limit=$(($(stat -c %s run/checkpoint.safetensors) / 1024 + 64))
[[ $(stat -c %s straight/checkpoint.safetensors) -gt $((limit * 1024)) ]] || fail "the limit does not bite"
limited() (
  trap '' XFSZ
  ulimit -f "$limit"
  "$@"
)
untouched "expected to write 'run/checkpoint.safetensors', but writing stopped at byte " limited "$program" train \
  --resume --output run

# A disk that is full in the midst of one file: full <file> <command...>
full() {
  local name=$1
  shift
  env LD_PRELOAD="$faults" FAULT_FOLDER="$(pwd -P)/run/$name" FAULT_CALL=write FAULT_AT=1 "$@"
}
for name in checkpoint.safetensors losses.csv; do
  untouched "expected to write 'run/$name', but writing stopped at byte " full "$name.partial" "$program" train \
    --resume --output run
  grep -q 'No space left on device' err || fail "no reason: $(cat err)"
done
untouched "expected to add to 'run/losses.csv', but writing stopped: No space" full losses.csv "$program" train \
  --resume --output run
head -n "$(wc -l < run/losses.csv)" straight/losses.csv | cmp - run/losses.csv || fail "no whole rows: $(cat run/losses.csv)"

expect_code 0 "$program" train --resume --output run
same straight run

# A picture is a result of sample; in training it is a picture of what is saved.
for name in frames.png films.png film-1.gif; do
  refuse 1 "expected to write 'run/$name'" full "$name.partial" "$program" sample --run run
  same straight run
  rm -r run
  cp -r good run
  expect_code 0 full "$name.partial" "$program" train --resume --output run
  grep -q "^bouncing_balls: warning: expected to write 'run/$name'" err || fail "no warning: $(cat err)"
  [[ $(wc -l < err) == 1 ]] || fail "more than a warning: $(cat err)"
  expect_code 0 "$program" sample --run run
  same straight run
done
for command in "evaluate --run run" "train --resume --output run"; do
  refuse 1 "expected to write 'run/table1.md'" full table1.md.partial "$program" $command
  same straight run
done

# What is said counts as well.
full_output() { "$@" > /dev/full; }
refuse 1 'standard output cannot be written' full_output "$program" evaluate --run run
