#!/usr/bin/env bash
# What a stage may do beside the usual: a run goes on to the same files with it, and without it says nothing of it.
source "$(dirname "$0")/common.sh" "$@"

settings=(learning-rate-decay:0.5 spectral-norm:0.1)
# Options for both stages with all settings at 0 but one: only <name> <value>.
only() {
  local setting name value
  echo --sequence-weight-average 0
  for setting in "${settings[@]}"; do
    name=${setting%:*} value=0
    [[ $name != "$1" ]] || value=$2
    echo "--frame-$name" "$value" "--sequence-$name" "$value"
  done
}
expect_code 0 train plain $(only none 0)
grep -q '^Note: nothing bounds the norms of discriminators that see waves' out || fail "no word of a bound: $(cat out)"
expect_code 0 train bounded --sequence-spectral-norm 2
! grep -q '^Note: nothing bounds' out || fail "a bound is not seen: $(cat out)"

for setting in "${settings[@]}"; do
  name=${setting%:*} value=${setting#*:}
  chosen=($(only "$name" "$value"))
  rm -rf straight parts
  expect_code 0 train straight "${chosen[@]}"
  expect_code 0 train parts --stage frames "${chosen[@]}"
  expect_code 0 "$program" train --output parts --resume
  same straight parts

  for stage in frame sequence; do
    ! cmp -s plain/${stage}_generator.safetensors straight/${stage}_generator.safetensors || fail "no $name: $stage"
  done
  for file in checkpoint frame_generator; do
    grep -qa "${name//-/_}" straight/$file.safetensors || fail "$file says nothing of $name"
  done
  ! grep -qa "${name//-/_}" plain/* || fail "a run without $name speaks of it: $(grep -la "${name//-/_}" plain/*)"
done
