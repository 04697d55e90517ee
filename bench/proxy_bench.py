#!/usr/bin/env python3
"""weir beside HAProxy and NGINX: what one proxied request costs (make bench-proxy).

Timed cases run in paired, interleaved slices of 0.5 s with the proxy on one CPU and the generator
and the backend on another; the ratios are medians over the rounds. Counted cases use valgrind and
strace and are the same on every machine. engine.md ("How to measure") has the reasons.
"""

import argparse
import datetime
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from measuring import counted, machine, paired, report  # noqa: E402
from measuring.candidates import CANDIDATES, DEFAULT  # noqa: E402
from measuring.programs import CannotRun  # noqa: E402

IDLE_CONNECTIONS = 7000
COUNTED_CASES = ("idle", "instructions", "syscalls")
ALL_CASES = (*paired.CASES, *COUNTED_CASES)


def say(text: str) -> None:
    print(text, flush=True)


def timed(name: str, names: list[str], rounds: int) -> dict:
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        result = paired.measure(paired.CASES[name], names, rounds, Path(folder), say)
    if result["candidates"]:
        say(report.paired_table(result))
    return result


def each(names: list[str], measure) -> dict[str, dict]:
    """One counted measurement for each candidate; one that cannot run says why and is left out."""
    found = {}
    for name in names:
        try:
            found[name] = measure(name)
        except CannotRun as reason:
            say(f"  {name} is left out: {reason}")
    return found


def idle(names: list[str]) -> dict:
    count = min(IDLE_CONNECTIONS, (machine.descriptor_limit() - 1000) // 2)
    if count < IDLE_CONNECTIONS:
        say(f"  the descriptor limit allows only {count} connections instead of "
            f"{IDLE_CONNECTIONS}")
    found = each(names, lambda name: counted.idle_memory(name, count))
    rows = [[name, f"{row['before_kb'] / 1024:.1f}", f"{row['resident_kb'] / 1024:.1f}",
             f"{(row['resident_kb'] - row['before_kb']) / count:.2f}"]
            for name, row in found.items()]
    say(report.table([f"{count} idle connections", "MB before", "MB with", "kB each"], rows))
    return {"case": "idle", "candidates": found}


def instructions(names: list[str], requests: int, keep: Path | None) -> dict:
    found = each(names, lambda name: counted.per_request(name, counted.CALLGRIND, requests,
                                                         keep=keep))
    rows = [[name, f"{row['instructions']:,.0f}", f"{row['allocations']:.3f}"]
            for name, row in found.items()]
    say(report.table(["128 B, 64 connections, a request", "user instructions",
                      "heap allocations"], rows))
    return {"case": "instructions", "requests": requests, "candidates": found}


def syscalls(names: list[str], requests: int) -> dict:
    """At 64 connections, and at one, where no event shares its wait with another."""
    result = {"case": "syscalls", "requests": requests, "candidates": {}}
    rows = []
    for connections in (64, 1):
        found = each(names, lambda name, n=connections: counted.per_request(
            name, counted.STRACE, requests, connections=n))
        for name, row in found.items():
            result["candidates"].setdefault(name, {})[str(connections)] = row
            listed = ", ".join(f"{call} {value:.2f}" for call, value in sorted(
                row.items(), key=lambda item: -item[1]) if value >= 0.005)
            rows.append([name, str(connections), f"{counted.data_calls(row):.2f}",
                         f"{counted.waits(row):.2f}", listed])
    say(report.table(["system calls a request", "connections", "data", "epoll_wait", "by name"],
                     rows))
    return result


def run(options: argparse.Namespace, rounds: int, requests: int) -> list[dict]:
    names = options.candidates
    results = []
    for case in options.cases:
        say("")
        if case in paired.CASES:
            results.append(timed(case, names, rounds))
        elif case == "idle":
            results.append(idle(names))
        elif case == "instructions":
            results.append(instructions(names, requests, options.keep))
        else:
            results.append(syscalls(names, requests // 2))
    return results


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="example: bench/proxy_bench.py --cases s64,l16 --rounds 15")
    parser.add_argument("--rounds", type=int, default=15, help="slices of each candidate a case")
    parser.add_argument("--cases", default=",".join(ALL_CASES),
                        help=f"with commas, of: {', '.join(ALL_CASES)}")
    parser.add_argument("--candidates", default=",".join(DEFAULT),
                        help=f"with commas, of: {', '.join(CANDIDATES)}")
    parser.add_argument("--json", type=Path, help="write the record here too")
    parser.add_argument("--keep", type=Path, metavar="FOLDER",
                        help="keep the callgrind files there, for callgrind_annotate")
    parser.add_argument("--quick", action="store_true",
                        help="3 rounds and few counted requests: is everything in place?")
    options = parser.parse_args()
    options.cases = options.cases.split(",")
    options.candidates = options.candidates.split(",")
    for given, known in ((options.cases, ALL_CASES), (options.candidates, CANDIDATES)):
        for name in given:
            if name not in known:
                parser.error(f"'{name}' is none of: {', '.join(known)}")
    return options


def main() -> int:
    options = parse()
    rounds, requests = (3, 500) if options.quick else (options.rounds, 5000)
    about = machine.describe()
    say(machine.sentence(about))
    say(f"n = {rounds} rounds a timed case, slices of {paired.SLICE_SECONDS} s; "
        f"{requests} counted requests")
    if machine.cpu_pair() is None:
        say("one core only: nothing is pinned and the timed ratios mean little")
    try:
        results = run(options, rounds, requests)
    except CannotRun as reason:
        say(f"bench-proxy: {reason}")
        return 1
    content = {"machine": about, "load_average_after": list(os.getloadavg()), "rounds": rounds,
               "results": results}
    if not any(result["candidates"] for result in results):
        say("bench-proxy: no candidate could run")
        return 1
    if not options.quick:
        cases = "all" if options.cases == list(ALL_CASES) else "-".join(options.cases)
        path = report.record(f"proxy-{datetime.date.today()}-{cases}", content)
        say(f"\nrecorded in {path.relative_to(machine.ROOT)}")
    if options.json:
        report.record("", content, options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
