# What every script here begins with: source common.sh "$@", with the program and a folder for what it writes.
set -euo pipefail
program=$1
rm -rf "$2"
mkdir -p "$2"
cd "$2"

tiny=(--frame-steps 6 --sequence-steps 4 --frame-batch 4 --sequence-batch 2 --frame-discriminators 2
  --sequence-discriminators 2 --checkpoint-every 2 --films 100)
results=(checkpoint.safetensors frame_generator.safetensors sequence_generator.safetensors losses.csv frames.png
  films.png films.gif films.npy film-0.gif film-1.gif film-2.gif table1.md)

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# The options of a run of few steps: options_of <folder> <option...>. These options replace those in tiny.
options_of() {
  local options=(--output "$@") i
  for ((i = 0; i < ${#tiny[@]}; i += 2)); do
    [[ " $* " == *" ${tiny[i]} "* ]] || options+=("${tiny[@]:i:2}")
  done
  echo "${options[@]}"
}
train() { "$program" train $(options_of "$@"); }

# Runs a command and checks its exit code: expect_code <code> <command...>; out and err have what it wrote.
expect_code() {
  local wanted=$1 code=0
  shift
  "$@" > out 2> err || code=$?
  [[ $code == "$wanted" ]] || fail "exit code $code, expected $wanted, from: $* -- $(cat err)"
}

# Checks that a command ends with a code and one sentence with this text: refuse <code> <text> <command...>.
refuse() {
  local code=$1 text=$2 lines
  shift 2
  expect_code "$code" "$@"
  grep -qF -- "$text" err || fail "no '$text' from: $* -- $(cat err)"
  lines=$(grep -cv '^Run with --help for more information.$' err)
  [[ $lines == 1 ]] || fail "$lines lines from: $* -- $(cat err)"
  [[ $(wc -c < err) -lt 600 ]] || fail "a long message from: $* -- $(cat err)"
}

# Checks that two runs left the same files.
same() {
  local name
  for name in "${results[@]}"; do cmp "$1/$name" "$2/$name" || fail "$1 and $2 differ in $name"; done
  [[ -z $(find "$1" "$2" -name '*.partial') ]] || fail "partial files are left in $1 or $2"
}
