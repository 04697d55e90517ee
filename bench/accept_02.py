#!/usr/bin/env python3
"""The figures part 2 must reach (make accept-02): one PASS or MISS line each.

1 of 4 web-server processes fails at 2,000 requests/s of GETs; the 10 s after the fault count.
--events N: how many events of each kind (20; about 20 minutes). Everything goes to
bench/results/accept-02-DATE.json.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from measuring import machine, report  # noqa: E402
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
            told["out"] = -1.0

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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=20, help="of each kind")
    parser.add_argument("--window", type=float, default=WINDOW, help="seconds that count")
    parser.add_argument("--kinds", default=",".join(KINDS), help="with commas")
    options = parser.parse_args()
    acceptance = Acceptance(say)
    content: dict = {"machine": machine.describe(), "events": options.events,
                     "window_s": options.window}
    say(machine.sentence(content["machine"]))
    for name in options.kinds.split(","):
        run, ratio = KINDS[name]
        with tempfile.TemporaryDirectory(prefix="weir-accept-") as folder:
            def measure(run=run, ratio=ratio, name=name, folder=folder) -> None:
                rows = run(Path(folder), options.events, options.window)
                content[name] = rows
                summed(name, rows, acceptance, ratio)
                if name == "SIGSTOP":
                    worst = max(row["p99_us"] for row in rows) / 1000
                    acceptance.at_most("SIGSTOP: worst p99, attempt timeout 2 s", 2050, worst,
                                       " ms", digits=0)
                    acceptance.at_most("SIGSTOP: no new pick after", 1.5,
                                       max(row["out_after_s"] for row in rows), " s")
            acceptance.attempt(name, measure, hard=True)
    content["lines"] = acceptance.records()
    path = report.record("accept-02", content)
    say(f"recorded in {path.relative_to(machine.ROOT)}")
    return acceptance.conclude()


if __name__ == "__main__":
    sys.exit(main())
