#!/usr/bin/env bash
# Everything a change must pass. Prints each phase with its time and closes with one plain line,
# `N passed, N failed, N skipped`. A part that is missing is a skip that says what it needs.
#   WEIR_SKIP_SETUP=1   leave the packages alone
#   FUZZ_SECONDS=10     search time of each fuzzer
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The sanitizer builds cost the most, so they cover the folders where memory and threads are at
# stake (the rows of the HTTP rules are run in gateway); the release run covers every folder.
asan_folders=(base runtime http balance config net gateway)
tsan_folders=(runtime http net)

export WEIR_BIN=$PWD/build/release/weir
mkdir -p build
tally=build/tally.txt
times=build/times.txt
: >"$tally"
: >"$times"

count() { echo "$1 $2 $3" >>"$tally"; }
skip() {
  echo "  skipped: $1: needs $2"
  count 0 0 1
}

# phase NAME COMMAND...: runs it, prints its time, keeps its status in `status`.
phase() {
  local name=$1 start=$EPOCHREALTIME
  shift
  echo "== $name"
  "$@"
  status=$?
  local word=ok
  [[ $status -eq 0 ]] || word=FAILED
  awk -v from="$start" -v to="$EPOCHREALTIME" -v name="$name" -v word="$word" \
    'BEGIN { printf "%-16s %7.1f s  %s\n", name, to - from, word }' >>"$times"
  tail -n 1 "$times" | sed 's/^/-- /'
}

setup() {
  [[ -z ${WEIR_SKIP_SETUP:-} ]] || return 0
  tools/setup || skip setup "the packages above; going on without them"
}

# build PRESET [TARGET...]: a build counts as a test only when it fails.
build() {
  tools/build.sh "$@" && return
  count 0 1 0
  return 1
}

# sanitizer PRESET FOLDER...: builds and runs the test programs that exist.
sanitizer() {
  local preset=$1 folder there=()
  shift
  for folder in "$@"; do
    if compgen -G "src/$folder/*_test.cpp" >/dev/null; then
      there+=("$folder")
    else
      skip "$preset $folder" "a src/$folder/*_test.cpp"
    fi
  done
  [[ ${#there[@]} -gt 0 ]] || return 0
  build "$preset" "${there[@]/%/_test}" || return 1
  python3 tools/unit_tests.py "$preset" --only "$(IFS=,; echo "${there[*]}")" --tally "$tally"
}

tidy_self_test() {
  if python3 tools/tidy.py --self-test; then count 1 0 0; else count 0 1 0; return 1; fi
}

# The runner of the system tests closes with the same kind of line as this script.
system_tests() {
  if [[ ! -f tests/system/run.py ]]; then
    skip "system tests" tests/system/run.py
    return 0
  fi
  local log=build/system.log sum
  python3 tests/system/run.py 2>&1 | tee "$log"
  local result=${PIPESTATUS[0]}
  sum=$(grep -oE '[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped' "$log" | tail -n 1 | tr -dc '0-9 ')
  if [[ -n $sum ]]; then
    # shellcheck disable=SC2086
    set -- $sum
    [[ $result -eq 0 || $2 -gt 0 ]] || set -- "$1" 1 "$3"
    count "$1" "$2" "$3"
  elif [[ $result -eq 0 ]]; then
    count 1 0 0
  else
    count 0 1 0
  fi
  return "$result"
}

begin=$EPOCHREALTIME
phase setup setup
phase release-build build release
if [[ $status -eq 0 ]]; then
  phase unit-tests python3 tools/unit_tests.py release --tally "$tally"
  phase system-tests system_tests
else
  skip "unit tests" "the release build"
  skip "system tests" "the release build"
fi
phase tidy-self-test tidy_self_test
phase asan sanitizer asan "${asan_folders[@]}"
phase tsan sanitizer tsan "${tsan_folders[@]}"
phase fuzz tools/fuzz.sh "${FUZZ_SECONDS:-10}" "$tally"

echo
cat "$times"
awk -v from="$begin" -v to="$EPOCHREALTIME" 'BEGIN { printf "%-16s %7.1f s\n\n", "all", to - from }'
awk '{ passed += $1; failed += $2; skipped += $3 }
  END {
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0 || passed == 0
  }' "$tally"
