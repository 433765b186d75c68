# The generators of a run open with the standard reader and load into PyTorch modules, strictly.
repository=$(cd "$(dirname "$0")/../.." && pwd)
if ! python3 -c 'import numpy, safetensors, torch'; then
  echo "Skipped: python3 has no PyTorch, NumPy or safetensors."
  exit 77
fi
source "$(dirname "$0")/common.sh" "$@"

load() { python3 "$repository/tests/pytorch/load_generators.py" "$1" "${2-run/sequence_generator.safetensors}" --films 2; }

expect_code 0 train run
expect_code 0 load run/frame_generator.safetensors
grep -q '^frames (60, 1, 30, 30): ' out || fail "other frames: $(cat out)"
grep -q '^films (2, 30, 30, 30): ' out || fail "other films: $(cat out)"

# A file of the library, not of a program, says in its architecture alone how it ends.
mv out expected
python3 -c 'from safetensors import safe_open
from safetensors.numpy import load_file, save_file
path = "run/sequence_generator.safetensors"
with safe_open(path, framework="np") as file:
    metadata = file.metadata()
assert metadata.pop("output").startswith("scaled ")
save_file(load_file(path), "of_library.safetensors", metadata)'
expect_code 0 load run/frame_generator.safetensors of_library.safetensors
cmp out expected || fail "another end: $(cat out)"

# Strictly: not a tensor may be missing.
python3 -c 'from safetensors.numpy import load_file, save_file
tensors = load_file("run/frame_generator.safetensors")
del tensors["0.bias"]
save_file(tensors, "incomplete.safetensors")'
expect_code 1 load incomplete.safetensors
grep -q 'Missing key(s) in state_dict: "0.bias"' err || fail "$(cat err)"
