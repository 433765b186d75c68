# The same seed gives the same files on any number of threads; another seed gives others.
source "$(dirname "$0")/common.sh" "$@"

expect_code 0 train one --threads 1
expect_code 0 train two --threads 2
same one two
expect_code 0 train other --seed 11 --stage frames
cmp -s one/frame_generator.safetensors other/frame_generator.safetensors && fail "another seed gave the same generator"
# What is drawn and measured does not depend on their number either.
for threads in 1 3; do
  "$program" sample --run one --films 70 --output films$threads --threads $threads > log
  "$program" evaluate --run one --films 40 --frames 100 --threads $threads > table$threads
done
diff -r films1 films3 || fail "other films on other numbers of threads"
cmp table1 table3 || fail "another table on another number of threads"
