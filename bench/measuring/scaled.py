"""Processes that come and go under load: by an operator, by a load step, under a noisy load."""

import datetime
import http.client
import json
import math
import random
import threading
import time
from pathlib import Path

from measuring import machine
from measuring.candidates import weir_binary
from measuring.programs import CannotRun
from measuring.serving import Serve
from measuring.traffic import Traffic, median, summed

RATE = 2000
COOLDOWN_S = 3

_TEXT = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:{port}" }}
admin: {{ bind: "127.0.0.1:{admin}" }}
services:
  app:
    discovery: [ {{ process: {{}} }} ]
    process: {{ command: ["{weir}", lab, web, --port, "0", --latency, "{latency}"],
               replicas: {replicas}, ready: /health }}
    scaling: {{ {scaling} }}
routes:
  - {{ match: {{ path: / }}, service: app }}
"""


def serve(folder: Path, replicas: int, scaling: str, latency: str = "0ms") -> Serve:
    weir = Serve(folder, lambda port, admin: _TEXT.format(
        port=port, admin=admin, weir=weir_binary(), latency=latency, replicas=replicas,
        scaling=scaling))
    try:
        weir.wait_until("every process serves", lambda: weir.eligible("app") == replicas)
    except BaseException:
        weir.stop()
        raise
    return weir


class _Operator:
    """Scales by the admin interface and measures what comes of it."""

    def __init__(self, weir: Serve):
        self.weir = weir
        self.refusals: list[dict] = []
        self.cool_at = (0.0, 0.0)  # the next operation is allowed: not before, and not after

    def scale(self, wanted: int) -> float:
        """Seconds until exactly so many serve, and no other process is left."""
        asked = time.monotonic()
        self.weir.must("POST", "/api/scale", {"service": "app", "replicas": wanted})
        self.cool_at = (asked + COOLDOWN_S, time.monotonic() + COOLDOWN_S)
        return self.weir.wait_until(f"{wanted} serve", lambda: self._is(wanted), 30)

    def _is(self, wanted: int) -> bool:
        states = [each["state"] for each in self.weir.service("app")["endpoints"]]
        return (states == ["eligible"] * wanted
                and len(machine.family(self.weir.pid)) == 1 + wanted)

    def refused(self) -> None:
        """Within the cool-down: the answer, and whether its seconds are those that are left."""
        most = math.ceil(self.cool_at[1] - time.monotonic())
        status, answer = self.weir.call("POST", "/api/scale", {"service": "app", "action": "up"})
        least = math.ceil(self.cool_at[0] - time.monotonic())
        after = answer.get("retryAfter") if isinstance(answer, dict) else None
        self.refusals.append({"status": status, "retry_after": after, "left": [least, most],
                              "is_right": status == 409 and after in range(least, most + 1)})

    def wait_for_cooldown(self) -> None:
        time.sleep(max(0.0, self.cool_at[1] - time.monotonic()))


def by_hand(folder: Path, rounds: int, say) -> dict:
    """3 -> 8 -> 2 -> 3, `rounds` times, at RATE."""
    rows = []
    with serve(folder, 3, f"min: 2, max: 9, cooldown: {COOLDOWN_S}s, drain: 10s") as weir:
        operator = _Operator(weir)
        with Traffic(weir.port, "/", RATE, slice_s=1.0) as traffic:
            normal = summed(traffic.next(4))
            for _ in range(rounds):
                begun = time.monotonic()
                up = operator.scale(8)
                operator.refused()
                operator.wait_for_cooldown()
                weir.wait_until("each of the eight has served", lambda: all(
                    each["requests"] > 0 for each in weir.service("app")["endpoints"]))
                down = operator.scale(2)
                operator.refused()
                operator.wait_for_cooldown()
                operator.scale(3)
                operator.wait_for_cooldown()
                row = summed(traffic.since(begun)) | {"up_s": round(up, 2),
                                                      "down_s": round(down, 2)}
                rows.append(row)
                say(f"    3 -> 8 in {up:.2f} s, 8 -> 2 in {down:.2f} s: {row['done']:,} requests, "
                    f"{row['errors']} errors {row['error_kinds'] or ''}, p99 "
                    f"{row['p99_us'] / 1000:.2f} ms beside {normal['p99_us'] / 1000:.2f}, worst "
                    f"second {row['p99_us_worst'] / 1000:.1f}")
            every = summed(traffic.rows)
    return {"normal": normal, "rounds": rows, "every": every, "refusals": operator.refusals}


class _Probes:
    """A few clients that ask one after the other and note which process answered first when."""

    def __init__(self, port: int, clients: int = 4):
        self.first_seen: dict[int, float] = {}
        self.failed: list[str] = []
        self.asked = 0
        self._port = port
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> "_Probes":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._threads:
            each.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        while not self._over.is_set():
            try:
                connection.request("GET", "/")
                answer = connection.getresponse()
                text = answer.read()
                self.asked += 1
                if answer.status == 200:
                    self.first_seen.setdefault(json.loads(text)["pid"], time.time())
                else:
                    self.failed.append(f"{answer.status} {text[:200]!r}")
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failed.append(repr(error))
                connection.close()
        connection.close()


def _acts(lines: list[dict]) -> list[dict]:
    """The scaler's operations among log lines, with their wall time."""
    return [line | {"at": datetime.datetime.fromisoformat(line["time"]).timestamp()}
            for line in lines if line["component"] == "scaler"
            and line.get("verdict") in ("scale_up", "scale_down")]


def _one_step(weir: Serve, before_s: float, totals: dict) -> dict:
    """From about 6 to about 24 requests under way, where each process should have 8."""
    with _Probes(weir.port) as probes, Traffic(weir.port, "/", 40, slice_s=0.5) as traffic:
        traffic.next(2)
        time.sleep(before_s)
        known = set(probes.first_seen)
        weir.news()
        at = traffic.step(500)
        weir.wait_until("a new process serves", lambda: set(probes.first_seen) - known, 30)
        served = min(when for pid, when in probes.first_seen.items() if pid not in known)
        ups = [each for each in _acts(weir.news()) if each["verdict"] == "scale_up"]
        if not ups:
            raise CannotRun("a new process served, but no decision is in the log")
        traffic.next(2)
        every = summed(traffic.rows)
    totals["requests"] += every["done"] + probes.asked
    totals["failed"] += every["errors"] + len(probes.failed)
    return {"decided_s": round(ups[0]["at"] - at, 3), "served_s": round(served - at, 3),
            "why": ups[0]["message"], "failed": probes.failed[:5]}


def step(folder: Path, rounds: int, say) -> dict:
    """One load step for each of so many weirs: a single one would run out of changes of direction,
    of which the scaler allows six an hour."""
    rows = []
    totals = {"requests": 0, "failed": 0}
    scaling = "min: 1, max: 6, cooldown: 1s, down_window: 30s, target: { inflight: 8 }"
    for i in range(rounds):
        place = folder / f"step-{i}"
        place.mkdir()
        with serve(place, 1, scaling, "40ms") as weir:
            rows.append(_one_step(weir, i / rounds, totals))  # anywhere in the scaler's second
        say(f"    decided after {rows[-1]['decided_s']:.2f} s, served after "
            f"{rows[-1]['served_s']:.2f} s: {rows[-1]['why']}")
    return {"rounds": rows} | totals


def noisy(folder: Path, seconds: float, seed: int, say) -> dict:
    """Another load every second, 30 % up or down; the scaler should settle, not follow."""
    draw = random.Random(seed)
    scaling = "min: 1, max: 10, cooldown: 5s, down_window: 30s, target: { inflight: 4 }"
    wanted = []
    with serve(folder, 2, scaling, "40ms") as weir:
        with Traffic(weir.port, "/", 400, slice_s=1.0) as traffic:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                traffic.step(400 * draw.uniform(0.7, 1.3))
                wanted.append(weir.service("app")["scaling"]["wanted"])
                if len(wanted) % 30 == 0:
                    say(f"    {len(wanted)} s of noise: {wanted[-1]} processes wanted")
            every = summed(traffic.rows)
        acts = _acts(weir.news())
    ways = [1 if each["to"] > each["from"] else -1 for each in acts]
    return {"seconds": len(wanted), "seed": seed, "wanted": wanted, "every": every,
            "operations": [{"from": each["from"], "to": each["to"], "why": each["message"]}
                           for each in acts],
            "reversals": sum(a != b for a, b in zip(ways, ways[1:]))}


def settled(row: dict) -> str:
    return (f"{len(row['operations'])} operations in {row['seconds']} s, at {row['wanted'][-1]} "
            f"processes in the end, seed {row['seed']}")


def medians(rows: list[dict], key: str) -> float:
    return median([row[key] for row in rows])
