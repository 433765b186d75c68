#!/usr/bin/env bash
# pack_for_gpu.sh and check_on_gpu.sh, over programs that are shell scripts: what the table says of those that succeed,
# fail, hang and find no GPU.
#
#   bash check_on_gpu_test.sh FOLDER
# shellcheck disable=SC2317  # what runs through "$@"
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for tool in python3 timeout tar strip; do
  command -v $tool > /dev/null || { echo "skipped: there is no $tool" && exit 77; }
done
rm -rf "$1" && mkdir -p "$1" && cd "$1"
# Whatever the machine has of these is not asked.
mkdir stubs && PATH=$PWD/stubs:$PATH
unset OUT BUDGET LIMIT PARTS MINUTES TRAIN_OPTIONS CUDNN_ROOT ZOETROPE_PLAN_CACHE

stub() { # FILE: its lines come from standard input
  mkdir -p "$(dirname "$1")"
  { echo '#!/usr/bin/env bash' && cat; } > "$1"
  chmod +x "$1"
}
fail() {
  echo "FAILED: $1"
  [[ ! -e logs ]] || tail -n 100 logs/*.log logs/summary.txt output
  exit 1
}

# --- Packing: two programs of this machine, and a header ---

# shellcheck disable=SC2016
stub stubs/ninja <<< 'printf "one.o: #deps 2\n    %s\n    /usr/include/stdio.h\n\n" "$HEADER"'
stub stubs/nvcc <<< 'echo "release 0.0"'
for program in tests/gpu/gpu_tests benchmarks/benchmark_gpu_training_step examples/bouncing_balls/bouncing_balls; do
  mkdir -p "build/$(dirname $program)" && cp "$(type -P true)" "build/$program"
done
printf 'CMAKE_CXX_COMPILER:FILEPATH=%s\nCMAKE_CUDA_COMPILER:FILEPATH=%s\n' "$PWD/stubs/nvcc" "$PWD/stubs/nvcc" > build/CMakeCache.txt
pack() { HEADER=$(cd "$here/../.." && pwd)/include/zoetrope/version.hpp bash "$here/pack_for_gpu.sh" build "$1" > output 2>&1; }

mkdir precious && touch precious/photograph
! pack precious || fail "a folder of other things was taken for a kit"
[[ -e precious/photograph ]] || fail "a folder of other things was emptied"
pack kit || fail "nothing was packed: $(cat output)"
pack kit || fail "a kit is not packed anew: $(cat output)"
grep -q "^Packed: kit, .* MiB" output || fail "packing does not say how large the kit is"
for file in bin/{gpu_tests,benchmark_gpu_training_step,bouncing_balls} check_on_gpu.sh build_by_hand.sh sum_up.py \
  benchmarks/pytorch_gpu_training_step.py tests/pytorch/networks.py; do
  [[ -s kit/$file ]] || fail "$file is not packed"
done
[[ $(tar -tzf kit/headers.tar.gz | grep '\.h') == ./source/include/zoetrope/version.hpp ]] || fail "other headers are packed"
(cd kit && grep -E '^[0-9a-f]{64} ' manifest.txt | sha256sum --check --quiet) || fail "the manifest's sums are wrong"

# --- Stubs instead of the programs. MODE says what gpu_tests does. ---

stub kit/bin/gpu_tests << 'END'
echo "gpu_tests $*" >> calls
if [[ $MODE == none ]]; then echo "skipped: there is no GPU" && exit 77; fi
case "$*" in
  *--count*) ;;
  *--list-test-cases*) printf '[doctest] listing all test case names\n====\non a GPU, one works\non a GPU, two, with <zoetrope::Fp32>\n====\n' ;;
  *-tc=\*describes*) echo '{"deviceName": "stub"}' ;;
  *-tce=\*demo*)
    [[ $MODE != broken ]] || { echo "it broke" && echo && exit 3; }
    [[ $MODE != hangs ]] || { echo "it waits" && touch hanging && sleep 987; }
    ;;
  "--no-intro=true -tc=on a GPU? two? with <zoetrope::Fp32>") [[ $MODE != broken ]] || { echo "two broke" && exit 1; } ;;
  *convolutions\*Fp32\**) ;;
  --no-intro=true\ -tc=*Fp32*) echo "not a case: $*" && exit 4 ;;
esac
END
# As Google Benchmark names what runs so many times, or for so long.
stub kit/bin/benchmark_gpu_training_step << 'END'
for option in "$@"; do
  [[ $option != --benchmark_filter=* ]] ||
    printf '%s\n' {bf16,tf32,fp32}/{frame_step,sequence_step}/iterations:60/manual_time bf16/frame_disc/min_time:0.200 tf32/frame_disc |
    grep -qE -e "${option#*=}" || { echo "the filter matches nothing: $option" && exit 1; }
  [[ $option != --benchmark_out=* ]] ||
    echo '{"benchmarks": [{"name": "bf16/frame_step", "median_ms": 12.5, "nominal_flops": 4e14, "nominal_share": 0.5}]}' > "${option#*=}"
done
END
stub kit/bin/bouncing_balls << 'END'
echo "bouncing_balls $*" >> calls
while [[ $# -gt 0 && $1 != --output ]]; do shift; done
[[ $# -gt 1 ]] || exit 0
[[ $MODE != broken ]] || { mkdir -p "$2" && head -c 17M /dev/urandom > "$2/film-0.gif" && head -c 17M /dev/zero; }
mkdir -p "$2" && touch "$2"/{frame,sequence}_generator.safetensors "$2"/{losses.csv,frames.png,table1.md}
END
cat > kit/benchmarks/pytorch_gpu_training_step.py << 'END'
import os, sys, time
go = sys.argv[sys.argv.index("--go") + 1]
while not os.path.exists(go):
    time.sleep(0.05)
if os.environ["MODE"] == "torchless":
    print("skipped: there is no PyTorch here")
    sys.exit(77)
print(f"{sys.argv[-1]}/frame_step: median 30.00 ms a step")
END
stub stubs/nvidia-smi <<< 'echo "NVIDIA stub, 1.0, 80000 MiB"'
stub stubs/compute-sanitizer << 'END'
# As the real one wants it; and with a filter initcheck would miss what cuDNN writes.
case "$*" in
  *regex:* | *initcheck*--kernel-name*) echo "wrong options: $*" && exit 9 ;;
esac
while [[ $1 != */gpu_tests ]]; do [[ $1 != initcheck || $MODE != unwritten ]] || echo "  at void for_each_index+0x10"; shift; done
"$@" && echo "ERROR SUMMARY: 0 errors"
END
stub stubs/ncu << 'END'
while [[ $1 != --log-file ]]; do shift; done
printf '"ID","Kernel Name","gpu__time_duration.sum"\n"","","ns"\n' > "$2"
update='void zoetrope::cudnn::for_each_index<zoetrope::kernel::Update<zoetrope::kernel::RmsProp>>(long, T1)'
filter='void zoetrope::for_each_index<zoetrope::InFours<zoetrope::UpdateFilterPart<zoetrope::RmsProp>>>(long, T1)'
for kernel in gemm "$update" "$filter" "$update" gemm "$update" "$filter" late; do
  printf '"0","%s","1,000,000"\n' "$kernel"
done >> "$2"
END

check() { # EXIT CODE MODE [VARIABLE=VALUE...]
  local wanted=$1 mode=$2 code=0
  shift 2
  env MODE="$mode" BUDGET=200 LIMIT=60 "$@" bash -u "$kit/check_on_gpu.sh" logs > output 2>&1 || code=$?
  [[ $code -eq $wanted ]] || fail "expected exit code $wanted, got $code"
  look
}
look() {
  [[ -s logs/summary.txt ]] || fail "there is no summary"
  [[ $(find logs -type f | wc -l) -le 8 ]] || fail "there are more than 8 files"
  [[ -z $(find logs -size +16383k) ]] || fail "a file is larger than 16 MiB"
  ! grep -E "unbound variable|syntax error|: line [0-9]+:" output logs/*.log || fail "the script itself has errors"
}
said() { grep -qE "$1" logs/summary.txt || fail "the table does not say '$1'"; } # REGEX
never() { ! grep -qE "$1" logs/summary.txt || fail "the table says '$1'"; }      # REGEX

# --- Cases, each in a folder of its own ---

wrong_usage() {
  local wrong
  for wrong in PARTS=paint BUDGET=long LIMIT=-1 MINUTES=1.5; do
    ! env "$wrong" bash "$kit/check_on_gpu.sh" logs > output 2>&1 || fail "$wrong is accepted"
    grep -q "${wrong%%=*}.*expected .*'${wrong#*=}'" output || fail "$wrong: $(cat output)"
  done
  ! bash "$here/check_on_gpu.sh" logs > output 2>&1 || fail "it runs where nothing is packed"
  grep -q 'run gpu-kit' output || fail "it does not say what packs: $(cat output)"
  bash "$kit/check_on_gpu.sh" --help > output
  grep -q BUDGET output || fail "--help does not help"
}

without_a_gpu_all_is_skipped() {
  check 77 none
  for row in gpu_tests 'bf16 frame_step' 'tf32 sequence_step' 'PyTorch, graph' 'the demo' memcheck initcheck 'kernels of' \
    'the preset gpu' 'fp32 frame_step' 'bf16 layers'; do
    said "^$row.* skipped .* there is no GPU"
  done
  never 'good|FAILED|OUT OF TIME|no time'
}

all_is_good() {
  check 0 good TRAIN_OPTIONS='--frame-steps 5'
  for row in gpu_tests "gpu_tests, the demo" 'bf16 frame_step' 'tf32 sequence_step' 'PyTorch, others' 'PyTorch, graph' 'the demo' \
    '  evaluated' '  resumed' '  its generators' 'memcheck, our' 'initcheck, conv' 'kernels of bf16' 'the preset gpu, trained 1 min' \
    'fp32 frame_step' 'tf32 layers'; do
    said "^$row.* good "
  done
  never 'skipped|FAILED|OUT OF TIME|no time'
  said '^NVIDIA stub'
  said '^bf16/frame_step +median +12.500 ms +400.0 TFLOP/s +50.0 %'
  said '^graph/frame_step: median 30'
  said '^ERROR SUMMARY: 0 errors'
  grep -q '7 kernels up to the second update: 7.00 ms' logs/steps.log || fail "the kernels' times are not summed up"
  grep -q '2.000 ms  28.6 %     2 x  our UpdateFilterPart<RmsProp>' logs/steps.log || fail "the kernels' times are not summed up"
  grep -qE 'train --preset gpu --device gpu --precision bf16 --minutes 1 --overwrite --output .* --frame-steps 5$' calls ||
    fail "the preset gpu is not trained as wanted"
  for file in results/{manifest.txt,gpu.json,gpu.csv,steps_bf16_frame_step.json,demo/frames.png,demo/losses.csv,train/table1.md} \
    results/{kernels_frame_step.csv.gz,{demo,train}/sequence_generator.safetensors}; do
    tar -xzf logs/results.tar.gz "$file" || fail "$file is not kept"
  done
  [[ -e logs/frame_generator.safetensors ]] || fail "the frame generator is not kept"
}

without_pytorch_the_rest_goes_on() {
  check 0 torchless PARTS='steps pytorch'
  said '^PyTorch, others .* skipped .* there is no PyTorch here'
  said '^PyTorch, graph .* skipped '
  said '^bf16 frame_step .* good '
}

where_tests_fail_each_runs_alone() { # and here whatever is kept is large
  check 1 broken PARTS='tests demo'
  said '^gpu_tests .* FAILED with 3 .* it broke$'
  said '^  one works .* good '
  said '^  two, with <Fp32> .* FAILED with 1 .* two broke$'
  said "^  the same bytes, cuBLAS' .* good "
  said '^  kernels launched one by one .* good '
  said '^the demo, trained .* good '
  said '^demo/film-0.gif is too large to be kept'
  tar -xzf logs/results.tar.gz results/demo/frames.png || fail "what is small enough is not kept"
}

a_read_of_what_nobody_wrote_fails() {
  check 1 unwritten PARTS='sanitizer'
  said '^initcheck, our kernels .* FAILED with 1 '
}

what_does_not_load_is_built_there() {
  cp -r "$kit" kit
  mv kit/bin/gpu_tests gpu_tests
  stub kit/bin/gpu_tests <<< 'echo "gpu_tests: error while loading shared libraries: libc.so.7" && exit 127'
  stub kit/build_by_hand.sh <<< "mkdir \"\$1\" && cp '$PWD/gpu_tests' \"\$1\""
  local kit=$PWD/kit
  check 0 good PARTS='tests demo'
  said '^build the tests and the steps here .* good '
  said '^gpu_tests .* good '
  said '^the demo, trained .* good '
}

what_hangs_is_stopped() {
  check 1 hangs PARTS='tests steps' LIMIT=5
  said '^gpu_tests .* OUT OF TIME \(5 s\) .* it waits$'
  said '^gpu_tests, the demo.* good '
  said '^bf16 frame_step .* good '
}

the_budget_ends() {
  check 1 hangs PARTS='tests steps pytorch demo sanitizer kernels train layers' BUDGET=14
  said '^gpu_tests .* OUT OF TIME '
  for row in '  one works' 'bf16 frame_step' 'PyTorch, graph' 'the demo' 'initcheck' 'kernels of' 'the preset gpu' 'bf16 layers'; do
    said "^$row.* no time "
  done
}

a_signal_leaves_the_table() { # SIGNAL EXIT CODE
  local i begin code=0
  set -m # or a shell's background jobs do not hear INT
  MODE=hangs BUDGET=200 PARTS='tests steps pytorch' bash -u "$kit/check_on_gpu.sh" logs > output 2>&1 &
  for ((i = 0; i < 300; ++i)); do [[ ! -e hanging ]] || break && sleep 0.1; done
  begin=$SECONDS
  kill "-$1" $!
  wait $! || code=$?
  [[ $code -eq $2 ]] || fail "expected exit code $2, got $code"
  [[ $((SECONDS - begin)) -lt 15 ]] || fail "the signal is not heard at once"
  look
  said '^gpu_tests .* STOPPED '
  never 'bf16 frame_step'
}

kit=$PWD/kit jobs=() failed=0
in_own_folder() { # FUNCTION [ARGUMENT...]: most of them wait, so side by side
  mkdir "$*"
  (cd "$*" && "$@") > "$*.log" 2>&1 &
  jobs+=("$!:$*")
}
in_own_folder wrong_usage
in_own_folder without_a_gpu_all_is_skipped
in_own_folder all_is_good
in_own_folder without_pytorch_the_rest_goes_on
in_own_folder where_tests_fail_each_runs_alone
in_own_folder a_read_of_what_nobody_wrote_fails
in_own_folder what_does_not_load_is_built_there
in_own_folder what_hangs_is_stopped
in_own_folder the_budget_ends
in_own_folder a_signal_leaves_the_table INT 130
in_own_folder a_signal_leaves_the_table TERM 143
for job in "${jobs[@]}"; do
  if wait "${job%%:*}"; then
    echo "${job#*:}: good"
  else
    echo "${job#*:}:" && cat "${job#*:}.log"
    failed=1
  fi
done
exit $failed
