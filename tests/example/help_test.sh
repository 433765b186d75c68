#!/usr/bin/env bash
# What ./run shows of the program's help is what the program says.
source "$(dirname "$0")/common.sh" "$@"

texts=$(cd "$(dirname "$0")/../../examples/bouncing_balls/help" && pwd)
for command in train report; do
  # The texts are those of a program without its GPU part.
  "$program" $command --help | grep -vE '^ +--(device|precision) ' > $command
  # An empty group of options leaves an empty line.
  diff -B "$texts/$command.txt" $command ||
    fail "write it anew, with a program of the preset demo: bouncing_balls $command --help > $texts/$command.txt"
done

# A device that this program cannot have is not offered, and what is missing is said to whoever asks for it.
if ! grep -q -- '--device' <("$program" sample --help); then
  for command in train evaluate report; do
    ! "$program" $command --help | grep -qE -- '--device|on the gpu' || fail "$command offers a device"
  done
  refuse 1 'built without its GPU part' "$program" train --device gpu
fi
if ! grep -q 'on the cpu fp32' <("$program" sample --help); then
  refuse 1 'built without bf16 on the CPU' "$program" train --precision bf16
fi
