#!/usr/bin/env python3
"""The figures part 2 must reach (make accept-02): one PASS or MISS line each.

1 of 4 web-server processes fails at 2,000 requests/s of GETs; the 10 s after the fault count. Then
one slow process of four beside HAProxy and NGINX, overload, a service that fails altogether, a
breaker on a real clock, the simulated worlds, and what a request costs with everything on.
--events N: how many events of each kind (7: more than 20 in all; about 8 minutes). --parts: which
parts, with commas. Everything goes to bench/results/accept-02-DATE.json. About 20 minutes.
"""

import argparse
import math
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from measuring import balancing, counted, machine, paired, report  # noqa: E402
from measuring.acceptance import Acceptance  # noqa: E402
from measuring.faulty import Gateway, Raw, under_load  # noqa: E402
from measuring.programs import CannotRun  # noqa: E402

WINDOW = 10.0


def say(text: str) -> None:
    print(text, flush=True)


def one(gateway: Gateway, act, window: float) -> dict:
    """Normal p99, then the fault's: errors and p99 over the window after it."""
    normal = under_load(gateway, 3, 2.9, lambda: None)
    told = {}

    def fault() -> None:
        told["at"] = time.monotonic()
        act()
        try:
            told["out"] = gateway.wait_until(
                lambda states: list(states.values()).count("eligible") < 4, 5)
        except CannotRun:
            told["out"] = math.inf

    faulty = under_load(gateway, window, 0.05, fault)
    return {"normal_p99_us": normal["p99_us"], "p99_us": faulty["p99_us"],
            "errors": faulty["errors"], "done": faulty["done"], "out_after_s": told["out"],
            "normal_errors": normal["errors"]}


def summed(name: str, rows: list[dict], acceptance: Acceptance, ratio_max: float | None) -> None:
    clean = sum(1 for row in rows if row["errors"] == 0)
    acceptance.add(f"{name}: events without a client-visible error", f"{len(rows)} of {len(rows)}",
                   f"{clean} of {len(rows)} ({sum(row['done'] for row in rows):,} requests)",
                   clean == len(rows), hard=True)
    ratios = sorted(row["p99_us"] / max(row["normal_p99_us"], 1) for row in rows)
    if ratio_max is not None:
        acceptance.at_most(f"{name}: p99 / normal p99, median of {len(rows)}", ratio_max,
                           ratios[len(ratios) // 2])
    out = sorted(row["out_after_s"] for row in rows)
    say(f"    out of the set after {out[0]:.3f} / {out[len(out) // 2]:.3f} / {out[-1]:.3f} s "
        f"(least, median, most); p99 ratios {ratios[0]:.2f} .. {ratios[-1]:.2f}")


def kill(folder: Path, events: int, window: float) -> list[dict]:
    rows = []
    with Gateway(folder) as gateway:
        for i in range(events):
            children = sorted(gateway.children())
            rows.append(one(gateway, lambda: os.kill(children[i % 4], signal.SIGKILL), window))
            gateway.wait_until(lambda s: list(s.values()).count("eligible") == 4, 20)
    return rows


def refuse(folder: Path, events: int, window: float) -> list[dict]:
    rows = []
    with Raw(folder) as raw, Gateway(folder, raw.addresses) as gateway:
        for i in range(events):
            rows.append(one(gateway, lambda: raw.refuse(i % 4), window))
            raw.revive(i % 4)
            gateway.wait_until(lambda s: list(s.values()).count("eligible") == 4, 30)
    return rows


def reset(folder: Path, events: int, window: float) -> list[dict]:
    rows = []
    with Raw(folder) as raw, Gateway(folder, raw.addresses) as gateway:
        for i in range(events):
            rows.append(one(gateway, lambda: raw.reset(i % 4), window))
            raw.end_reset(i % 4)
            gateway.wait_until(lambda s: list(s.values()).count("eligible") == 4, 60)
    return rows


def stop(folder: Path, events: int, window: float) -> list[dict]:
    rows = []
    with Gateway(folder, attempt="2s") as gateway:
        for i in range(events):
            child = sorted(gateway.children())[i % 4]
            rows.append(one(gateway, lambda: os.kill(child, signal.SIGSTOP), window))
            os.kill(child, signal.SIGCONT)
            gateway.wait_until(lambda s: list(s.values()).count("eligible") == 4, 60)
    return rows


KINDS = {"kill -9": (kill, 3.0), "refused": (refuse, 3.0), "reset": (reset, 3.0),
         "SIGSTOP": (stop, None)}


def events_of(name: str, folder: Path, options: argparse.Namespace, acceptance: Acceptance,
              content: dict) -> None:
    run, ratio = KINDS[name]
    rows = run(folder, options.events, options.window)
    content[name] = rows
    summed(name, rows, acceptance, ratio)
    if name == "SIGSTOP":
        worst = max(row["p99_us"] for row in rows) / 1000
        acceptance.at_most("SIGSTOP: worst p99, attempt timeout 2 s", 2050, worst, " ms", digits=0)
        acceptance.at_most("SIGSTOP: no new pick after", 1.5,
                           max(row["out_after_s"] for row in rows), " s", hard=True)


def slow_one(acceptance: Acceptance, folder: Path, content: dict) -> None:
    row = balancing.slow_one(folder, 5, 8, say)
    content["slow_one"] = row
    p99 = row["p99_ms"]
    best = min(p99["haproxy leastconn"], p99["nginx least_conn"])
    for name in ("least_response_time", "adaptive"):
        acceptance.at_most(f"one of four 10x slower: p99 {name} x the better peer", 1.1,
                           p99[name] / best)
    say(f"    p99 ms: {', '.join(f'{name} {value:.1f}' for name, value in p99.items())}; "
        f"adaptive had chosen {row['adaptive_arm']}")


def overload(acceptance: Acceptance, folder: Path, content: dict) -> None:
    row = balancing.overload(folder, 8)
    content["overload"] = row
    goodput = row["over"]["rate"] / row["peak"]["rate"]
    acceptance.add("3x overload: goodput of the peak", ">= 80 %", f"{100 * goodput:.1f} %",
                   goodput >= 0.8)
    acceptance.at_most("3x overload: p99 of accepted x that of the peak", 3,
                       row["over"]["p99_us"] / row["peak"]["p99_us"])
    say(f"    p99 ms: at 70 % {row['normal']['p99_us'] / 1000:.1f}, peak "
        f"{row['peak']['p99_us'] / 1000:.1f}, overload {row['over']['p99_us'] / 1000:.1f}")
    back = row["recovered_after_s"]
    acceptance.add("3x overload: recovery", "<= 10 s", f"{back} s" if back else "not in 10 s",
                   back is not None)


def amplification(acceptance: Acceptance, folder: Path, content: dict) -> None:
    row = balancing.amplification(folder, 60)
    content["amplification"] = row
    acceptance.at_most("all fails for 60 s: attempts / requests", 1.20,
                       round(row["attempts"] / row["requests"], 2))


def breaker(acceptance: Acceptance, folder: Path, content: dict) -> None:
    row = balancing.breaker(folder)
    content["breaker"] = row
    acceptance.add("breaker: failures until it opens", "5, 5",
                   f"{row['failures_to_open']}, {row['second_failures_to_open']}",
                   row["failures_to_open"] == row["second_failures_to_open"] == 5, hard=True)
    acceptance.add("breaker: answer while open", "fallback", row["fallback"] or "none",
                   row["fallback"] == "static", hard=True)
    first = row["first_probe_after_s"]
    acceptance.add("breaker: first probe after", "30 to 33.5 s",
                   f"{first:.1f} s" if first else "never", first is not None and 30 <= first < 33.5)
    acceptance.add("breaker: after three good probes", "closed", row["state_after_probes"],
                   row["state_after_probes"] == "closed", hard=True)
    acceptance.add("breaker: probes until one failed one reopened it", "1",
                   str(row["probes_until_reopened"]), row["probes_until_reopened"] == 1, hard=True)


def simulated(acceptance: Acceptance, _: Path, content: dict) -> None:
    row = balancing.simulated(say)
    content["simulated"] = row
    ratios = row["ratios"]
    acceptance.at_most("worlds but c: adaptive's p95 x the best fixed one's", 1.10,
                       max(value for world, value in ratios.items() if world != balancing.CACHE))
    acceptance.at_most("world c (caches): the same", 1.10, ratios[balancing.CACHE])
    acceptance.add(f"{row['day_s'] / 3600:.0f} simulated hours, equal endpoints: switches", "0",
                   str(row["day_switches"]), row["day_switches"] == 0)


def cost(acceptance: Acceptance, folder: Path, content: dict) -> None:
    counts = counted.per_request("weir", counted.CALLGRIND, 4000)
    content["instructions"] = counts
    acceptance.at_most("user instructions a request, everything on", 10_000,
                       counts["instructions"], hard=True, digits=0)
    row = paired.measure(paired.CASES["s64"], ["weir", "haproxy", "nginx"], 15, folder, say)
    content["timed"] = row
    for peer, limit in (("haproxy", 0.75), ("nginx", 0.80)):
        acceptance.at_most(f"128 B, 64 connections: CPU x {peer}", limit,
                           row["ratios"][f"weir/{peer}"]["cpu_us"]["median"])


PARTS = {"slow one": slow_one, "overload": overload, "amplification": amplification,
         "breaker": breaker, "simulated": simulated, "cost": cost}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=7, help="of each kind")
    parser.add_argument("--window", type=float, default=WINDOW, help="seconds that count")
    parser.add_argument("--parts", default=",".join((*KINDS, *PARTS)), help="with commas")
    options = parser.parse_args()
    acceptance = Acceptance(say)
    content: dict = {"machine": machine.describe(), "events": options.events,
                     "window_s": options.window}
    say(machine.sentence(content["machine"]))
    for name in options.parts.split(","):
        with tempfile.TemporaryDirectory(prefix="weir-accept-") as folder:
            if name in KINDS:
                acceptance.attempt(name, lambda n=name, f=folder: events_of(
                    n, Path(f), options, acceptance, content), hard=True)
            else:
                acceptance.attempt(name, lambda n=name, f=folder: PARTS[n](
                    acceptance, Path(f), content))
    content["lines"] = acceptance.records()
    path = report.record("accept-02", content)
    say(f"recorded in {path.relative_to(machine.ROOT)}")
    return acceptance.conclude()


if __name__ == "__main__":
    sys.exit(main())
