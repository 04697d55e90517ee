#!/usr/bin/env bash
# tools/fuzz.sh SECONDS [TALLY_FILE]: builds every fuzzer, replays its corpus (fuzz/<target>/) and
# lets it search for SECONDS, two at a time. What it finds new stays in build/fuzz/found/<target>/,
# a crash in build/fuzz/crashes/. Each target counts as two tests. Exit 1 when one failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:?usage: tools/fuzz.sh SECONDS [TALLY_FILE]}
tally=${2:-/dev/null}

if ! command -v clang++-19 >/dev/null; then
  echo "  skipped: fuzzers: needs clang-19 (tools/setup)"
  echo "0 0 1" >>"$tally"
  exit 0
fi
if ! compgen -G 'src/*/*_fuzz.cpp' >/dev/null; then
  echo "  skipped: fuzzers: needs a src/*/*_fuzz.cpp"
  echo "0 0 1" >>"$tally"
  exit 0
fi

targets=()
for source in src/*/*_fuzz.cpp; do
  stem=${source##*/}
  targets+=("${stem%.cpp}")
done
if ! tools/build.sh fuzz "${targets[@]}"; then
  echo "0 1 0" >>"$tally"
  exit 1
fi

# One target, start to end; its words go to a log so that two at a time stay readable.
fuzz_one() {
  local target=$1 seconds=$2 corpus found log
  corpus=fuzz/$target
  [[ -d $corpus ]] || corpus=fuzz/${target%_fuzz}
  found=build/fuzz/found/$target
  log=build/fuzz/$target.log
  mkdir -p "$found" build/fuzz/crashes
  local options=(-timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1
    "-artifact_prefix=build/fuzz/crashes/$target-")
  [[ -f fuzz/$target.dict ]] && options+=("-dict=fuzz/$target.dict")

  local replay=passed search=passed inputs=0
  if [[ -d $corpus ]]; then
    inputs=$(find "$corpus" -type f | wc -l)
    "build/fuzz/$target" "${options[@]}" -runs=0 "$corpus" >"$log" 2>&1 || replay=failed
  else
    corpus=
    replay=skipped
  fi
  "build/fuzz/$target" "${options[@]}" "-max_total_time=$seconds" "$found" ${corpus:+"$corpus"} \
    >>"$log" 2>&1 || search=failed

  local runs
  runs=$(awk '/stat::number_of_executed_units/ { n = $2 } END { print n + 0 }' "$log")
  case $replay in
    skipped) echo "  skipped: $target corpus: needs fuzz/$target/" ;;
    *) echo "  $target: corpus of $inputs files $replay" ;;
  esac
  echo "  $target: search of $seconds s, $runs runs, $search"
  if [[ $replay == failed || $search == failed ]]; then
    tail -40 "$log"
    echo "  run it again: build/fuzz/$target build/fuzz/crashes/$target-…  (the whole log: $log)"
  fi
  echo "$replay $search" >"build/fuzz/$target.verdict"
}
export -f fuzz_one

rm -f build/fuzz/*.verdict
printf '%s\n' "${targets[@]}" | xargs -P 2 -I {} bash -c 'fuzz_one "$1" "$2"' _ {} "$seconds"

passed=0 failed=0 skipped=0
for target in "${targets[@]}"; do
  verdict=$(cat "build/fuzz/$target.verdict" 2>/dev/null || echo "failed failed")
  for word in $verdict; do
    case $word in
      passed) passed=$((passed + 1)) ;;
      skipped) skipped=$((skipped + 1)) ;;
      *) failed=$((failed + 1)) ;;
    esac
  done
done
echo "  fuzz: $passed passed, $failed failed, $skipped skipped"
echo "$passed $failed $skipped" >>"$tally"
[[ $failed -eq 0 ]]
