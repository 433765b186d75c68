#!/usr/bin/env bash
# The trained models that come with the example: they load, are as good as the documents say, and stay small.
source "$(dirname "$0")/common.sh" "$@"

models=$(cd "$(dirname "$0")/../../examples/bouncing_balls/pretrained" && pwd)
[[ $(cat "$models"/*/* | wc -c) -le 8000000 ]] || fail "the models have $(cat "$models"/*/* | wc -c) bytes"
# Limits of velocity error and turns, near what README.md says of them.
for model in three_balls:0.08:2.5 one_ball:0.045:0.3; do
  IFS=: read -r name velocity turns <<< "$model"
  cp -r "$models/$name" .
  "$program" evaluate --run "$name" --check > log || fail "$name: $(cat log)"
  for limit in "velocity error:$velocity" "turns in mid-air, a ball and film:$turns"; do
    awk -F ' *[|] *' -v measure="${limit%:*}" -v limit="${limit#*:}" \
      '$2 == measure { found = 1; good = $3 <= limit } END { exit !(found && good) }' log ||
      fail "$name: ${limit%:*} above ${limit#*:}: $(cat log)"
  done
done
