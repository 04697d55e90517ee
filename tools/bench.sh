#!/usr/bin/env bash
# tools/bench.sh [FILTER]: runs every micro benchmark (<folder>_bench) of the release build, or those
# whose name matches FILTER, and prints medians of three repetitions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
filter=${1:-.}
shopt -s nullglob
programs=(build/release/*_bench)
if [[ ${#programs[@]} -eq 0 ]]; then
  echo "bench: no micro benchmark yet (src/<folder>/*_bench.cpp)"
  exit 0
fi
echo "machine: $(nproc) cores, $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg)"
for program in "${programs[@]}"; do
  echo "== ${program##*/}"
  # A program in which nothing matches the filter says so with a failure; that is no error here.
  "$program" "--benchmark_filter=$filter" --benchmark_repetitions=3 \
    --benchmark_report_aggregates_only=true --benchmark_min_time=0.2 2>/dev/null |
    grep -E '_(median|cv) ' || echo "   nothing matches '$filter'"
done
