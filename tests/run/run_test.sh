#!/usr/bin/env bash
# ./run with stand-ins for all that it calls: what it installs, that it waits for apt, and that help costs nothing.
set -euo pipefail
source_folder=$1
rm -rf "$2"
mkdir -p "$2"
cd "$2"

# As root, or as what looks like it: without, ./run would ask for sudo.
if [[ $EUID -ne 0 ]]; then
  unshare -r true 2> /dev/null || exit 77
  exec unshare -r bash "$0" "$source_folder" "$2"
fi

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

mkdir -p tree/build/demo/examples/bouncing_balls tree/build/films{,-3x16x32x48,-1x8x32x32}/examples/films
mkdir -p tree/examples/{bouncing_balls,films} stubs empty
cp "$source_folder/run" tree
for example in bouncing_balls films; do cp -r "$source_folder/examples/$example/help" tree/examples/$example; done

# Each stand-in writes what it was called with into calls.
stub() {
  printf '#!/usr/bin/env bash\necho "%s $*" >> "%s/calls"\n' "${1##*/}" "$PWD" > "$1"
  cat >> "$1"
  chmod +x "$1"
}
stub tree/build/demo/examples/bouncing_balls/bouncing_balls < /dev/null
stub tree/build/films/examples/films/look_at_films <<< 'echo --size 32x48 --channels 3 --length 16'
for shape in 3x16x32x48 1x8x32x32; do stub tree/build/films-$shape/examples/films/films < /dev/null; done
for name in cmake ctest ninja sleep sudo; do stub stubs/$name < /dev/null; done
stub stubs/dpkg-query <<< '[[ ! -e installed ]] || echo installed'
# Its lists are locked for as many calls as the file locked says.
stub stubs/apt-get << 'END'
left=$(cat locked 2> /dev/null || echo 0)
if [[ $left -gt 0 ]]; then
  echo $((left - 1)) > locked
  echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)" >&2
  echo "E: Unable to lock directory /var/lib/apt/lists/" >&2
  exit 100
fi
[[ ! -e "no $1" ]] || { echo "E: no $1 today" >&2; exit 100; }
END

# Runs ./run and checks its exit code; out, err and calls have what came of it.
run() {
  local wanted=$1 code=0
  shift
  : > calls
  PATH=$PWD/stubs:$PATH tree/run "$@" > out 2> err < /dev/null || code=$?
  [[ $code == "$wanted" ]] || fail "exit code $code, expected $wanted, from: ./run $* -- $(cat out err)"
}
called() { grep -cE -- "$1" calls || true; }

# A fresh machine: everything is installed, gnuplot for the report too, which the README has next.
run 0 demo --seed 3
[[ $(called '^apt-get update$') == 1 ]] || fail "no update: $(cat calls)"
grep -q '^apt-get install -y --no-install-recommends g++ .*gnuplot-nox$' calls || fail "installed: $(cat calls)"
[[ $(tail -1 calls) == 'bouncing_balls train --preset demo --seed 3' ]] || fail "did not train: $(cat calls)"
packages=$(grep '^apt-get install' calls)
for package in ${packages#* --no-install-recommends }; do
  grep -qF -- "$package" "$source_folder/README.md" || fail "README.md does not name $package"
done
run 0 demo --pretrained --films 40
[[ $(called '^apt-get install.*gnuplot-nox') == 1 ]] || fail "installed: $(cat calls)"
grep -q '^bouncing_balls report .* --output runs/pretrained --films 40$' calls || fail "no report: $(cat calls)"

# Films: the program is built for the shape that a look at them proposes, or for the one that is asked for.
run 0 films --data stubs --stride 2
[[ $(called '^look_at_films --data stubs --stride 2$') == 1 ]] || fail "did not look: $(cat calls)"
[[ $(called '^cmake --preset films .*-DZOETROPE_FILMS=3x16x32x48$') == 1 ]] || fail "built: $(cat calls)"
[[ $(tail -1 calls) == 'films train --data stubs --stride 2' ]] || fail "did not train: $(cat calls)"
grep -q '^Clips of --size 32x48 --channels 3 --length 16; these options choose others.$' out || fail "said: $(cat out)"
run 0 films --size=32x32 --data stubs --channels 1 --length 8 --output here --overwrite
[[ $(called '^look_at_films') == 0 ]] || fail "looked: $(cat calls)"
[[ $(tail -1 calls) == 'films train --data stubs --output here --overwrite' ]] || fail "did not train: $(cat calls)"
mkdir here
: > here/checkpoint.safetensors
run 2 films --data stubs --output here
grep -q "'here' holds a run: --resume goes on with it" err && [[ ! -s calls ]] || fail "said: $(cat err calls)"
run 0 films --resume --output here
[[ $(called '^look_at_films --run here$') == 1 ]] || fail "did not look: $(cat calls)"
packages=$(grep '^apt-get install' calls)
for package in ${packages#* --no-install-recommends }; do
  grep -qF -- "$package" "$source_folder/README.md" || fail "README.md does not name $package"
done

# Where everything is there, nothing is asked of apt.
: > installed
run 0 demo
[[ $(called '^(apt-get|sudo)') == 0 ]] || fail "apt without need: $(cat calls)"
rm installed

# Locked lists are waited for, in a sentence; that they are locked is not the end.
echo 13 > locked
run 0 demo
[[ $(called '^sleep 5$') == 13 ]] || fail "slept $(called '^sleep') times"
[[ $(grep -c 'Another program is using apt; waiting up to 15 minutes for it. E: Could not get lock' err) == 1 ]] ||
  fail "said: $(cat err)"
[[ $(grep -c 'waiting up to 14 minutes' err) == 1 ]] || fail "said: $(cat err)"
[[ $(called '^bouncing_balls train') == 1 ]] || fail "did not train: $(cat calls)"
# But not for ever.
echo 100000 > locked
run 1 demo
grep -q '^E: Could not get lock' err || fail "no reason: $(cat err)"
[[ $(called '^cmake') == 0 ]] || fail "built: $(cat calls)"
rm locked
# Lists that cannot be renewed may do; packages that cannot be installed do not.
: > 'no update'
run 0 demo
grep -q 'as old as they were' err || fail "said: $(cat err)"
rm 'no update'
: > 'no install'
run 1 demo
grep -q '^E: no install today' err || fail "no reason: $(cat err)"
[[ $(called '^cmake') == 0 && $(called '^sleep') == 0 ]] || fail "went on: $(cat calls)"
rm 'no install'

# Without root, and without a terminal to ask on: what root has to type.
if setpriv --reuid=65534 --clear-groups test -x tree/run 2> /dev/null; then
  chmod a+w . calls out err
  : > calls
  code=0
  PATH=$PWD/stubs:$PATH setpriv --reuid=65534 --clear-groups tree/run demo > out 2> err < /dev/null || code=$?
  [[ $code == 1 ]] || fail "exit code $code without root: $(cat err)"
  grep -q 'As root: apt-get update && apt-get install --no-install-recommends g++ ' err || fail "hint: $(cat err)"
  [[ $(called '^(apt-get|sudo|cmake)') == 0 ]] || fail "without being asked: $(cat calls)"
fi

# Help, and what is wrong with a command line, come before anything is installed, built or written.
for words in 'demo' 'demo --pretrained' 'demo --seed 3' 'test' 'bench' 'bench --compare a b' 'bench --against-pytorch' \
  'gpu-kit' 'format' 'films' 'films --data x' ''; do
  for help in --help -h; do
    run 0 $words $help
    [[ ! -s calls && -s out ]] || fail "./run $words $help did: $(cat calls)"
  done
done
run 0 demo --help
grep -q -- '--frame-steps N' out || fail "no options of the demo: $(cat out)"
run 0 demo --pretrained --help
grep -q -- '--frames-from FOLDER' out || fail "no options of the report: $(cat out)"
for words in 'dmeo' 'demo --stpes 5' 'demo --frame-step=5' 'demo --pretrained --seed 5' 'films' 'films --data nowhere' \
  'films --data stubs --stide 2' 'films --data stubs --size 32' 'films --data stubs --channels 2' 'films --data stubs --size' \
  'films --data stubs --size 8x32' 'films --data stubs --length=' 'films --data stubs --length 100' 'films --resume' 'format --chekc' 'gpu-kit --all'; do
  run 2 $words
  [[ ! -s calls && $(wc -l < err) == 1 ]] || fail "./run $words did: $(cat calls err)"
done
run 0 films --help
grep -q -- '--size HEIGHTxWIDTH' out && grep -q -- '--skip-bad' out || fail "no options of films: $(cat out)"
run 0 demo --frame-steps=5 --resume
[[ ! -e runs ]] || fail "something was written: $(ls runs)"
echo good
