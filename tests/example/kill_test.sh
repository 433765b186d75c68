# kill -9 at any moment, again and again until the run is done: the same bytes as without. KILLS=1000 for more of it,
# STEPS='--frame-steps 8 --sequence-steps 6 --checkpoint-every 2' for shorter runs, which save as often as they can.
source "$(dirname "$0")/common.sh" "$@"
kills=${KILLS:-10}
read -r -a longer <<< "${STEPS:---frame-steps 40 --sequence-steps 24 --checkpoint-every 4}"

began=$EPOCHREALTIME
expect_code 0 train straight "${longer[@]}"
took=$(((${EPOCHREALTIME/[.,]/} - ${began/[.,]/}) / 1000)) # in ms
rm -rf run
runs=0
for ((killed = 0; killed < kills;)); do
  how=(--resume)
  [[ -e run/checkpoint.safetensors ]] || how=()
  "$program" train $(options_of run "${longer[@]}") "${how[@]}" > log 2>&1 &
  pid=$!
  # Any moment of a whole run, and now and then none.
  sleep "$(awk "BEGIN { srand($RANDOM$RANDOM); print rand() * $took / 1000 }")"
  kill -KILL "$pid" 2>> log || true
  code=0
  wait "$pid" 2>> log || code=$?
  case $code in
    137)
      killed=$((killed + 1))
      [[ $((killed % 100)) != 0 ]] || echo "$killed kills so far"
      ;;
    0)
      same straight run
      runs=$((runs + 1))
      rm -rf run
      ;;
    *) fail "exit code $code after $killed kills: $(cat log)" ;;
  esac
done
how=(--resume)
[[ -e run/checkpoint.safetensors ]] || how=()
expect_code 0 train run "${longer[@]}" "${how[@]}"
same straight run
echo "$killed kills in $((runs + 1)) runs"
