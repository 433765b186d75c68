# One run leaves every file that is promised, and sample and evaluate work on it.
source "$(dirname "$0")/common.sh" "$@"

expect_code 0 train run
for name in "${results[@]}"; do [[ -s run/$name ]] || fail "no $name"; done
[[ $(ls run | wc -l) == "${#results[@]}" ]] || fail "other files: $(ls run)"
grep -aq '"output":"tanh"' run/frame_generator.safetensors || fail "the frame generator does not name its last layer"
grep -aq '"output":"scaled 3"' run/sequence_generator.safetensors || fail "G_V does not name its last layer"
[[ $(wc -l < run/losses.csv) == 11 ]] || fail "not ten rows: $(cat run/losses.csv)"
[[ $(head -n 1 run/losses.csv) == stage,step,discriminator_loss,generator_loss ]] || fail "another header"
cut -d , -f 1,2 run/losses.csv | tail -n +2 | tr '\n' ' ' > steps
[[ $(cat steps) == "frames,1 frames,2 frames,3 frames,4 frames,5 frames,6 sequences,1 sequences,2 sequences,3 \
sequences,4 " ]] || fail "other steps: $(cat steps)"
[[ $(head -c 4 run/frames.png | tail -c 3) == PNG && $(head -c 4 run/films.png | tail -c 3) == PNG ]] || fail "no PNG"
for name in film-0 film-1 film-2 films; do [[ $(head -c 6 "run/$name.gif") == GIF89a ]] || fail "no GIF: $name"; done
for row in real generated 'random z'; do grep -q "^| $row | [0-9.]* ± [0-9.]* |" run/table1.md || fail "no $row"; done
grep -q '^| real | 0.02[12]' run/table1.md || fail "the real films are not those of one ball"

cp -r run before
expect_code 0 "$program" sample --run run --output samples --films 2
[[ $(ls samples | tr '\n' ' ') == "film-0.gif film-1.gif films.gif films.png frames.png " ]] || fail "$(ls samples)"
same run before
for name in frames.png films.png film-0.gif film-1.gif; do cmp "run/$name" "samples/$name"; done
expect_code 0 "$program" sample --run run --output samples --seed 77
cmp -s run/film-0.gif samples/film-0.gif && fail "another seed gave the same film"
expect_code 0 "$program" sample --run run
same run before

# The run has learnt nothing yet, and --check says so.
expect_code 0 "$program" evaluate --run run
cmp out run/table1.md
same run before
expect_code 1 "$program" evaluate --run run --check --films 10 --frames 100
grep -q 'falls short' out || fail "the table does not say what falls short"

for command in "" train sample evaluate; do
  expect_code 0 "$program" $command --help
  [[ -s out && ! -s err ]] || fail "no help for '$command'"
  [[ $(wc -L < out) -lt 160 ]] || fail "long lines in the help for '$command'"
done
expect_code 0 "$program" --version
[[ $(cat out) =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "version: $(cat out)"
