"""Tests whose figures an acceptance run wants: unit tests, system tests, the live feed's cost."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import machine
from measuring.candidates import weir_binary
from measuring.programs import CannotRun, built
from measuring.traffic import median

SYSTEM = machine.ROOT / "tests" / "system"


def _run(command: list, seconds: float, **environment: str) -> subprocess.CompletedProcess:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=seconds, env=os.environ | environment)
    except subprocess.TimeoutExpired as late:
        raise CannotRun(f"{command[0]} was not done after {seconds:.0f} s") from late


def _lines(text: str) -> list[str]:
    """Without the path of this checkout: the record is for everybody."""
    return text.replace(f"{machine.ROOT}/", "").splitlines()


def unit(program: str, pattern: str, seconds: float = 300, **environment: str) -> dict:
    """Tests of a unit-test program: how many ran, which failed, what they printed."""
    with tempfile.TemporaryDirectory(prefix="weir-accept-") as folder:
        path = Path(folder) / "report.json"
        done = _run([built(program), f"--gtest_filter={pattern}", f"--gtest_output=json:{path}"],
                    seconds, **environment)
        if not path.exists():
            raise CannotRun(f"{program} left no report, status {done.returncode}: "
                            f"{done.stderr[-300:]}")
        suites = json.loads(path.read_text(encoding="utf-8"))["testsuites"]
    tests = [test | {"name": f"{suite['name']}.{test['name']}"}
             for suite in suites for test in suite["testsuite"]]
    return {"program": program, "ran": sum(each["result"] == "COMPLETED" for each in tests),
            "skipped": [each["name"] for each in tests if each["result"] == "SKIPPED"],
            "failed": [each["name"] for each in tests if "failures" in each],
            "tests": {each["name"]: {"time": each["time"]} | {
                key: each[key] for key in ("seed",) if key in each} for each in tests},
            "output": [line for line in _lines(done.stdout) if line[:1] not in "[N"]}


def system(pattern: str, seconds: float = 600, **environment: str) -> dict:
    """System tests by name: passed, failed, skipped, and the lines they printed."""
    done = _run([sys.executable, SYSTEM / "run.py", pattern], seconds,
                **({"WEIR_BIN": weir_binary()} | environment))
    found = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", done.stdout, re.MULTILINE)
    if not found:
        raise CannotRun(f"tests/system/run.py {pattern} said: {done.stdout[-300:]}{done.stderr}")
    passed, failed, skipped = map(int, found.groups())
    wrong = re.findall(r"^(?:FAIL|ERROR): (.+)$", done.stdout, re.MULTILINE)
    return {"pattern": pattern, "passed": passed, "failed": failed, "skipped": skipped,
            "wrong": wrong, "output": _lines(done.stdout)[-60:]}


def schemathesis(seed: int, cases: int, seconds: float = 900) -> dict:
    """A foreign fuzzer from PyPI: how many test cases, and what it found."""
    done = _run([sys.executable, SYSTEM / "schemathesis_run.py", "--seed", str(seed), "-n",
                 str(cases)], seconds, WEIR_BIN=weir_binary(), PYTHONUNBUFFERED="1")
    skipped = re.search(r"^skipped: (.+)$", done.stdout, re.MULTILINE)
    if skipped:
        raise CannotRun(f"skipped: {skipped.group(1)}")
    found = re.search(r"([\d,]+) generated", done.stdout)
    return {"seed": seed, "cases": int(found.group(1).replace(",", "")) if found else None,
            "clean": done.returncode == 0, "output": _lines(done.stdout)[-40:]}


def live_feed(runs: int, clients: int, seconds: float, say) -> dict:
    """Percent of one core that `clients` cost, each run with and without them."""
    rows = []
    for _ in range(runs):
        done = _run([sys.executable, machine.ROOT / "bench" / "live_feed.py", "--clients",
                     str(clients), "--seconds", str(seconds)], 4 * seconds + 60,
                    WEIR_BIN=weir_binary())
        shares = re.findall(r"process ([\d.]+) %, admin lane ([\d.]+) %", done.stdout)
        if len(shares) != 2:
            raise CannotRun(f"bench/live_feed.py said: {done.stdout}{done.stderr[-300:]}")
        (without, lane_without), (with_them, lane_with) = (
            (float(whole), float(lane)) for whole, lane in shares)
        each = re.search(r"(\d+) bytes/s each", done.stdout)
        rows.append({"cost": round(with_them - without, 2),
                     "lane": round(lane_with - lane_without, 2), "without": without,
                     "with": with_them, "bytes_each": int(each.group(1)) if each else 0})
        say(f"    {clients} clients: {rows[-1]['cost']:.2f} % of a core (process {without:.2f} -> "
            f"{with_them:.2f} %), {rows[-1]['bytes_each']} bytes/s each")
    return {"runs": rows, "cost": median([row["cost"] for row in rows]),
            "worst": max(row["cost"] for row in rows)}
