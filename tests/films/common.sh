# What every script here begins with: source common.sh "$@", with what CMakeLists.txt says.
fixtures=$3 balls=$4 look=$5
source "$(dirname "${BASH_SOURCE[0]}")/../example/common.sh" "$@"
tiny=(--frame-steps 6 --sequence-steps 4 --frame-batch 4 --sequence-batch 4 --frame-discriminators 2
  --sequence-discriminators 2 --checkpoint-every 2)
