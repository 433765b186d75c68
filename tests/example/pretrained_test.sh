#!/usr/bin/env bash
# The trained models that come with the example: they load, are as good as the documents say, and stay small.
source "$(dirname "$0")/common.sh" "$@"

models=$(cd "$(dirname "$0")/../../examples/bouncing_balls/pretrained" && pwd)
[[ $(cat "$models"/*/* | wc -c) -le 8000000 ]] || fail "the models have $(cat "$models"/*/* | wc -c) bytes"
for model in three_balls one_ball; do
  cp -r "$models/$model" .
  "$program" evaluate --run $model --check > log || fail "$model: $(cat log)"
done
