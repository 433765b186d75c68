#!/usr/bin/env bash
# A run with bounds on spectral norms goes on to the same files; one without says nothing of them.
source "$(dirname "$0")/common.sh" "$@"

bounds=(--frame-spectral-norm 0.1 --sequence-spectral-norm 0.1)
expect_code 0 train straight "${bounds[@]}"
expect_code 0 train parts --stage frames "${bounds[@]}"
expect_code 0 "$program" train --output parts --resume
same straight parts

expect_code 0 train plain
for stage in frame sequence; do
  ! cmp -s plain/${stage}_generator.safetensors straight/${stage}_generator.safetensors || fail "no bound: $stage"
done
for file in checkpoint frame_generator; do
  grep -qa spectral_norm straight/$file.safetensors || fail "$file says nothing of bounds"
done
! grep -qa spectral plain/* || fail "a run without bounds speaks of them: $(grep -la spectral plain/*)"
