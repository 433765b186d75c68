# Wrong usage gives exit code 2, everything else that cannot be done 1, both with one clear sentence.
source "$(dirname "$0")/common.sh" "$@"

usage() { refuse 2 "$@"; }
usage 'subcommand (train, sample, evaluate, report or export) is required' "$program"
usage 'not expected: paint' "$program" paint
usage 'not expected: --paint' "$program" --paint
usage 'not expected: --paint' "$program" train --paint
usage 'not expected: more' "$program" train more
usage 'not expected: --step 5; did you mean --frame-steps or --sequence-steps?' "$program" train --step 5
usage 'not expected: --frame-step=5; did you mean --frame-steps?' "$program" train --frame-step=5
usage 'not expected: trian --preset demo; did you mean train?' "$program" trian --preset demo
usage 'not expected: --film 5; did you mean --films?' "$program" sample --run run --film 5
usage 'not expected: --balls 3; --balls is an option of train' "$program" sample --run run --balls 3
usage 'is an option of sample, evaluate, report and export' "$program" train --run run
usage "expected demo, cpu, gpu or paper, got 'large'" "$program" train --preset large
usage "expected frames, sequences or both, got 'all'" "$program" train --stage all
usage 'needs --resume' "$program" train --stage sequences
usage 'excludes' "$program" train --resume --overwrite
usage 'excludes' "$program" train --frame-steps 2 --frame-epochs 2
usage '--output' "$program" train --output
usage "--width-divisor: expected 1, 2, 4 or 8, got '3'" "$program" train --width-divisor 3
usage "expected cpu or gpu, got 'tpu'" "$program" train --device tpu
usage "expected fp32, tf32 or bf16, got 'int8'" "$program" train --device gpu --precision int8
usage "--precision: the device cpu expected fp32 or bf16, got 'tf32'" "$program" evaluate --run run --precision tf32
usage "--precision: the device gpu expected tf32 or bf16, got 'fp32'" "$program" train --precision fp32 --device gpu
usage "expected rmsprop or adam, got 'sgd'" "$program" train --frame-optimizer sgd
for option in --balls --films --checkpoint-every --threads --frame-steps --frame-epochs --frame-batch \
  --frame-discriminators --sequence-steps --sequence-epochs --sequence-batch --sequence-discriminators; do
  for value in 0 -1 1.5 many 99999999999999999999; do
    usage "$option: expected a whole number from " "$program" train "$option=$value"
  done
done
for value in -1 x 18446744073709551616; do usage "--seed: expected a whole number" "$program" train "--seed=$value"; done
usage "expected a whole number from 2 to 4096, got '1'" "$program" train --frame-batch 1
usage "expected a whole number from 2 to 4096, got '1'" "$program" train --sequence-batch 1
for value in 0 -1e-3 nan inf 1e999 fast; do
  usage 'expected a positive number' "$program" train "--frame-generator-learning-rate=$value"
  usage 'expected a positive number' "$program" train "--sequence-discriminator-learning-rate=$value"
  usage 'expected a positive number' "$program" train "--minutes=$value"
  usage 'expected a positive number' "$program" train "--checkpoint-minutes=$value"
done
usage '--run is required' "$program" sample
usage '--run is required' "$program" evaluate
usage '--films: expected a whole number' "$program" sample --run run --films 0
for command in sample evaluate report; do
  usage '--threads: expected a whole number from 1 to 1024' "$program" $command --run run --threads 0
done
usage '--seed: expected a whole number' "$program" sample --run run --seed -1
usage '--films: expected a whole number' "$program" evaluate --run run --films 2
for value in -0.1 1 nan inf 1e999 much; do
  for share in weight-average learning-rate-decay; do
    usage "$share: expected a number of at least 0 and below 1" "$program" train "--frame-$share=$value"
    usage "$share: expected a number of at least 0 and below 1" "$program" train "--sequence-$share=$value"
  done
done
for value in -0.1 1e-7 1e7 nan inf much; do
  usage 'spectral-norm: expected a number from 1e-6 to 1e6, or 0' "$program" train "--frame-spectral-norm=$value"
  usage 'spectral-norm: expected a number from 1e-6 to 1e6, or 0' "$program" train "--sequence-spectral-norm=$value"
done
[[ $(ls) == $'err\nout' ]] || fail "wrong usage left files: $(ls)"

# A run to spoil.
expect_code 0 train run --stage frames
cp -r run good
untouched() {
  refuse 1 "$@"
  diff -r run good || fail "files changed after: $*"
}
untouched "'run' holds a run already: --resume goes on with it, --overwrite begins anew" train run
untouched "there is no file 'none/checkpoint.safetensors'" "$program" train --resume --output none
[[ ! -e none ]] || fail "a folder was made"
untouched "the output folder 'run/losses.csv/below' cannot be made" train run/losses.csv/below
untouched "the output folder 'run/losses.csv' cannot be made" train run/losses.csv
for change in 'seed 10 11' 'width-divisor 8 4' 'balls 1 2' 'films 100 101' 'frame-batch 4 8' \
  'frame-discriminators 2 3' 'frame-optimizer adam rmsprop' 'sequence-optimizer adam rmsprop' \
  'frame-learning-rate-decay 0.5 0.25' 'sequence-learning-rate-decay 0.6 0.5' \
  'frame-weight-average 0.98 0.9' 'sequence-weight-average 0.98 0.9' \
  'frame-spectral-norm 0 1' 'sequence-spectral-norm 0.75 1'; do
  read -r option old new <<< "$change"
  untouched "has ${option//-/ } $old: --resume cannot make it $new" "$program" train --resume --output run \
    "--$option" "$new"
done
exec {lock}< run
flock "$lock"
untouched "another program is training into 'run'" "$program" train --resume --output run
exec {lock}<&-
untouched "the folder 'run' cannot be locked, so another program might train into it too: No locks available" \
  env LD_PRELOAD="$3" FAULT_FOLDER="$(pwd -P)/run" FAULT_CALL=flock FAULT_AT=1 "$program" train --resume --output run
if [[ $EUID != 0 ]]; then
  chmod 0300 run
  refuse 1 "the folder 'run' cannot be locked" "$program" train --resume --output run
  chmod 0755 run
  diff -r run good
fi
# Locked before anything in it is looked at.
mkdir busy
exec {lock}< busy
flock "$lock"
refuse 1 "another program is training into 'busy'" "$program" train --resume --output busy
refuse 1 "another program is training into 'busy'" train busy
refuse 1 "another program is training into 'busy'" train busy --overwrite
exec {lock}<&-
[[ -z $(ls busy) ]] || fail "files in a locked folder: $(ls busy)"
untouched 'the run: expected frame steps from 1 to 1000000000000, got 125000000000000' "$program" train --output none \
  --films 4000000000 --frame-epochs 1000000
[[ ! -e none ]] || fail "a folder was made"
untouched 'GPU' env CUDA_VISIBLE_DEVICES= "$program" train --resume --output run --device gpu
untouched 'has preset demo, so it cannot go on with preset cpu' "$program" train --resume --output run --preset cpu
untouched 'has done 6 of 7 steps: finish it' "$program" train --resume --output run --stage sequences --frame-steps 7
for command in sample evaluate; do
  untouched "there is no file 'none/" "$program" "$command" --run none
  untouched "there is no file 'run/sequence_generator" "$program" "$command" --run run
done

spoil() {
  rm -rf run
  cp -r good run
}
for bytes in 0 7 1000 1000000; do
  head -c "$bytes" good/checkpoint.safetensors > run/checkpoint.safetensors
  refuse 1 "'run/checkpoint.safetensors'" "$program" train --resume --output run
done
for offset in 0 20 3000 1000000; do
  spoil
  printf zoetrope | dd of=run/checkpoint.safetensors bs=1 seek="$offset" conv=notrunc status=none
  cp run/checkpoint.safetensors spoilt
  refuse 1 "'run/checkpoint.safetensors'" "$program" train --resume --output run
  cmp spoilt run/checkpoint.safetensors
done
cp good/frame_generator.safetensors run/checkpoint.safetensors
refuse 1 "'run/checkpoint.safetensors'" "$program" train --resume --output run
rm run/checkpoint.safetensors
mkdir run/checkpoint.safetensors
refuse 1 "'run/checkpoint.safetensors' is not a file" "$program" train --resume --output run
spoil

expect_code 0 "$program" train --resume --output run
head -c 1000000 run/sequence_generator.safetensors > cut
mv cut run/sequence_generator.safetensors
rm -rf good
cp -r run good
untouched "in 'run/sequence_generator.safetensors': " "$program" sample --run run
untouched "in 'run/sequence_generator.safetensors': " "$program" evaluate --run run
cp run/frame_generator.safetensors run/sequence_generator.safetensors
rm -rf good
cp -r run good
untouched "in 'run/sequence_generator.safetensors': expected a generator 'BiLstmSequence" "$program" sample --run run

# Two runs' generators in one folder.
expect_code 0 train other --seed 11
cp other/sequence_generator.safetensors run
rm -rf good
cp -r run good
for command in sample evaluate; do
  untouched "the generators in 'run' are of two runs: the frame generator has seed 10" "$program" "$command" --run run
done
