"""Reloads under load and open tunnels: eight files in turn, each with another kind of change."""

import os
import time
from pathlib import Path

from measuring.candidates import weir_binary
from measuring.programs import Backend, CannotRun
from measuring.serving import Serve
from measuring.traffic import Traffic, median, summed
from measuring.tunnels import Echo, Tunnels

RATE = 5000
TUNNELS = 200
FRAMES_EACH = 2  # a second
ROUNDS = 5
KINDS = 8

_TEXT = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:{port}"{limits} }}
admin: {{ bind: "127.0.0.1:{admin}" }}
services:
  web:
    discovery: [ {{ static: [ {web} ] }} ]
    balance: {{ algorithm: {algorithm}, slow_start: 0s }}
{more}{services}routes:
  - {{ match: {{ path: / }}, service: web{route} }}
{routes}"""


def text_of(kind: int, port: int, admin: int, backends: list[str], echoes: list[str],
            also: tuple[str, str] = ("", "")) -> str:
    """File number `kind` of eight; neighbours differ, and all serve GET /s.

    `also`: services and routes that are in all of them.
    """
    def listed(*numbers: int, weight: int = 1) -> str:
        return ", ".join(f'{{ address: "{backends[i]}", weight: {weight if n == 0 else 1} }}'
                         for n, i in enumerate(numbers))
    filled = {"port": port, "admin": admin, "limits": "", "web": listed(0, 1, 2),
              "algorithm": "round_robin", "more": "", "route": "", "routes": ""}
    tunnels = echoes[0]
    has_tunnels = True
    services, filled["routes"] = also
    if kind == 1:
        filled |= {"web": listed(0, 1, 2, weight=5), "algorithm": "weighted"}
    elif kind == 2:
        filled |= {"web": listed(1, 2, 3)}  # one goes, one comes
    elif kind == 3:  # the traffic goes to another service
        services += f"  other: {{ discovery: [ {{ static: [ {listed(0, 3)} ] }} ] }}\n"
        filled["routes"] += "  - { match: { path: /s }, service: other }\n"
    elif kind == 4:  # what a service holds for its whole life
        filled |= {"more": "    breaker: { failures: 7 }\n    concurrency: {}\n"
                           "    rate_limit: { rate: 100000/s, burst: 10000, key: client_ip }\n"}
    elif kind == 5:  # the tunnels' service and route are gone
        has_tunnels = False
    elif kind == 6:  # and here again, elsewhere
        tunnels = echoes[1]
        filled |= {"route": ", timeout: { attempt: 5s, total: 10s }"}
    elif kind == 7:
        filled |= {"web": listed(3, 2, weight=3), "algorithm": "least_connections",
                   "limits": ", limits: { head_time: 9s }"}
    if has_tunnels:
        services += f'  tunnels: {{ discovery: [ {{ static: [ "{tunnels}" ] }} ] }}\n'
        filled["routes"] += "  - { match: { path: /ws }, service: tunnels }\n"
    return _TEXT.format(services=services, **filled)


class World:
    """Four raw backends, two echo servers, and weir in front of them."""

    def __init__(self, folder: Path, *options: str, also: tuple[str, str] = ("", "")):
        self._folder, self._options, self._also = folder, options, also
        self._open: list = []

    def __enter__(self) -> "World":
        try:
            self.backends = []
            for i in range(4):
                place = self._folder / f"backend-{i}"
                place.mkdir()
                self.backends.append(self._keep(Backend(place, None)))
            self.echoes = [self._keep(Echo()) for _ in range(2)]
            self.weir = self._keep(Serve(self._folder, self._first, *self._options))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for each in reversed(self._open):
            each.__exit__(None, None, None)

    def _keep(self, one):
        self._open.append(one)
        return one

    def _first(self, port: int, admin: int) -> str:
        return self.text(0, port, admin)

    def text(self, kind: int, port: int = 0, admin: int = 0) -> str:
        return text_of(kind, port or self.weir.port, admin or self.weir.admin,
                       [f"127.0.0.1:{each.port}" for each in self.backends],
                       [each.address for each in self.echoes], self._also)


def measure(folder: Path, reloads: int, say, rate: float = RATE, tunnels: int = TUNNELS) -> dict:
    """Reloads in rounds; before each round a few slices without any."""
    took: dict[str, list[float]] = {"POST": [], "SIGHUP": []}
    rounds = []
    with World(folder) as world, Tunnels(world.weir.port, "/ws", tunnels, FRAMES_EACH) as open_ones:
        with Traffic(world.weir.port, "/s", rate, body_bytes=128) as traffic:
            traffic.next(1)
            before = world.weir.own()
            for number in range(ROUNDS):
                normal = summed(traffic.next(3))
                begun = time.monotonic()
                here = range(number * reloads // ROUNDS, (number + 1) * reloads // ROUNDS)
                for i in here:
                    by_signal = i % 2 == 1
                    took["SIGHUP" if by_signal else "POST"].append(
                        world.weir.reload(world.text((i + 1) % KINDS), by_signal))
                    time.sleep(0.25)  # requests and frames pass through each of the files
                seconds = time.monotonic() - begun
                rows = summed(traffic.since(begun))
                rounds.append({"normal": normal, "reloading": rows, "reloads": len(here),
                               "seconds": round(seconds, 2), "own": world.weir.own()})
                say(f"    {here.stop} reloads: {rows['done']:,} requests, {rows['errors']} errors "
                    f"{rows['error_kinds'] or ''}, p99 {rows['p99_us'] / 1000:.2f} ms beside "
                    f"{normal['p99_us'] / 1000:.2f}; {open_ones.open} tunnels, "
                    f"{rounds[-1]['own']['memory_mb']:.1f} MB")
            quiet = summed(traffic.next(2))
            every = summed(traffic.rows)
        after = world.weir.own()
        open_ones.end()
        try:
            world.weir.wait_until("the tunnels' descriptors are free", lambda: world.weir.own()[
                "descriptors"] <= after["descriptors"] - 2 * open_ones.open, 5)
        except CannotRun:
            say("    the tunnels' descriptors are still held 5 s after their end")
        held = world.weir.own()
    return {"rounds": rounds, "quiet": quiet, "every": every, "tunnels": open_ones.figures(),
            "own_before": before, "own_after": after, "own_without_tunnels": held,
            "reload_ms": {by: {"n": len(each), "median": round(1000 * median(each), 2),
                               "most": round(1000 * max(each, default=0), 2)}
                          for by, each in took.items()},
            "p99_ratio": round(median([row["reloading"]["p99_us"] / max(row["normal"]["p99_us"], 1)
                                       for row in rounds]), 2),
            "lanes": os.cpu_count(), "binary": Path(weir_binary()).name}


_ONE = """version: 1
listeners: {{ web: {{ bind: "127.0.0.1:{port}" }} }}
admin: {{ bind: "127.0.0.1:{admin}" }}
services: {{ web: {{ discovery: [ {{ static: [ {endpoint} ] }} ] }} }}
routes: [ {{ match: {{ path: / }}, service: web }} ]
"""


def only_one(folder: Path, reloads: int, say) -> dict:
    """A service with one endpoint, replaced by another one, or with another weight, each time."""
    with World(folder) as world:
        weir = world.weir
        first, second = (f'"127.0.0.1:{each.port}"' for each in world.backends[:2])
        rows = {}
        for name, kinds in (("replaced", (second, first)), ("weight", (
                f"{{ address: {first}, weight: 2 }}", f"{{ address: {first}, weight: 3 }}"))):
            weir.reload(_ONE.format(port=weir.port, admin=weir.admin, endpoint=first)
                        if name == "replaced" else world.text(0), False)
            with Traffic(weir.port, "/s", RATE, slice_s=1.0, body_bytes=128) as traffic:
                traffic.next(1)
                for i in range(reloads):
                    weir.reload(_ONE.format(port=weir.port, admin=weir.admin,
                                            endpoint=kinds[i % 2]), False)
                    time.sleep(0.02)
                traffic.next(1)
                rows[name] = summed(traffic.rows)
            say(f"    the only endpoint, {name} {reloads} times: {rows[name]['done']:,} requests, "
                f"{rows[name]['errors']} errors {rows[name]['error_kinds'] or ''}")
    return rows
