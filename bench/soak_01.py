#!/usr/bin/env python3
"""A long run of `weir up` under load (make soak-01): no error, and nothing that only grows.

usage: bench/soak_01.py [--minutes 60] [--rate 2000]

Samples resident memory, descriptors and threads of weir and all its children; slopes are taken over
the second half, when pools and buffers have their size. Exit 1 on an error or a growing slope.
Records bench/results/soak-01.json.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from measuring import machine, report  # noqa: E402
from measuring.acceptance import Acceptance  # noqa: E402
from measuring.demo import Up  # noqa: E402
from measuring.programs import CannotRun, Generator  # noqa: E402

SAMPLE_SECONDS = 10
MEMORY_MB_PER_HOUR = 1.0


def sample(pid: int, started: float) -> dict:
    """The whole family: a leak may sit in a child."""
    members = machine.family(pid)
    kilobytes = descriptors = threads = 0
    for member in members:
        try:
            pages = int(Path(f"/proc/{member}/statm").read_text(encoding="utf-8").split()[1])
            kilobytes += pages * machine.PAGE_BYTES // 1024
            descriptors += sum(1 for _ in Path(f"/proc/{member}/fd").iterdir())
            threads += sum(1 for _ in Path(f"/proc/{member}/task").iterdir())
        except OSError:
            continue  # it ended while we looked
    return {"seconds": round(time.monotonic() - started, 1), "processes": len(members),
            "memory_mb": kilobytes / 1024, "descriptors": descriptors, "threads": threads}


def slope_per_hour(samples: list[dict], figure: str) -> float:
    """Least squares over the second half."""
    half = samples[len(samples) // 2:]
    if len(half) < 2:
        return 0.0
    times = [row["seconds"] for row in half]
    values = [row[figure] for row in half]
    middle, mean = sum(times) / len(times), sum(values) / len(values)
    spread = sum((t - middle) ** 2 for t in times)
    rise = sum((t - middle) * (v - mean) for t, v in zip(times, values, strict=True))
    return 3600 * rise / spread


def soak(minutes: float, rate: float, say) -> tuple[list[dict], dict]:
    """Samples and the sum of the load."""
    total = {"done": 0, "errors": 0, "p99_us_worst": 0.0}
    with tempfile.TemporaryDirectory(prefix="weir-soak-") as folder:
        with Up(Path(folder)) as up, Generator(up.port, "/", 64, None) as generator:
            started = time.monotonic()
            samples = [sample(up.pid, started)]
            while time.monotonic() - started < 60 * minutes:
                row = generator.run(SAMPLE_SECONDS, rate)
                total["done"] += row["done"]
                total["errors"] += row["errors"]
                total["p99_us_worst"] = max(total["p99_us_worst"], row["p99_us"])
                samples.append(sample(up.pid, started))
                last = samples[-1]
                say(f"{last['seconds'] / 60:6.1f} min  {total['done']:,} done  "
                    f"{total['errors']} errors  {last['memory_mb']:.1f} MB  "
                    f"{last['descriptors']} descriptors  {last['threads']} threads")
    return samples, total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rate", type=float, default=2000)
    options = parser.parse_args()

    def say(text: str) -> None:
        print(text, flush=True)
    about = machine.describe()
    say(machine.sentence(about))
    try:
        samples, total = soak(options.minutes, options.rate, say)
    except CannotRun as reason:
        say(f"soak-01: {reason}")
        return 1
    acceptance = Acceptance(say)
    acceptance.add("requests", "0 errors", f"{total['errors']} of {total['done']:,}",
                   total["errors"] == 0, hard=True)
    acceptance.at_most("memory growth", MEMORY_MB_PER_HOUR, slope_per_hour(samples, "memory_mb"),
                       " MB/h", hard=True)
    for figure in ("descriptors", "threads"):
        acceptance.add(f"{figure} at the end", f"<= {samples[len(samples) // 2][figure]} + 2",
                       str(samples[-1][figure]),
                       samples[-1][figure] <= samples[len(samples) // 2][figure] + 2, hard=True)
    status = acceptance.conclude()
    path = report.record("soak-01", {"machine": about, "load": total, "samples": samples,
                                     "lines": acceptance.records()})
    say(f"recorded in {path.relative_to(machine.ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
