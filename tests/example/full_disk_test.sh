# A disk that is full ends a run with one clear sentence; what was saved before is still there and good.
source "$(dirname "$0")/common.sh" "$@"

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

# /dev/full takes no byte.
for name in checkpoint.safetensors losses.csv; do
  ln -s /dev/full "run/$name.partial"
  untouched "expected to write 'run/$name', but writing stopped at byte 0: No space left on device" "$program" train \
    --resume --output run
done

expect_code 0 "$program" train --resume --output run
same straight run
for name in frames.png films.png film-1.gif; do
  ln -s /dev/full "run/$name.partial"
  refuse 1 "expected to write 'run/$name'" "$program" sample --run run
  same straight run
done
for command in "evaluate --run run" "train --resume --output run"; do
  ln -s /dev/full run/table1.md.partial
  refuse 1 "expected to write 'run/table1.md'" "$program" $command
  same straight run
done
