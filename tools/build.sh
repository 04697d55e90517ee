#!/usr/bin/env bash
# tools/build.sh PRESET [TARGET...]: configures when needed and builds; prints one line when all is
# well and the compiler's words when not. Without targets: everything of the preset.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
shift

if [[ ! -f build/$preset/build.ninja ]]; then
  log=build/$preset-configure.log
  mkdir -p build
  if ! cmake --preset "$preset" >"$log" 2>&1; then
    cat "$log" >&2
    echo "build: configuring '$preset' failed; is a package missing? tools/setup --check" >&2
    exit 1
  fi
fi

start=$EPOCHREALTIME
# NINJA_STATUS shows progress on a terminal; in a log only the last line matters.
if [[ -t 1 ]]; then
  ninja -C "build/$preset" "$@"
else
  log=build/$preset-build.log
  if ! ninja -C "build/$preset" "$@" >"$log" 2>&1; then
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking)' "$log" >&2 || true
    echo "build: '$preset' failed; the whole log is $log" >&2
    exit 1
  fi
fi
awk -v from="$start" -v to="$EPOCHREALTIME" -v name="$preset" \
  'BEGIN { printf "build: %s is up to date (%.1f s)\n", name, to - from }'
