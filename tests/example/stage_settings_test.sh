#!/usr/bin/env bash
# What a stage may do beside the usual: a run goes on to the same files with it, and without it says nothing of it.
source "$(dirname "$0")/common.sh" "$@"

settings=(learning-rate-decay:0.5 spectral-norm:0.1)
none=(--sequence-weight-average 0)
for setting in "${settings[@]}"; do none+=("--frame-${setting%:*}" 0 "--sequence-${setting%:*}" 0); done
expect_code 0 train plain "${none[@]}"

for setting in "${settings[@]}"; do
  name=${setting%:*} value=${setting#*:}
  chosen=("${none[@]}" "--frame-$name" "$value" "--sequence-$name" "$value")
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
