#!/usr/bin/env bash
# For check_on_gpu.sh, where the packed programs do not load: builds the tests and the steps from the packed headers,
# without CMake.
#
#   bash build_by_hand.sh FOLDER LIBRARIES     LIBRARIES: folders with a colon between them
set -euo pipefail
kit=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1" && cd "$1"
tar -xzf "$kit/headers.tar.gz"
tools=$(dirname "$(dirname "$(readlink -f "$(command -v nvcc)")")")
include=(-Isource/include -Isource/tests -Isource -Iother "-I$tools/include")
libraries=()
IFS=: read -r -a folders <<< "$2"
for folder in "${folders[@]}"; do
  libraries+=("-L$folder")
  # Python's packages have their headers beside their libraries.
  [[ ! -d $folder/../include ]] || include+=("-I$folder/../include")
done
read -r -a needed < <(sed -n 's/^needs //p' "$kit/manifest.txt")
for name in "${needed[@]}"; do libraries+=("-l:$name"); done
libraries+=("-l:$(basename "$(ls "$kit"/lib/libcudart.so*)")" -lpthread)

echo '#include "zoetrope/backend/cudnn/kernels.cuh"' > kernels.cu
jobs=()
nvcc -std=c++20 -O3 -arch=sm_90 "${include[@]}" -c kernels.cu -o kernels.o & jobs+=($!)
compile=(g++ -std=c++20 -march=x86-64-v3 "${include[@]}")
"${compile[@]}" -O1 -c source/tests/gpu/gpu_test.cpp -o gpu_test.o & jobs+=($!)
"${compile[@]}" -O1 -c source/tests/gpu/shapes_test.cpp -o shapes_test.o & jobs+=($!)
"${compile[@]}" -O1 -c source/tests/gpu/main.cpp -o main.o & jobs+=($!)
"${compile[@]}" -O3 -c source/benchmarks/gpu_training_step.cpp -o steps.o & jobs+=($!)
for job in "${jobs[@]}"; do wait "$job"; done
g++ gpu_test.o shapes_test.o main.o kernels.o "${libraries[@]}" -o gpu_tests
# Google Benchmark's library may be what does not load here; the tests are worth having without it.
g++ steps.o kernels.o "${libraries[@]}" -L"$kit/lib" "-l:$(basename "$(ls "$kit"/lib/libbenchmark.so*)")" \
  -o benchmark_gpu_training_step || echo "benchmark_gpu_training_step does not link here"
