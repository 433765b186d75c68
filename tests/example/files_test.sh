# One run leaves every file that is promised, and sample and evaluate work on it.
source "$(dirname "$0")/common.sh" "$@"

expect_code 0 train run
for name in "${results[@]}"; do [[ -s run/$name ]] || fail "no $name"; done
[[ $(ls run | wc -l) == "${#results[@]}" ]] || fail "other files: $(ls run)"
grep -aq '"output":"tanh"' run/frame_generator.safetensors || fail "the frame generator does not name its last layer"
grep -aq '"output":"scaled 3"' run/sequence_generator.safetensors || fail "G_V does not name its last layer"
[[ $(wc -l < run/losses.csv) == 11 ]] || fail "not ten rows: $(cat run/losses.csv)"
[[ $(head -n 1 run/losses.csv) == stage,step,discriminator_loss,generator_loss,diversity ]] || fail "another header"
cut -d , -f 1,2 run/losses.csv | tail -n +2 | tr '\n' ' ' > steps
[[ $(cat steps) == "frames,1 frames,2 frames,3 frames,4 frames,5 frames,6 sequences,1 sequences,2 sequences,3 \
sequences,4 " ]] || fail "other steps: $(cat steps)"
[[ $(head -c 4 run/frames.png | tail -c 3) == PNG && $(head -c 4 run/films.png | tail -c 3) == PNG ]] || fail "no PNG"
for name in film-0 film-1 film-2 films; do [[ $(head -c 6 "run/$name.gif") == GIF89a ]] || fail "no GIF: $name"; done
for row in real generated 'random z'; do grep -q "^| $row | [0-9.]* ± [0-9.]* |" run/table1.md || fail "no $row"; done
grep -q '^| real | 0.02[12]' run/table1.md || fail "the real films are not those of one ball"

cp -r run before
expect_code 0 "$program" sample --run run --output samples --films 2
[[ $(ls samples | tr '\n' ' ') == "film-0.gif film-1.gif films.gif films.npy films.png frames.png " ]] || fail "$(ls samples)"
same run before
[[ $(head -c 128 samples/films.npy | tail -c 118) == "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 30, 30, 30), }"* ]] ||
  fail "no array of films"
[[ $(stat -c %s samples/films.npy) == $((128 + 2 * 30 * 30 * 30)) ]] || fail "films.npy has another size"
for name in frames.png films.png film-0.gif film-1.gif; do cmp "run/$name" "samples/$name"; done
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

# With standard input and output closed, no file takes their place.
expect_code 0 "$program" evaluate --run run
for closed in '<&-' '>&-' '<&- >&-' '<&- >&- 2>&-'; do
  eval '"$program" train $(options_of closed --overwrite) > log 2>&1' "$closed"
  same run closed
done

# What is there is replaced only by --overwrite.
expect_code 0 "$program" export --run run --output exported
expect_code 0 train other --seed 11
unasked() {
  cp -r "$1" kept
  refuse 1 "$2" "${@:3}"
  diff -r "$1" kept || fail "files changed after: ${*:3}"
  rm -r kept
}
unasked exported "'exported' holds 'sequence_generator.safetensors' already: --overwrite begins anew" train exported
unasked samples "'samples' holds 'frames.png' already" train samples
unasked exported "'exported' holds 'sequence_generator.safetensors' already: --overwrite replaces" \
  "$program" export --run other --output exported
unasked other "'other' holds 'checkpoint.safetensors' already" "$program" export --run run --output other
for command in sample report; do
  unasked other "'other' holds 'checkpoint.safetensors' of another run" "$program" "$command" --run run --output other
  unasked exported "'exported' holds 'sequence_generator.safetensors' of another run" \
    "$program" "$command" --run run --output exported
done
expect_code 0 "$program" sample --run run --output other --overwrite
cmp run/film-0.gif other/film-0.gif
expect_code 0 "$program" export --run other --output exported --overwrite
expect_code 0 "$program" export --run other --output again
diff -r exported again || fail "an export over another differs"
expect_code 0 train exported --overwrite
same run exported

# A run whose checkpoint lies elsewhere, and a private one.
mkdir far
mv run/checkpoint.safetensors run/losses.csv far
ln -s ../far/checkpoint.safetensors ../far/losses.csv run
chmod 0600 far/checkpoint.safetensors run/frame_generator.safetensors
for how in --resume --overwrite; do
  expect_code 0 train run "$how"
  [[ -L run/checkpoint.safetensors && -L run/losses.csv && ! -L far/checkpoint.safetensors ]] || fail "no links after $how"
  same run exported
  [[ $how == --overwrite || $(stat -c %a far/checkpoint.safetensors run/frame_generator.safetensors) == $'600\n600' ]] ||
    fail "not private any more: $(stat -c %a far/checkpoint.safetensors)"
done

# Somebody looks at the films while they are trained: neither is in the other's way.
longer=(--sequence-steps 24 --checkpoint-every 1)
expect_code 0 train alone "${longer[@]}"
expect_code 0 train watched "${longer[@]}" --stage frames
expect_code 0 "$program" train --output watched --resume --minutes 1e-9
"$program" train $(options_of watched "${longer[@]}" --resume) > watched.log 2>&1 &
pid=$!
while kill -0 "$pid" 2> log; do expect_code 0 "$program" sample --run watched; done
code=0
wait "$pid" || code=$?
[[ $code == 0 ]] || fail "exit code $code beside sample: $(cat watched.log)"
! grep warning watched.log || fail "a picture was not written"
same alone watched
