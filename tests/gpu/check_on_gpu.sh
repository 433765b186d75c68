#!/usr/bin/env bash
# Everything that needs a GPU, the most valuable first, from the programs that ./run gpu-kit packed beside this script.
# It needs the NVIDIA driver, CUDA's libraries and Python, and installs nothing.
#
#   bash check_on_gpu.sh [LOG FOLDER]     default: $OUT where that is set, else logs/ beside this script
#
# From the environment:
#   BUDGET    seconds in all (540); what no longer fits says "no time"
#   LIMIT     no part takes longer than so many seconds; each has a limit of its own too
#   PARTS     which parts, of: device tests steps pytorch demo sanitizer kernels train fp32 layers (all)
#   MINUTES   the preset gpu is trained for at most so many (5), and as many as are left
#   TRAIN_OPTIONS   more options for that training, as "--frame-steps 5000"
#   CUDNN_ROOT, ZOETROPE_PLAN_CACHE   as everywhere; plans are timed anew where the second is not set
#
# Leaves device.log, tests.log, steps.log, sanitizer.log, train.log, results.tar.gz (numbers, pictures, generators),
# frame_generator.safetensors (that of the preset gpu, too large for the others) and, last, summary.txt, each below 16 MiB.
# The summary's table says of each part good, FAILED, OUT OF TIME, skipped or no time.
#
# Exit code: 0 all good; 1 something FAILED or was OUT OF TIME; 77 there is no GPU; 2 wrong usage; 130 or 143 interrupted.
# shellcheck disable=SC2317  # what only traps call
set -uo pipefail

kit=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
every_part='device tests steps pytorch demo sanitizer kernels train fp32 layers'
usage() { sed -n '2,/^# Exit code/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
case ${1-} in
  -h | --help) usage && exit 0 ;;
  -*) usage >&2 && exit 2 ;;
esac
out=${1:-${OUT:-$kit/logs}}
budget=${BUDGET:-540} longest=${LIMIT:-100000} parts=${PARTS:-$every_part} most_minutes=${MINUTES:-5}
for number in "$budget" "$longest" "$most_minutes"; do
  [[ $number =~ ^[0-9]+$ ]] || { echo "BUDGET, LIMIT and MINUTES: expected a whole number, got '$number'" >&2 && exit 2; }
done
for name in $parts; do
  [[ " $every_part " == *" $name "* ]] || { echo "PARTS: expected some of $every_part, got '$name'" >&2 && exit 2; }
done
if [[ ! -d $kit/bin ]]; then
  echo "There are no programs beside this script: ./run gpu-kit packs them, and this script beside them." >&2
  exit 2
fi
mkdir -p "$out" && out=$(cd "$out" && pwd) && work=$(mktemp -d "${TMPDIR:-/tmp}/check_on_gpu.XXXXXX") || exit 2
(cd "$out" && rm -f {device,tests,steps,sanitizer,train}.log results.tar.gz frame_generator.safetensors summary.txt)
mkdir "$work/results"
chmod +x "$kit"/bin/* 2> /dev/null # a copy may have lost that
export PYTHONUNBUFFERED=1 HOME=${HOME:-$work} PATH=$PATH:/usr/local/cuda/bin
export ZOETROPE_PLAN_CACHE=${ZOETROPE_PLAN_CACHE:-$work/plans.json}

# --- Parts and their table -----------------------------------------------------------------------------------------

rows=() notes=()
gpu=unknown             # none, once the tests have said so
failed=no state=''      # whether anything failed; how the last part ended
running='' current=''   # what runs now: its timeout, and the part's name
stop_with=''            # the signal that asks for an end, where it is not TERM

left() { echo $((budget - SECONDS)); }
wanted() { [[ " $parts " == *" $1 "* ]]; }

row() { # NAME STATE SECONDS [WHAT IT SAID]
  state=$2
  [[ $state != FAILED* && $state != "OUT OF TIME"* ]] || failed=yes
  rows+=("$(printf '%-50s %-22s %4d s%s' "${1:0:50}" "$2" "$3" "${4:+  $4}")")
  echo "== ${rows[-1]}"
}

# Sets `seconds` to a part's limit, or says that there is none left.
take_time() { # NAME SECONDS
  seconds=$(($(left) - 5))
  if [[ $seconds -lt 3 ]]; then
    row "$1" "no time" 0
    return 125
  fi
  [[ $seconds -le $2 ]] || seconds=$2
  [[ $seconds -le $longest ]] || seconds=$longest
}

# How a part ended, from its exit code, as a row. What it said last is the last line of its output.
judge() { # NAME CODE START LOG FROM
  local took=$((SECONDS - $3)) said
  said=$(tail -c "+$(($5 + 1))" "$4" | tr -d '\000\r' | grep -av '^[[:space:]]*$' | tail -n 1 | cut -c 1-120)
  case $2 in
    0) row "$1" good "$took" ;;
    77) row "$1" skipped "$took" "$said" ;;
    124) row "$1" "OUT OF TIME ($seconds s)" "$took" "$said" ;;
    130) row "$1" "stopped, saved" "$took" ;;
    137) # By timeout, where TERM was not heard; or by somebody else, as where memory runs out.
      [[ $took -ge $seconds ]] && state="OUT OF TIME ($seconds s)" || state="FAILED with 137"
      row "$1" "$state" "$took" "$said"
      ;;
    *) row "$1" "FAILED with $2" "$took" "$said" ;;
  esac
}

# Runs a command under a time limit, in the background, so that a signal is heard at once. Gives its exit code.
part() { # NAME SECONDS LOG COMMAND...
  local name=$1 log=$out/$3 start=$SECONDS code=0 from seconds how=(--kill-after=5)
  if [[ $gpu == none ]]; then
    row "$name" skipped 0 "there is no GPU"
    return 77
  fi
  take_time "$name" "$2" || return
  shift 3
  [[ -z $stop_with ]] || how=(--kill-after=20 --preserve-status "--signal=$stop_with")
  printf '\n===== %s: %s\n' "$name" "$*" >> "$log"
  from=$(wc -c < "$log") current=$name
  timeout "${how[@]}" "$seconds" "$@" >> "$log" 2>&1 < /dev/null &
  running=$!
  wait "$running" 2> /dev/null || code=$?
  running='' current=''
  judge "$name" "$code" "$start" "$log" "$from"
  return "$code"
}

# --- The end, whatever happens before ------------------------------------------------------------------------------

torch=() watch=''
tell() { # SIGNAL: to all of PyTorch's programs. timeout has made each a process group.
  local pid
  for pid in "${torch[@]}"; do kill "-$1" -- "-$pid" 2> /dev/null; done
}

small() { [[ $(wc -c < "$1") -lt $((16 << 20)) ]]; } # FILE

# As much of the results as fits; the largest files stay behind.
archive() {
  local file
  while tar -C "$work" -czf "$out/results.tar.gz" results && ! small "$out/results.tar.gz"; do
    file=$(find "$work/results" -type f -printf '%s %P\n' | sort -n | tail -n 1)
    notes+=("${file#* } is too large to be kept: ${file%% *} bytes")
    rm -f "$work/results/${file#* }"
  done
}

summarise() {
  local log
  [[ ! -e $ZOETROPE_PLAN_CACHE ]] || notes+=("plans that were timed and kept: $(grep -c '^  "' "$ZOETROPE_PLAN_CACHE")")
  [[ ! -s $work/results/gpu.csv ]] ||
    notes+=("most GPU memory in use at once, by all programs: $(sort -t, -k2,2nr "$work/results/gpu.csv" | head -n 1 | cut -d, -f2) MiB")
  cp "$kit/manifest.txt" "$ZOETROPE_PLAN_CACHE" "$work/results/" 2> /dev/null
  archive
  for log in "$out"/*.log; do
    if [[ -e $log ]] && ! small "$log"; then
      { head -c 6M "$log" && printf '\n\n[...]\n\n' && tail -c 6M "$log"; } > "$work/short" && mv "$work/short" "$log"
    fi
  done
  {
    echo "zoetrope on a GPU, $(date -u +%FT%TZ), $SECONDS s of $budget; $(head -n 1 "$kit/manifest.txt" 2> /dev/null)"
    command -v nvidia-smi > /dev/null && timeout 20 nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
    printf '\n'
    [[ ${#rows[@]} -eq 0 ]] || printf '%s\n' "${rows[@]}"
    printf '\n'
    python3 "$kit/sum_up.py" steps "$work"/results/{steps,layers}_*.json
    grep -ahE "median|FAILED|GiB at most" "$work"/pytorch_*.log
    grep -ahE "ERROR SUMMARY" "$out/sanitizer.log"
    grep -ahE "^\[doctest\] (test cases|assertions)" "$out/tests.log"
    printf '%s\n' ${notes[@]+"${notes[@]}"}
  } > "$out/summary.txt" 2> /dev/null
  cat "$out/summary.txt"
}

finish() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  disown -a # or bash would say of each that it was killed
  tell KILL
  [[ -z $watch ]] || kill "$watch" 2> /dev/null
  summarise
  rm -rf "$work"
  exit "$code"
}

interrupted() { # EXIT CODE
  trap '' INT TERM HUP
  if [[ -n $running ]]; then
    kill "-${stop_with:-TERM}" "$running" 2> /dev/null
    wait "$running" 2> /dev/null
  fi
  [[ -z $current ]] || row "$current" STOPPED 0 "by a signal, as all that would have followed"
  exit "$1"
}
trap finish EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM HUP

# --- The machine -----------------------------------------------------------------------------------------------------

# Where this machine has a library that the programs need: under CUDNN_ROOT, in Python's packages, or in the toolkit.
folder_of() { # NAME
  local folder
  for folder in ${CUDNN_ROOT:+"$CUDNN_ROOT/lib"} \
    $(python3 -c 'import nvidia, pathlib; [print(f) for p in nvidia.__path__ for f in sorted(pathlib.Path(p).glob("*/lib"))]' 2> /dev/null) \
    /usr/local/cuda/lib64 /usr/lib/x86_64-linux-gnu /usr/lib64; do
    [[ ! -e $folder/$1 ]] || { echo "$folder" && return; }
  done
}
libraries=$kit/lib
read -r -a needed < <(sed -n 's/^needs //p' "$kit/manifest.txt" 2> /dev/null)
for library in ${needed[@]+"${needed[@]}"}; do
  folder=$(folder_of "$library")
  notes+=("$library: ${folder:-nowhere that is known}")
  [[ -z $folder || :$libraries: == *:$folder:* ]] || libraries+=:$folder
done
ours=(env "LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}")
bin=$kit/bin

if wanted device; then
  {
    date -u
    cat "$kit/manifest.txt"
    printf '%s\n' "${notes[@]}"
    "${ours[@]}" ldd "$bin"/* | grep -oE 'lib(cudnn|cublas|cudart|gif|benchmark).* => [^ ]*|.*not found.*' | sort -u
    lscpu | grep -E 'Model name|^CPU\(s\)'
    grep -o -m 1 -E 'avx512f|avx2' /proc/cpuinfo | head -n 1
    free -g | head -n 2
    df -h "$work" "$out" | cat
    command -v nvcc ncu compute-sanitizer g++ cmake ninja
    nvcc --version | tail -n 2
  } > "$out/device.log" 2>&1
fi

# Whether the programs load, and find a GPU. Where they do not load, the tests and the steps are built here.
load() {
  local code=0
  "${ours[@]}" timeout --kill-after=5 60 "$bin/gpu_tests" --no-intro=true --count > "$work/load" 2>&1 < /dev/null || code=$?
  { echo && echo "===== gpu_tests --count: $code" && cat "$work/load"; } >> "$out/device.log"
  [[ $code -ne 77 ]] || gpu=none
  [[ $code -eq 0 || $code -eq 77 ]] || ! grep -qE 'not found|shared librar' "$work/load"
}
if ! load; then
  notes+=("the programs do not load here: $(head -n 1 "$work/load")")
  part "build the tests and the steps here" 300 device.log bash "$kit/build_by_hand.sh" "$work/by_hand" "$libraries" &&
    bin=$work/by_hand && load
fi

if [[ $gpu != none ]] && command -v nvidia-smi > /dev/null; then
  nvidia-smi --query-gpu=timestamp,memory.used,utilization.gpu,clocks.sm,power.draw --format=csv,noheader,nounits -l 2 \
    > "$work/results/gpu.csv" 2> /dev/null < /dev/null &
  watch=$!
fi

# --- PyTorch, in the background --------------------------------------------------------------------------------------
# Its fastest form takes long to compile. So that begins now, beside the tests, which time nothing; all forms wait until
# they are told to go, when nothing else is on the GPU.

prepare_pytorch() { # NAME FORM...
  timeout --kill-after=5 "$budget" python3 "$kit/benchmarks/pytorch_gpu_training_step.py" --go "$work/go_$1" \
    --limit $(($(left) - 20)) --forms "${@:2}" > "$work/pytorch_$1.log" 2>&1 < /dev/null &
  torch+=($!)
}

time_pytorch() { # NAME PID SECONDS
  local name="PyTorch, $1" start=$SECONDS code=0 log=$work/pytorch_$1.log seconds
  if [[ $gpu == none ]]; then
    row "$name" skipped 0 "there is no GPU"
    return
  fi
  take_time "$name" "$3" || return
  current=$name
  touch "$work/go_$1"
  kill -CONT -- "-$2" 2> /dev/null
  while kill -0 "$2" 2> /dev/null && [[ $((SECONDS - start)) -lt $seconds ]]; do sleep 0.2; done
  if kill -0 "$2" 2> /dev/null; then
    kill -KILL -- "-$2" 2> /dev/null
    code=124
  fi
  local status=0
  wait "$2" 2> /dev/null || status=$?
  [[ $code -ne 0 ]] || code=$status
  current=''
  { printf '\n===== %s\n' "$name" && cat "$log"; } >> "$out/steps.log"
  judge "$name" "$code" "$start" "$log" 0
}

if wanted pytorch && [[ $gpu != none ]]; then
  prepare_pytorch others grouped reference
  prepare_pytorch graph graph
fi

# --- Tests -----------------------------------------------------------------------------------------------------------

gpu_tests() { # NAME SECONDS LOG [COMMAND...] -- OPTION...
  local before=() name=$1 limit=$2 log=$3
  shift 3
  while [[ $1 != -- ]]; do before+=("$1") && shift; done
  part "$name" "$limit" "$log" "${ours[@]}" ${before[@]+"${before[@]}"} "$bin/gpu_tests" --no-intro=true "${@:2}"
}

if wanted device; then
  gpu_tests "a GPU describes itself" 60 device.log -- -tc='*describes itself*'
  grep -a -m 1 '^{.*deviceName' "$out/device.log" > "$work/results/gpu.json" || rm -f "$work/results/gpu.json"
  if command -v nvidia-smi > /dev/null; then
    part "nvidia-smi" 30 device.log nvidia-smi -q -d MEMORY,CLOCK,PERFORMANCE
  fi
fi

# One failure may break all that comes after it in its process: then each case alone, and two ways to find out why.
alone() {
  local name short
  while IFS= read -r name; do
    short=${name#on a GPU, }
    # A comma would divide the names of two cases.
    gpu_tests "  ${short//zoetrope::/}" 30 tests.log -- "-tc=${name//,/?}"
  done < <("${ours[@]}" timeout 60 "$bin/gpu_tests" --no-intro=true -tce='*demo*' --list-test-cases 2> /dev/null < /dev/null |
    grep -avE '^(\[doctest\]|=+$|$)' | sort -u)
  gpu_tests "  the same bytes, cuBLAS' workspace fixed" 30 tests.log CUBLAS_WORKSPACE_CONFIG=:4096:2 -- -tc='*same bytes*,*recorded*'
  gpu_tests "  kernels launched one by one" 60 tests.log CUDA_LAUNCH_BLOCKING=1 -- -tc='*convolutions*,*networks agree*'
}
if wanted tests; then
  gpu_tests "gpu_tests" 150 tests.log -- --duration=true -tce='*demo*'
  [[ $state != FAILED* && $state != "OUT OF TIME"* ]] || alone
  gpu_tests "gpu_tests, the demo's steps" 60 tests.log -- --duration=true -tc='*demo*'
fi

# --- Steps: nothing else is on the GPU from here on --------------------------------------------------------------------

tell STOP
step() { # PRECISION SECONDS
  local what
  for what in frame_step sequence_step; do
    part "$1 $what" "$2" steps.log "${ours[@]}" "$bin/benchmark_gpu_training_step" \
      "--benchmark_filter=^($1/($what|product_of_8192)|copy_of_2_GiB)(/|\$)" \
      "--benchmark_out=$work/results/steps_$1_$what.json" --benchmark_out_format=json
  done
}
if wanted steps; then
  step bf16 50
  step tf32 50
fi
if wanted pytorch; then
  time_pytorch others "${torch[0]-}" 75
  time_pytorch graph "${torch[1]-}" 110
  torch=()
fi

# --- The demo --------------------------------------------------------------------------------------------------------

balls=("${ours[@]}" "$kit/bin/bouncing_balls") # never built by hand
keep() { # RUN: its pictures, losses and table, and its generators in 16 bits
  mkdir -p "$work/results/$1"
  if [[ ! -e $work/$1/sequence_generator.safetensors ]]; then
    row "  its generators in 16 bits" skipped 0 "the frame stage took all the time"
  else
    part "  its generators in 16 bits" 30 train.log "${balls[@]}" export --run "$work/$1" --output "$work/results/$1"
  fi
  cp "$work/$1"/*.png "$work/$1"/*.gif "$work/$1"/table1.md "$work/results/$1/"
} 2> /dev/null
if wanted demo; then
  if part "the demo, trained on the GPU" 90 train.log "${balls[@]}" train --device gpu --overwrite --output "$work/demo"; then
    part "  evaluated on the CPU" 45 train.log "${balls[@]}" evaluate --run "$work/demo" --check
    keep demo
    part "  resumed on the CPU" 40 train.log "${balls[@]}" train --resume --output "$work/demo" --sequence-steps 904
  fi
fi

# --- Errors of memory --------------------------------------------------------------------------------------------------

sanitize() { # NAME TOOL OPTION... -- OPTION OF gpu_tests...
  local name=$1 tool=$2 options=()
  shift 2
  while [[ $1 != -- ]]; do options+=("$1") && shift; done
  gpu_tests "$name" 60 sanitizer.log compute-sanitizer --tool "$tool" --launch-timeout 60 --report-api-errors no \
    ${options[@]+"${options[@]}"} "$@"
}
errors_in_ours() {
  local lines
  lines=$(grep -aEc '(at|Device Frame:) .*for_each_index' "$out/sanitizer.log" 2> /dev/null)
  echo "${lines:-0}"
}
if wanted sanitizer; then
  if [[ $gpu == none ]] || command -v compute-sanitizer > /dev/null; then
    # Plans that are kept are not timed again under the sanitizer.
    [[ $gpu == none || -s $ZOETROPE_PLAN_CACHE ]] ||
      gpu_tests "plans for the sanitizer" 60 sanitizer.log -- -tc='*convolutions*,*networks agree*,*recorded*'
    sanitize "memcheck, convolutions" memcheck --error-exitcode 1 -- -tc='*convolutions*'
    sanitize "memcheck, our kernels" memcheck --error-exitcode 1 --kernel-name regex=for_each_index -- -tc='*networks agree*,*recorded*'
    # Every kernel is watched, since what cuDNN and cuBLAS write must count as written. Only errors in ours are ours.
    known=$(errors_in_ours)
    # In float: what bulk copies write, as products in bfloat16 do, it does not count as written.
    sanitize "initcheck, convolutions" initcheck --print-limit 1000 -- -tc='*convolutions*Fp32*'
    found=$(($(errors_in_ours) - known))
    [[ $found -eq 0 ]] || row "initcheck, our kernels" "FAILED with $found" 0 "uninitialised reads, see sanitizer.log"
  else
    row sanitizer skipped 0 "there is no compute-sanitizer"
  fi
fi

# --- Times of kernels ----------------------------------------------------------------------------------------------------

if wanted kernels; then
  if [[ $gpu == none ]] || command -v ncu > /dev/null; then
    for what in frame_step sequence_step; do
      part "kernels of bf16 $what" 45 steps.log "${ours[@]}" ncu --metrics gpu__time_duration.sum --clock-control none \
        --kill yes --launch-count 1200 --page raw --csv --print-units base --log-file "$work/kernels_$what.csv" \
        "$bin/benchmark_gpu_training_step" "--benchmark_filter=^bf16/$what(/|\$)"
      [[ -s $work/kernels_$what.csv ]] || continue
      { echo && echo "===== kernels of bf16 $what" && python3 "$kit/sum_up.py" kernels "$work/kernels_$what.csv"; } >> "$out/steps.log" 2>&1
      gzip -c "$work/kernels_$what.csv" > "$work/results/kernels_$what.csv.gz"
    done
  else
    row kernels skipped 0 "there is no ncu"
  fi
fi

# --- Training with the preset gpu ------------------------------------------------------------------------------------------

if wanted train; then
  # A minute and a half for what comes before its first step, its pictures and the generators.
  minutes=$((($(left) - 90) / 60))
  [[ $minutes -le $most_minutes ]] || minutes=$most_minutes
  if [[ $gpu != none && $minutes -lt 1 ]]; then
    row "the preset gpu, trained" "no time" 0
  else
    stop_with=INT # which it takes for: save, and leave
    read -r -a more <<< "${TRAIN_OPTIONS-}"
    part "the preset gpu, trained $minutes min" $((60 * minutes + 60)) train.log "${balls[@]}" train --preset gpu --device gpu \
      --precision bf16 --minutes "$minutes" --overwrite --output "$work/train" ${more[@]+"${more[@]}"}
    stop_with=''
    [[ ! -e $work/train/frame_generator.safetensors ]] || keep train
    frames=$work/results/train/frame_generator.safetensors
    [[ ! -e $frames ]] || ! small "$frames" || mv "$frames" "$out/"
  fi
fi

# --- Rows that tell more -----------------------------------------------------------------------------------------------

wanted fp32 && step fp32 40
if wanted layers; then
  for precision in bf16 tf32; do
    part "$precision layers" 60 steps.log "${ours[@]}" "$bin/benchmark_gpu_training_step" \
      "--benchmark_filter=^$precision/(product|frame_disc|film_disc|frame_gen|rms_prop|frame_proj|film_proj)" \
      "--benchmark_out=$work/results/layers_$precision.json" --benchmark_out_format=json --benchmark_min_time=0.02
  done
fi

[[ $failed == no ]] || exit 1
[[ $gpu != none ]] || exit 77
exit 0
