"""weir's records while PostgreSQL is away: the proxy goes on, and no change is forgotten."""

import http.client
import threading
import time
from pathlib import Path

from measuring.postgres import Postgres
from measuring.programs import Backend
from measuring.serving import Serve
from measuring.traffic import Traffic, summed

RATE = 2000
CHANGES_EACH_S = 10
QUEUE_MAX = 20_000  # docs/formats/store.md

_TEXT = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:{port}" }}
admin: {{ bind: "127.0.0.1:{admin}", store: "{store}" }}
services:
  web: {{ discovery: [ {{ static: [ "{first}", "{second}" ] }} ] }}
routes:
  - {{ match: {{ path: / }}, service: web }}
"""


class _Changes:
    """Another weight for one endpoint, ten times a second: each has its row in `audit`."""

    def __init__(self, weir: Serve, endpoint: str, first: int):
        self.acknowledged: list[int] = []
        self.refused: list[str] = []
        self.slowest_s = 0.0
        self._weir, self._endpoint, self._weight = weir, endpoint, first
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> "_Changes":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        due = time.monotonic()
        while not self._over.is_set():
            asked = time.monotonic()
            try:
                status, answer = self._weir.call("PATCH", f"/api/endpoints/{self._endpoint}",
                                                 {"weight": self._weight})
                if status == 200:
                    self.acknowledged.append(self._weight)
                else:
                    self.refused.append(f"{status} {answer}")
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.refused.append(repr(error))
            self.slowest_s = max(self.slowest_s, time.monotonic() - asked)
            self._weight += 1
            due += 1 / CHANGES_EACH_S
            self._over.wait(max(0.0, due - time.monotonic()))


def _store(weir: Serve) -> dict:
    """What /api/store says, with how long that took."""
    asked = time.monotonic()
    try:
        status, answer = weir.call("GET", "/api/store", seconds=30)
    except (OSError, http.client.HTTPException, ValueError) as error:
        status, answer = 0, repr(error)
    health = answer.get("health", {}) if isinstance(answer, dict) else {}
    return {"status": status, "seconds": round(time.monotonic() - asked, 3), "health": health,
            "detail": answer.get("detail", "") if isinstance(answer, dict) else str(answer)[:200]}


def _outage(weir: Serve, postgres: Postgres, kind: str, endpoint: str, first: int,
            seconds: float, traffic: Traffic, say) -> dict:
    begun = time.monotonic()
    looks = []
    with _Changes(weir, endpoint, first) as changes:
        time.sleep(1)
        (postgres.stop if kind == "stopped" else postgres.stand_still)()
        away_at = time.monotonic()
        while time.monotonic() - away_at < seconds:
            looks.append(_store(weir) | {"at_s": round(time.monotonic() - away_at, 2)})
            time.sleep(1)
        (postgres.start if kind == "stopped" else postgres.go_on)()
        back_at = time.monotonic()
        recovered = weir.wait_until("the store says ok again", lambda: _store(weir)["health"].get(
            "state") == "ok", 30)
        time.sleep(1)
    weir.wait_until("the queue is empty", lambda: _store(weir)["health"].get("queued") == 0, 20)
    rows = summed(traffic.since(begun))
    wanted = [str(each) for each in changes.acknowledged]
    there = postgres.ask("SELECT after_value FROM audit WHERE after_value IN ("
                         + ",".join(f"'{each}'" for each in wanted) + ")").split("\n")
    for each in looks:  # a scratch folder means nothing in a record
        each["detail"] = each["detail"].replace(postgres.folder, "FOLDER")
    said = [each["health"]["state"] for each in looks if each["health"]]
    row = {"kind": kind, "away_s": round(back_at - away_at, 2), "traffic": rows,
           "recovered_after_s": round(recovered, 2), "looks": looks,
           "first_degraded_s": next((each["at_s"] for each in looks
                                     if each["health"].get("state") == "degraded"), None),
           "queued_most": max((each["health"].get("queued", 0) for each in looks), default=0),
           "unanswered_looks": sum(not each["health"] for each in looks),
           "slowest_look_s": max((each["seconds"] for each in looks), default=0.0),
           "changes": len(wanted), "changes_refused": changes.refused[:10],
           "slowest_change_s": round(changes.slowest_s, 3),
           "missing": sorted(set(wanted) - set(there)),
           "twice": len(there) - len(set(there))}
    say(f"    {kind} for {row['away_s']:.0f} s: {rows['done']:,} requests, {rows['errors']} errors "
        f"{rows['error_kinds'] or ''}, p99 {rows['p99_us'] / 1000:.2f} ms; degraded was said "
        f"{said.count('degraded')} of {len(looks)} times, {row['unanswered_looks']} looks had no "
        f"health, most queued {row['queued_most']}; ok {recovered:.1f} s after it was back; "
        f"{len(wanted)} changes, {len(changes.refused)} refused, {len(row['missing'])} missing, "
        f"{row['twice']} twice, slowest {changes.slowest_s:.2f} s")
    return row


def outages(folder: Path, seconds: float, say) -> list[dict]:
    """PostgreSQL away for `seconds`: stopped, then standing still with its sessions open."""
    with Postgres() as postgres:
        backends = []
        try:
            for i in range(2):
                place = folder / f"backend-{i}"
                place.mkdir()
                backends.append(Backend(place, None))
            first, second = (f"127.0.0.1:{each.port}" for each in backends)
            with Serve(folder, lambda port, admin: _TEXT.format(
                    port=port, admin=admin, store=postgres.url, first=first,
                    second=second)) as weir:
                with Traffic(weir.port, "/s", RATE, body_bytes=128) as traffic:
                    traffic.next(1)
                    return [_outage(weir, postgres, kind, first, weight, seconds, traffic, say)
                            for kind, weight in (("stopped", 1), ("hung", 501))]
        finally:
            for each in backends:
                each.stop()
