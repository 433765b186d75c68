#!/usr/bin/env bash
# Lays what a GPU machine should run into one folder that needs no package there. ./run gpu-kit builds it, then calls this.
#
#   bash pack_for_gpu.sh BUILD FOLDER     BUILD: that of the preset gpu-kit; FOLDER: new, empty, or from the last time
#
# There: bash FOLDER/check_on_gpu.sh
set -euo pipefail
[[ $# -eq 2 ]] || { sed -n '2,/^# There/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2; }
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$(cd "$1" && pwd)
if [[ -e $2 && ! -e $2/manifest.txt && -n $(ls -A "$2") ]]; then
  echo "'$2' holds other things than a packed kit: name another folder" >&2
  exit 1
fi
rm -rf "$2"
mkdir -p "$2"/{bin,lib,benchmarks,tests/pytorch}
kit=$(cd "$2" && pwd)

for program in tests/gpu/gpu_tests benchmarks/benchmark_gpu_training_step examples/bouncing_balls/bouncing_balls; do
  strip -o "$kit/bin/$(basename "$program")" "$build/$program"
done
cp "$root"/tests/gpu/{check_on_gpu.sh,build_by_hand.sh,sum_up.py} "$kit/"
cp "$root/benchmarks/pytorch_gpu_training_step.py" "$kit/benchmarks/"
cp "$root/tests/pytorch/networks.py" "$kit/tests/pytorch/"

# --- Libraries: what a bare machine lacks, and CUDA's runtime, which is small. cuDNN and cuBLAS are that machine's own.

cached() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; } # VARIABLE
folders=$(for name in CUDA_cudart_LIBRARY CUDA_cublas_LIBRARY CUDNN_LIBRARY; do dirname "$(cached $name)"; done | paste -sd:)
linked=$(for program in "$kit"/bin/*; do LD_LIBRARY_PATH=$folders ldd "$program"; done | sort -u)
awk '$1 ~ /^lib(gif|benchmark|cudart)\./ && $3 ~ /^\// {print $1, $3}' <<< "$linked" | sort -u |
  while read -r name file; do cp -L "$file" "$kit/lib/$name"; done
needs=$(awk '$1 ~ /^lib(cudnn|cublas)\./ {print $1}' <<< "$linked" | sort -u | paste -sd' ')

# --- Headers, and only those that were read: for a machine where these programs do not load.

sources=$(mktemp -d)
trap 'rm -rf "$sources"' EXIT
(cd "$build" && ninja -t deps) | sed -n 's/^    //p' | sort -u | while read -r file; do
  [[ $file == /* ]] || file=$build/$file
  # Ours keep their paths. Others keep theirs from the folder on that is in #include <...>.
  case $file in
    "$build"/*) continue ;;
    "$root"/*) to=source/${file#"$root/"} ;;
    *) to=$(sed -nE 's,.*/((Eigen|nlohmann|rapidjson|Random123|doctest|benchmark)/.*|cudnn[a-z0-9_]*\.h)$,other/\1,p' <<< "$file") ;;
  esac
  [[ -z $to || $to == source/examples/* ]] || install -D -m 644 "$file" "$sources/$to"
done
tar -C "$sources" -czf "$kit/headers.tar.gz" .

commit=$(git -C "$root" describe --always --dirty=' with changes' 2> /dev/null || echo 'no commit')
compiler=$(cached CMAKE_CXX_COMPILER)
nvcc=$(cached CMAKE_CUDA_COMPILER)
{
  echo "zoetrope $commit"
  echo "built $(date -u +%FT%TZ), $("${compiler:-c++}" --version | head -n 1), $("${nvcc:-nvcc}" --version | grep release)"
  echo "needs $needs"
  (cd "$kit" && find bin lib -type f | LC_ALL=C sort | xargs sha256sum)
} > "$kit/manifest.txt"
cat "$kit/manifest.txt"
echo
echo "Packed: $2, $(du -sk "$kit" | awk '{printf "%.1f MiB", $1 / 1024}'). On a machine with a GPU: bash $(basename "$2")/check_on_gpu.sh"
