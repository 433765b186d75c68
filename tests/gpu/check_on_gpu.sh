#!/usr/bin/env bash
# Everything that needs a GPU, in one go: builds, tests, trains, measures, and looks for errors of memory. Logs go to the folder that is named, $1. PARTS names what to do (default: all of it).
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
logs=${1:?the folder for logs}
parts=${PARTS:-build tests train benchmarks pytorch memcheck initcheck}
mkdir -p "$logs"
export ZOETROPE_PLAN_CACHE=$logs/plans.json
# cuDNN may lie in the environment of the Python that is called.
python_cudnn=$(python3 -c 'import nvidia.cudnn; print(list(nvidia.cudnn.__path__)[0])' 2> /dev/null) &&
  export CUDNN_ROOT=${CUDNN_ROOT:-$python_cudnn}
failed=()

part() {
  local name=$1 start=$SECONDS
  shift
  [[ " $parts " == *" $name "* ]] || return 0
  if "$@" > "$logs/$name.log" 2>&1; then
    echo "$name: good, $((SECONDS - start)) s"
  else
    echo "$name: FAILED with $?, $((SECONDS - start)) s"
    tail -n 25 "$logs/$name.log"
    failed+=("$name")
  fi
}

build() {
  local preset
  for preset in test gpu benchmark; do cmake --preset "$preset" -DZOETROPE_BUILD_GPU=ON -DZOETROPE_WARNINGS_AS_ERRORS=OFF || return; done
  cmake --build --preset test -j "$(nproc)" --target gpu_plans gpu_tests && cmake --build --preset gpu -j "$(nproc)" &&
    cmake --build --preset benchmark -j "$(nproc)" --target benchmark_gpu_training_step
}
program=build/gpu/examples/bouncing_balls/bouncing_balls
train() {
  "$program" train --device gpu --overwrite --output "$logs/demo" && "$program" evaluate --run "$logs/demo" --check &&
    "$program" train --resume --output "$logs/demo" --sequence-steps 1210
}
tests=build/test/tests/gpu/gpu_tests

command -v nvidia-smi > /dev/null && nvidia-smi --query-gpu=name,driver_version --format=csv,noheader
part build build
part tests "$tests" --no-intro=true
part train train
part benchmarks build/benchmark/benchmarks/benchmark_gpu_training_step
part pytorch python3 benchmarks/pytorch_gpu_training_step.py
part memcheck compute-sanitizer --tool memcheck --error-exitcode 1 "$tests" --no-intro=true -tce='*demo*'
part initcheck compute-sanitizer --tool initcheck --kernel-name regex:for_each_index --error-exitcode 1 "$tests" \
  --no-intro=true -tc='*convolutions*'
[[ " $parts " != *" benchmarks "* ]] || grep -E "_step|product|copy" "$logs/benchmarks.log"
[[ " $parts " != *" pytorch "* ]] || cat "$logs/pytorch.log"
[[ ${#failed[@]} -eq 0 ]]
