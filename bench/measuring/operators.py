"""Everything an operator can do to a running weir, drawn at random, while traffic passes."""

import http.client
import random
import time

from live_feed import follow
from measuring.programs import CannotRun
from measuring.reloading import KINDS, World

READS = ("/api/services", "/api/services/web", "/api/metrics", "/metrics", "/stats", "/servers",
         "/api/algorithms", "/api/circuit-breakers", "/api/decisions?limit=20", "/api/config",
         "/api/logs?limit=50", "/api/audit?limit=50", "/api/store", "/api/store/logs?limit=20",
         "/api/me", "/readyz")
ALGORITHMS = ("round_robin", "weighted", "least_connections", "random_two", "response_time")
VISITORS_MAX = 40


class Operators:
    """One action a call. Fails loudly: every refused call is kept in `refused`."""

    def __init__(self, world: World, seed: int):
        self.counts: dict[str, int] = {}
        self.refused: list[str] = []
        self._world, self._weir = world, world.weir
        self._draw = random.Random(seed)
        self._kind = 0
        self._drained: str | None = None
        self._visits: list = []  # selectors, each with the sockets of a few live clients
        self._actions = {"reload": (self._reload, 3), "scale": (self._scale, 2),
                         "weight": (self._weight, 4), "drain": (self._drain, 2),
                         "algorithm": (self._algorithm, 1), "arrive": (self._arrive, 3),
                         "leave": (self._leave, 3), "read": (self._read, 12)}

    def act(self) -> None:
        names = list(self._actions)
        name = self._draw.choices(names, [self._actions[each][1] for each in names])[0]
        try:
            self._actions[name][0]()
            self.counts[name] = self.counts.get(name, 0) + 1
        except (CannotRun, OSError, http.client.HTTPException, SystemExit) as error:
            self.refused.append(f"{name}: {error}")
        self._listen()

    def calm(self) -> None:
        """As at the beginning: the first file, three processes, nobody drained, no live client."""
        while self._visits:
            self._leave()
        if self._kind != 0:
            self._apply(0)
        self._undrain()
        self._scale(3)
        self._weir.wait_until("three processes serve", lambda: self._weir.eligible("app") == 3
                              and len(self._weir.service("app")["endpoints"]) == 3, 30)
        self._weir.wait_until("no other service is left", lambda: len(
            self._weir.must("GET", "/api/services")["services"]) == 3, 30)

    def end(self) -> None:
        while self._visits:
            self._leave()

    def _reload(self) -> None:
        self._apply(self._draw.choice([each for each in range(KINDS) if each != self._kind]))

    def _apply(self, kind: int) -> None:
        self._weir.reload(self._world.text(kind), self._draw.random() < 0.5)
        self._kind = kind

    def _scale(self, wanted: int = 0) -> None:
        self._weir.must("POST", "/api/scale", {
            "service": "app", "replicas": wanted or self._draw.randint(2, 5)})

    def _endpoint(self) -> dict:
        every = self._weir.service("web")["endpoints"]
        eligible = [each for each in every if each["state"] == "eligible"]
        if not eligible:
            raise CannotRun("nobody in web is eligible: " + ", ".join(
                f"{each['name']} {each['state']} ({each['reason']})" for each in every))
        return self._draw.choice(eligible)

    def _weight(self) -> None:
        self._weir.must("PATCH", f"/api/endpoints/{self._endpoint()['id']}",
                        {"weight": self._draw.choice((None, 1, 2, 5, 100))})

    def _drain(self) -> None:
        """One at a time: each file leaves another endpoint to go on with. A drain stays with the
        address, also when a file takes the endpoint away and another one brings it back."""
        if self._drained is not None:
            self._undrain()
            return
        chosen = self._endpoint()
        self._weir.must("POST", f"/api/endpoints/{chosen['id']}/drain")
        self._drained = chosen["name"]

    def _undrain(self) -> None:
        # By number: an address may be in two services. It is not there while a file leaves it out.
        here = [each["id"] for each in self._weir.service("web")["endpoints"]
                if each["name"] == self._drained]
        for each in here:
            self._weir.must("POST", f"/api/endpoints/{each}/undrain")
        if here:
            self._drained = None

    def _algorithm(self) -> None:
        self._weir.must("POST", f"/algorithm/{self._draw.choice(ALGORITHMS)}?service=web")

    def _arrive(self) -> None:
        if len(self._visits) * 5 < VISITORS_MAX:
            self._visits.append(follow(f"127.0.0.1:{self._weir.admin}", self._draw.randint(1, 5),
                                       ["overview", "services", "logs"]))

    def _leave(self) -> None:
        """Without a word, as a browser that is closed."""
        if not self._visits:
            return
        selector = self._visits.pop(self._draw.randrange(len(self._visits)))
        for key in list(selector.get_map().values()):
            key.fileobj.close()
        selector.close()

    def _read(self) -> None:
        target = self._draw.choice(READS)
        status, answer = self._weir.call("GET", target)
        if status != 200:
            raise CannotRun(f"GET {target} was answered with {status}: {str(answer)[:200]}")

    def _listen(self) -> None:
        """Live clients read what has come; an end that nobody asked for is a refusal."""
        for selector in self._visits:
            for key, _ in selector.select(0):
                try:
                    if not key.fileobj.recv(1 << 20):
                        self.refused.append("a live client was sent away")
                        selector.unregister(key.fileobj)
                        key.fileobj.close()
                except OSError as error:
                    self.refused.append(f"a live client: {error}")
                    selector.unregister(key.fileobj)
                    key.fileobj.close()


def work(operators: Operators, seconds: float, pause: float = 0.4) -> None:
    """Random actions for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        operators.act()
        time.sleep(pause)
