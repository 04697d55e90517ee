#!/usr/bin/env python3
"""A long run in which everything changes all the time (make soak-03): no error, nothing grows.

usage: bench/soak_03.py [--minutes 30] [--rate 1500] [--seed N]

Traffic over two services and 50 open WebSockets while files are reloaded, processes come and go,
weights, drains and algorithms change, live clients arrive and leave and the API is read. Once a
minute all is put back, and weir's own memory, descriptors and threads are sampled; the second half
counts (the first fills ten minutes of history). Exit 1 on an error, a drop or growth. Records
bench/results/soak-03.json.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from measuring import machine, report  # noqa: E402
from measuring.acceptance import Acceptance  # noqa: E402
from measuring.candidates import weir_binary  # noqa: E402
from measuring.operators import Operators, work  # noqa: E402
from measuring.programs import CannotRun  # noqa: E402
from measuring.reloading import World  # noqa: E402
from measuring.traffic import Traffic, summed  # noqa: E402
from measuring.tunnels import Tunnels  # noqa: E402
from soak_01 import slope_per_hour  # noqa: E402

TUNNELS = 50
MEMORY_RISE_MB = 2.0  # over the second half
DESCRIPTORS_SLACK = 32  # pools of connections breathe: only the least counts
ROWS_MAX = {"logs": 100_000, "audit": 100_000, "metrics": 1_000_000, "scaler_decisions": 20_000}
ROWS_SLACK = 1.1  # deleting is done once a minute

APP = """  app:
    discovery: [ {{ process: {{}} }} ]
    process: {{ command: ["{weir}", lab, web, --port, "0"], replicas: 3, ready: /health }}
    scaling: {{ min: 2, max: 5, cooldown: 0s, drain: 5s }}
"""
APP_ROUTE = "  - { match: { path: /app/ }, service: app, strip_prefix: true }\n"


def say(text: str) -> None:
    print(text, flush=True)


def minute(world: World, operators: Operators, traffics: list[Traffic], open_ones: Tunnels,
           started: float) -> dict:
    """A minute of changes, then a calm look."""
    here = [len(each.rows) for each in traffics]
    refused = len(operators.refused)
    work(operators, 50)
    operators.calm()
    for each in traffics:
        each.next(2)
    rows = [row for each, first in zip(traffics, here, strict=True) for row in each.rows[first:]]
    load = summed(rows)
    sample = {"seconds": round(time.monotonic() - started, 1)} | world.weir.own() | {
        "done": load["done"], "errors": load["errors"], "p99_us": load["p99_us"]}
    say(f"{sample['seconds'] / 60:6.1f} min  {load['done']:,} done  {load['errors']} errors "
        f"{load['error_kinds'] or ''} p99 {load['p99_us'] / 1000:.2f} ms  "
        f"{sample['memory_mb']:.1f} MB  {sample['descriptors']} descriptors  "
        f"{sample['threads']} threads  {open_ones.open} tunnels  "
        f"{sum(operators.counts.values())} actions  {len(operators.refused)} refused  "
        f"load {os.getloadavg()[0]:.1f}")
    for line in operators.refused[refused:]:
        say(f"    {line}")
    return sample


def soak(folder: Path, options: argparse.Namespace) -> dict:
    also = (APP.format(weir=weir_binary()), APP_ROUTE)
    with World(folder, "--data", str(folder / "data"), also=also) as world, \
            Tunnels(world.weir.port, "/ws", TUNNELS, 2) as open_ones, \
            Traffic(world.weir.port, "/s", 0.8 * options.rate, body_bytes=128) as raw:
        world.weir.wait_until("the processes serve", lambda: world.weir.eligible("app") == 3)
        with Traffic(world.weir.port, "/app/", 0.2 * options.rate, connections=16) as app:
            operators = Operators(world, options.seed)
            started = time.monotonic()
            samples = []
            try:
                while time.monotonic() - started < 60 * options.minutes - 30:  # to the nearest
                    samples.append(minute(world, operators, [raw, app], open_ones, started))
            finally:
                operators.end()
            tables = world.weir.must("GET", "/api/store")
            every = summed(raw.rows + app.rows)
        open_ones.end()
    return {"samples": samples, "load": every, "tunnels": open_ones.figures(),
            "actions": operators.counts, "refused": operators.refused[:50],
            "refusals": len(operators.refused), "store": tables["health"],
            "rows": {each["table"]: each["rows"] for each in tables["tables"]}}


def judge(row: dict, acceptance: Acceptance) -> None:
    load, samples = row["load"], row["samples"]
    acceptance.add("requests", "0 errors", f"{load['errors']} of {load['done']:,}",
                   load["errors"] == 0, hard=True)
    acceptance.add("WebSockets", "0 dropped", f"{row['tunnels']['dropped']} of {TUNNELS}, "
                   f"{row['tunnels']['frames']:,} frames", not row["tunnels"]["dropped"], hard=True)
    actions = sum(row["actions"].values())
    acceptance.add("changes, reads and live clients", "0 refused",
                   f"{row['refusals']} of {actions + row['refusals']:,}", not row["refusals"],
                   hard=True)
    middle = len(samples) // 2
    half = samples[middle:]
    hours = (half[-1]["seconds"] - half[0]["seconds"]) / 3600
    slope = slope_per_hour(samples, "memory_mb")
    acceptance.add("memory: rise over the second half", f"<= {MEMORY_RISE_MB:g} MB",
                   f"{slope * hours:+.2f} MB in {60 * hours:.0f} min ({slope:+.1f} an hour), "
                   f"{samples[0]['memory_mb']} -> {samples[-1]['memory_mb']} in all",
                   slope * hours <= MEMORY_RISE_MB, hard=True)
    for figure, slack in (("descriptors", DESCRIPTORS_SLACK), ("threads", 0)):
        first = min(each[figure] for each in samples[:middle] or samples)
        second = min(each[figure] for each in half)
        acceptance.add(f"{figure}: least of the second half", f"<= {first + slack}",
                       f"{second} ({samples[0][figure]} -> {samples[-1][figure]} in all)",
                       second <= first + slack, hard=True)
    for table, most in ROWS_MAX.items():
        acceptance.add(f"rows of {table}", f"<= {most:,}", f"{row['rows'][table]:,}",
                       row["rows"][table] <= most * ROWS_SLACK, hard=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=1500, help="requests a second in all")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the actions")
    options = parser.parse_args()
    about = machine.describe()
    say(machine.sentence(about))
    say(f"seed {options.seed}: {options.minutes:g} minutes, {options.rate:g} requests/s, "
        f"{TUNNELS} WebSockets")
    with tempfile.TemporaryDirectory(prefix="weir-soak-") as folder:
        try:
            row = soak(Path(folder), options)
        except CannotRun as reason:
            say(f"soak-03: {reason}")
            return 1
    acceptance = Acceptance(say)
    judge(row, acceptance)
    for line in [*row["tunnels"]["drops"], *row["refused"]]:
        say(f"    {line}")
    say(f"actions: {', '.join(f'{count} {name}' for name, count in row['actions'].items())}")
    status = acceptance.conclude()
    path = report.record("soak-03", {"machine": about, "seed": options.seed} | row
                         | {"lines": acceptance.records()})
    say(f"recorded in {path.relative_to(machine.ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
