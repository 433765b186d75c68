# The same seed gives the same files on any number of threads; another seed gives others.
source "$(dirname "$0")/common.sh" "$@"

expect_code 0 train one --threads 1
expect_code 0 train two --threads 2
same one two
expect_code 0 train other --seed 11 --stage frames
cmp -s one/frame_generator.safetensors other/frame_generator.safetensors && fail "another seed gave the same generator"
exit 0
