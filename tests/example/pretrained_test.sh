#!/usr/bin/env bash
# The trained models that come with the example: they load, are as good as the documents say, and stay small.
source "$(dirname "$0")/common.sh" "$@"

models=$(cd "$(dirname "$0")/../../examples/bouncing_balls/pretrained" && pwd)
[[ $(cat "$models"/*/* | wc -c) -le 8000000 ]] || fail "the models have $(cat "$models"/*/* | wc -c) bytes"
# Limits of velocity error and turns, near what README.md says of them.
for model in three_balls:0.08:2 one_ball:0.025:0.15; do
  IFS=: read -r name velocity turns <<< "$model"
  cp -r "$models/$name" .
  "$program" evaluate --run "$name" --check > log || fail "$name: $(cat log)"
  for limit in "velocity error:$velocity" "turns in mid-air, a ball and film:$turns"; do
    awk -F ' *[|] *' -v measure="${limit%:*}" -v limit="${limit#*:}" \
      '$2 == measure { found = 1; good = $3 <= limit } END { exit !(found && good) }' log ||
      fail "$name: ${limit%:*} above ${limit#*:}: $(cat log)"
  done
done

# Films follow the seed: those of a run of few steps may all be one grey, to the last byte.
for seed in 1 77; do expect_code 0 "$program" sample --run one_ball --output "seed_$seed" --seed "$seed" --films 2; done
[[ -s seed_1/film-0.gif && -s seed_77/film-0.gif ]] || fail "no films: $(ls seed_1 seed_77)"
for one in seed_1/film-0.gif seed_1/film-1.gif seed_77/film-0.gif seed_77/film-1.gif; do md5sum < "$one"; done > sums
[[ $(sort -u sums | wc -l) == 4 ]] || fail "two seeds or two films of one seed are the same"
