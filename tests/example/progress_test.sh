#!/usr/bin/env bash
# What is seen of a run on terminals of several kinds, and that messages stand on lines of their own.
source "$(dirname "$0")/common.sh" "$@"
command -v script > /dev/null || exit 77

# Runs a command on a terminal of so many columns: on_terminal <kind> <columns> <command...>; seen has what it showed.
on_terminal() {
  local kind=$1 columns=$2
  shift 2
  TERM=$kind script -qec "stty cols $columns; $(printf '%q ' "$@")" seen > /dev/null < /dev/null
}
# The longest line that was drawn.
longest() { tr '\r' '\n' < seen | sed 's/\x1b\[K//g' | grep -v '^Script ' | awk '{ if (length > most) most = length } END { print most }'; }

for columns in 40 80; do
  on_terminal xterm $columns "$program" train $(options_of run$columns --stage frames)
  grep -q $'\r\e\[Kframes .*6/6.*took' seen || fail "no progress on $columns columns: $(cat -v seen)"
  [[ $(longest) -lt $columns ]] || fail "a line of $(longest) on $columns columns: $(cat -v seen)"
done
on_terminal dumb 80 "$program" train $(options_of dumb --stage frames)
! grep -q $'\e' seen || fail "escapes on a dumb terminal: $(cat -v seen)"
grep -q '^frames 6/6  loss' seen || fail "no progress on a dumb terminal: $(cat -v seen)"

# An interrupted run: the bar is ended before the next sentence.
on_terminal xterm 80 bash -c "timeout --foreground -s INT 3 $program train $(options_of long --frame-steps 100000 --stage frames)" || true
tr '\r' '\n' < seen | grep -q '^Stopped, and saved in long\.' || fail "no line of its own: $(cat -v seen)"

# So is the line of a report's part that fails.
train run > log
echo nothing > run/losses.csv
expect_code 1 "$program" report --run run
[[ $(cat out) == training ]] || fail "the report says: $(cat out)"
{ "$program" report --run run || true; } > both 2>&1
grep -q '^bouncing_balls: in ' both || fail "glued: $(cat both)"

# Standard output of evaluate is the table and nothing else, on a terminal that shows more on standard error too.
"$program" evaluate --run run --films 3 --frames 30 > table
cmp table run/table1.md || fail "more than the table: $(cat table)"
