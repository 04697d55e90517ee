#!/usr/bin/env python3
"""The figures part 3 must reach (make accept-03): one PASS or MISS line each.

Reloads under load and open WebSockets, processes and containers that come and go, the scaler, the
live feed, the store while its database dies, the terminal views and the API. --parts: which, with
commas; --list shows them. bench/results/accept-03.json keeps the last run of each part, with the
machine as it was then. About 10 minutes.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from measuring import machine, reloading, report, scaled, stored, suites  # noqa: E402
from measuring.acceptance import Acceptance  # noqa: E402
from measuring.programs import CannotRun  # noqa: E402


def say(text: str) -> None:
    print(text, flush=True)


@dataclass
class Run:
    """What a part gets: where its lines go, a scratch folder, the options, the record."""

    acceptance: Acceptance
    options: argparse.Namespace
    folder: Path = Path()
    content: dict = field(default_factory=dict)

    def none(self, name: str, count: int, of: str) -> None:
        self.acceptance.add(name, "0", f"{count} ({of})", count == 0, hard=True)

    def most(self, name: str, limit: float, most: float, median: float, unit: str,
             hard: bool = False) -> None:
        self.acceptance.add(name, f"<= {limit:g} {unit}", f"{most:.2f} {unit} (median "
                            f"{median:.2f})", most <= limit, hard)

    def passed(self, name: str, row: dict, least: int = 1) -> None:
        """A run of unit tests: enough ran, none failed, none was skipped."""
        figure = f"{row['ran']} ran, {len(row['failed'])} failed, {len(row['skipped'])} skipped"
        self.acceptance.add(name, f">= {least} ran, 0 failed", figure, row["ran"] >= least
                            and not row["failed"] and not row["skipped"], hard=True)


def reload(run: Run) -> None:
    """reloads at 5,000 requests/s with 200 open WebSockets: nothing fails, nothing drops"""
    row = run.content["reload"] = reloading.measure(run.folder, run.options.reloads, say)
    every, tunnels = row["every"], row["tunnels"]
    run.none(f"{run.options.reloads} reloads at {reloading.RATE:,}/s: failed requests",
             every["errors"], f"of {every['done']:,}, {every['rate']:,.0f}/s")
    run.none(f"  dropped tunnels of {tunnels['tunnels']}", tunnels["dropped"],
             f"{tunnels['frames']:,} frames came back, p99 {tunnels['p99_us'] / 1000:.1f} ms")
    for line in tunnels["drops"]:
        say(f"      {line}")
    run.acceptance.at_most("  p99 / normal p99, median of 5 rounds", 3, row["p99_ratio"])
    before, after = row["own_before"], row["own_after"]
    run.acceptance.at_most("  memory after - before", 16,
                           after["memory_mb"] - before["memory_mb"], " MB", digits=1)
    say(f"    memory {before['memory_mb']:.1f} -> {after['memory_mb']:.1f} MB, descriptors "
        f"{before['descriptors']} -> {after['descriptors']} (without tunnels "
        f"{row['own_without_tunnels']['descriptors']}), threads {before['threads']} -> "
        f"{after['threads']}")
    for by, took in row["reload_ms"].items():
        run.most(f"  {by}: a reload takes, most of {took['n']}", 500, took["most"],
                 took["median"], "ms")
    (run.folder / "one").mkdir()
    row["only_one"] = reloading.only_one(run.folder / "one", 200, say)
    for name, rows in row["only_one"].items():
        run.none(f"the only endpoint, {name} 200 times: failed requests", rows["errors"],
                 f"of {rows['done']:,}")


def process_scale(run: Run) -> None:
    """processes 3 -> 8 -> 2 at 2,000 requests/s; a second change too soon is told when"""
    row = run.content["process-scale"] = scaled.by_hand(run.folder, 3, say)
    every = row["every"]
    run.none("processes 3 -> 8 -> 2 three times: failed requests", every["errors"],
             f"of {every['done']:,}, {every['rate']:,.0f}/s")
    right = sum(each["is_right"] for each in row["refusals"])
    run.acceptance.add("  within the cool-down: 409 with the seconds left",
                       f"{len(row['refusals'])} of {len(row['refusals'])}",
                       f"{right} of {len(row['refusals'])}", right == len(row["refusals"]),
                       hard=True)
    run.acceptance.at_most("  p99 / normal p99, median of 3", 3, scaled.medians(
        row["rounds"], "p99_us") / max(row["normal"]["p99_us"], 1))
    say(f"    up in {scaled.medians(row['rounds'], 'up_s'):.2f} s, down in "
        f"{scaled.medians(row['rounds'], 'down_s'):.2f} s (medians)")


def autoscaler(run: Run) -> None:
    """a load step, hours of recorded load, and minutes of noise against real processes"""
    steps = scaled.step(run.folder, 5, say)
    (run.folder / "noise").mkdir()
    noise = scaled.noisy(run.folder / "noise", 60 * run.options.noise_minutes, run.options.seed,
                         say)
    traces = suites.unit("scaling_test", "Trace.*")
    run.content["autoscaler"] = {"steps": steps, "noise": noise, "traces": traces}
    for key, what in (("decided_s", "decision"), ("served_s", "first request by a new process")):
        most = max(each[key] for each in steps["rounds"])
        run.most(f"load step: {what}, most of {len(steps['rounds'])}", 3, most,
                 scaled.medians(steps["rounds"], key), "s", hard=True)
    run.none("  failed requests", steps["failed"], f"of {steps['requests']:,}")
    run.passed("recorded traces: none oscillates", traces, 8)
    run.acceptance.at_most(f"{run.options.noise_minutes:g} min, 30 % noise: changes of direction",
                           0, noise["reversals"], hard=True, digits=0)
    say(f"    {scaled.settled(noise)}")
    run.none("  failed requests", noise["every"]["errors"], f"of {noise['every']['done']:,}")


def live(run: Run) -> None:
    """200 clients of the live feed"""
    row = run.content["live"] = suites.live_feed(3, 200, 10, say)
    run.acceptance.add("200 live clients at 1 Hz: of one core, median of 3", "< 5 %",
                       f"{row['cost']:.2f} % (worst {row['worst']:.2f})", row["cost"] < 5)


def store(run: Run) -> None:
    """kill -9 while writing, and PostgreSQL away for 30 s under traffic"""
    killed = suites.unit("store_test", "Kill*", WEIR_KILL_ROUNDS=str(run.options.kills))
    record = run.content["store"] = {"killed": killed}
    run.passed(f"kill -9 at {run.options.kills} points, SQLite and PostgreSQL", killed, 2)
    for line in killed["output"]:
        say(f"    {line}")
    record["outages"] = stored.outages(run.folder, run.options.away, say)
    for row in record["outages"]:
        traffic = row["traffic"]
        name = f"PostgreSQL {row['kind']} for {row['away_s']:.0f} s"
        run.none(f"{name}: failed requests", traffic["errors"], f"of {traffic['done']:,}")
        first = row["first_degraded_s"]
        # One that hangs is noticed when a read of it has waited long enough.
        stopped = row["kind"] == "stopped"
        soon = 5 if stopped else 15
        run.acceptance.add("  the API says degraded", f"<= {soon} s",
                           "never: " + _why(row) if first is None else f"{first:.1f} s",
                           first is not None and first <= soon, hard=stopped)
        run.acceptance.add("  most writes in the queue", f"1 to {stored.QUEUE_MAX:,}",
                           "the API did not say" if first is None else f"{row['queued_most']:,}",
                           0 < row["queued_most"] <= stored.QUEUE_MAX, hard=stopped)
        run.none("  acknowledged changes without a row afterwards", len(row["missing"]),
                 f"of {row['changes']}; {row['twice']} twice")
        run.acceptance.at_most("  a change takes, the slowest", 1, row["slowest_change_s"], " s")


def _why(row: dict) -> str:
    look = next(each for each in row["looks"] if not each["health"])
    return f"/api/store {look['status']} in {look['seconds']:.1f} s, {look['detail'][:80]}"


def docker(run: Run) -> None:
    """containers that come and go (measuring/containers.py)"""
    try:
        from measuring.containers import docker_figures
    except ImportError as missing:
        raise CannotRun(f"skipped: needs measuring/containers.py ({missing})") from None
    row = run.content["docker"] = docker_figures(run.folder, say=lambda text: say(f"    {text}"))
    for key, what, limit in (("start_to_routed", "starts, accepts -> first request", 300),
                             ("kill", "kill -> no new pick", 300),
                             ("pause", "pause -> no new pick", 1000),
                             ("disconnect", "leaves its network -> no new pick", 1000)):
        run.most(f"a container {what}, most of {row[key]['n']}", limit, row[key]["worst_ms"],
                 row[key]["median_ms"], "ms", hard=True)
    for key in ("kill", "pause", "disconnect", "compose"):
        run.none(f"containers, {key}: failed requests", row[key]["failed"],
                 f"of {row[key]['requests']:,}")


def views(run: Run) -> None:
    """status and top at 80 and 200 columns, against golden pictures and on a real terminal"""
    row = suites.system("test_cli")
    run.content["views"] = {"system": row}
    run.acceptance.add("commands on a real terminal", "0 failed", f"{row['passed']} passed, "
                       f"{row['failed']} failed, {row['skipped']} skipped",
                       row["passed"] > 0 and row["failed"] + row["skipped"] == 0, hard=True)
    golden = run.content["views"]["golden"] = suites.unit("term_test", "*At80And200Columns")
    run.passed("services, status and top at 80 and 200 columns", golden, 3)


def api(run: Run) -> None:
    """the API fuzzer driven by openapi.yaml (tests/system/test_api_fuzz.py)"""
    if not (suites.SYSTEM / "test_api_fuzz.py").exists():
        raise CannotRun("skipped: needs tests/system/test_api_fuzz.py")
    row = run.content["api"] = suites.system("test_api_fuzz",
                                             WEIR_FUZZ_CALLS=str(run.options.calls))
    found = re.search(r"(\d+) of \d+ calls, seed", "\n".join(row["output"]))
    violations = found.group(1) if found else "0" if row["passed"] else "not counted"
    run.acceptance.add(f"API fuzzer, {run.options.calls:,} calls: 5xx and violations", "0",
                       f"{violations} ({row['passed']} passed, {row['failed']} failed, "
                       f"{row['skipped']} skipped)", row["passed"] > 0
                       and row["failed"] + row["skipped"] == 0, hard=True)
    for line in row["output"]:
        if "seed " in line or " calls, " in line:
            say(f"    {line}")
    foreign = run.content["api"]["schemathesis"] = suites.schemathesis(run.options.seed, 30)
    found = "none" if foreign["clean"] else "some"
    run.acceptance.add("schemathesis from PyPI: findings", "0", f"{found} in "
                       f"{foreign['cases']} cases, seed {foreign['seed']}", foreign["clean"],
                       hard=True)


PARTS: dict[str, Callable[[Run], None]] = {
    "reload": reload, "process-scale": process_scale, "autoscaler": autoscaler, "live": live,
    "store": store, "docker": docker, "views": views, "api": api}


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS), help="with commas")
    parser.add_argument("--list", action="store_true", help="names the parts")
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument("--noise-minutes", type=float, default=3)
    parser.add_argument("--seed", type=int, default=20261121, help="of the noise")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--away", type=float, default=30, help="seconds without PostgreSQL")
    parser.add_argument("--calls", type=int, default=2000, help="of the API fuzzer")
    options = parser.parse_args()
    options.parts = options.parts.split(",")
    unknown = [each for each in options.parts if each not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; --list names them")
    return options


def main() -> int:
    options = parse()
    if options.list:
        for name, part in PARTS.items():
            say(f"{name:14} {part.__doc__}")
        return 0
    run = Run(Acceptance(say), options)
    path = report.RESULTS / "accept-03.json"
    parts = json.loads(path.read_text(encoding="utf-8"))["parts"] if path.exists() else {}
    say(machine.sentence(machine.describe()))
    for name in options.parts:
        about, first = machine.describe(), len(run.acceptance.lines)
        say(f"\n{name}: {PARTS[name].__doc__}; load {about['load_average'][0]:.2f}")
        with tempfile.TemporaryDirectory(prefix="weir-accept-") as folder:
            run.folder = Path(folder)
            run.acceptance.attempt(name, lambda n=name: PARTS[n](run), hard=True)
        parts[name] = {"machine": about, "load_average_after": list(os.getloadavg()),
                       "figures": run.content.get(name, {}),
                       "lines": run.acceptance.records()[first:]}
        report.record("accept-03", {"parts": parts}, path)
    say(f"\nrecorded in {path.relative_to(machine.ROOT)}")
    return run.acceptance.conclude()


if __name__ == "__main__":
    sys.exit(main())
