"""A service of containers grows and shrinks on a real Docker engine while traffic flows."""

import json
import os

from docker_engine import API, DockerEngine, EngineError
from harness import Case, ask, run, wait_until
from test_control import JSON, Load

MANAGED = "weir.managed-by"

CONFIG = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:0" }}
admin: {{ bind: "127.0.0.1:0" }}
services:
  web:
    discovery: [ {{ docker: {{ label: "weir.service={label}", network: back }} }} ]
    balance: {{ slow_start: 0s }}
    scaling: {{ driver: docker, {scaling} }}
routes:
  - {{ match: {{ path: / }}, service: web,
      timeout: {{ connect: 300ms, attempt: 2s, total: 10s }} }}
"""


class DockerScale(Case):
    @classmethod
    def setUpClass(cls):
        cls.engine = DockerEngine()
        cls.engine.__enter__()
        cls.addClassCleanup(cls.engine.close)
        cls.engine.network("back")

    def setUp(self):
        super().setUp()
        inside = self.engine.inside()
        inside.__enter__()
        self.addCleanup(inside.__exit__, None, None, None)
        self.label = self._testMethodName  # each test has containers of its own
        self.addCleanup(self.remove_all)

    def remove_all(self):
        for each in self.containers():
            self.engine.remove(each["Id"])

    def containers(self) -> list[dict]:
        """All of this test, also those that do not run."""
        return self.engine.labelled(f"weir.service={self.label}")

    def made(self) -> set[str]:
        return {each["Id"] for each in self.containers() if each["Labels"].get(MANAGED) == "weir"}

    def run_web(self, name: str, **more) -> str:
        return self.engine.run_web(name, service=self.label, network="back", **more)

    def start(self, scaling: str, *names: str, **more):
        os.environ["DOCKER_HOST"] = self.engine.host
        self.addCleanup(os.environ.pop, "DOCKER_HOST", None)
        found = {name: self.run_web(name, **more) for name in names}
        self.process, self.gateway, self.admin = self.serve(
            CONFIG.format(scaling=scaling, label=self.label))
        wait_until("they are in", lambda: self.eligible() >= set(names))
        return found

    def service(self) -> dict:
        return ask(self.admin, "/api/services/web").json()

    def eligible(self) -> set[str]:
        return {each["name"] for each in self.service()["endpoints"] if each["healthy"]}

    def wait_eligible(self, count: int):
        wait_until(f"{count} are eligible", lambda: len(self.eligible()) == count)

    def wait_idle(self, count: int):
        """Eligible are so many, and weir has nothing more under way."""
        self.wait_eligible(count)
        wait_until(f"{count} are wanted", lambda: self.service()["scaling"]["wanted"] == count)

    def post(self, target: str, body: dict | None = None):
        text = json.dumps(body).encode() if body is not None else b""
        return ask(self.admin, target, "POST", fields=JSON if body is not None else {}, body=text)

    def scale(self, replicas: int):
        return self.post("/api/scale", {"service": "web", "replicas": replicas})

    def log(self) -> str:
        return (self.directory / "stderr.txt").read_text()

    def load(self, **more) -> Load:
        load = Load(self.gateway, **more)
        self.addCleanup(load.end)
        return load

    def test_it_grows_by_copies_and_shrinks_by_its_own_under_load(self):
        model = self.start("min: 1, max: 6, cooldown: 0s, drain: 5s", "g-a",
                           Env=["COLOUR=blue"], labels={"team": "x"})["g-a"]
        load = self.load()
        load.more(100)
        answer = self.post("/api/services/web/scale-up")
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual((answer.json()["from"], answer.json()["replicas"]), (1, 2))
        self.wait_idle(2)
        answer = self.scale(5)
        self.assertEqual((answer.status, answer.json().get("from")), (200, 2), answer.body)
        self.wait_idle(5)
        load.more(300)
        self.assertEqual(len(self.made()), 4)
        original = self.engine.inspect(model)
        for container in self.made():
            copy = self.engine.inspect(container)
            for key in ("Image", "Cmd", "Entrypoint", "Env", "ExposedPorts"):
                self.assertEqual(copy["Config"][key], original["Config"][key], key)
            self.assertEqual(copy["Config"]["Labels"],
                             original["Config"]["Labels"] | {MANAGED: "weir"})
            self.assertEqual(set(copy["NetworkSettings"]["Networks"]), {"back"})
        wait_until("each has had a request",
                   lambda: all(each["requests"] > 0 for each in self.service()["endpoints"]))
        answer = self.scale(2)
        self.assertEqual((answer.status, answer.json().get("from")), (200, 5), answer.body)
        wait_until("three are removed", lambda: len(self.containers()) == 2)
        self.wait_idle(2)
        load.more(200)
        answer = self.post("/api/services/web/scale-down")
        self.assertEqual(answer.status, 200, answer.body)
        wait_until("the last copy is removed", lambda: not self.made())
        self.wait_idle(1)
        load.more(100)
        load.end()
        self.assertEqual(load.failed(), [])
        self.assertEqual([each["Id"] for each in self.containers()], [model])
        self.assertEqual(self.service()["state"], "healthy")

    def test_one_that_leaves_ends_what_it_has_under_way(self):
        # Every answer takes long enough to be under way when its container is told to leave.
        command = ["lab", "web", "--bind", "0.0.0.0", "--port", "8080", "--latency", "700ms"]
        container = self.engine.run("d-a", {"weir.service": self.label}, command, network="back",
                                    ports=(8080,))
        self.start("min: 1, max: 3, cooldown: 0s, drain: 20s")
        self.wait_eligible(1)
        self.assertEqual(self.scale(3).status, 200)
        self.wait_idle(3)
        load = self.load(clients=9)
        wait_until("all three have requests under way",
                   lambda: sum(each["inFlight"] > 0 for each in self.service()["endpoints"]) == 3)
        self.assertEqual(self.scale(1).status, 200)
        wait_until("they drain",
                   lambda: any(each["state"] == "draining" for each in self.service()["endpoints"])
                   or not self.made())
        wait_until("the copies are removed", lambda: not self.made())
        load.more(9)
        load.end()
        self.assertEqual(load.failed(), [])
        self.assertEqual([each["Id"] for each in self.containers()], [container])

    def test_only_what_weir_made_is_ever_removed(self):
        foreign = self.start("min: 1, max: 9, cooldown: 0s", "f-a", f"weir-web-0badcafe")
        foreign["f-c"] = self.run_web("f-c", labels={MANAGED: "someone-else"})
        foreign["f-d"] = self.run_web("f-d", labels={MANAGED + ".not": "weir"})
        self.wait_idle(4)
        refused = self.post("/api/services/web/scale-down")
        self.assertEqual(refused.status, 422, refused.body)
        self.assertIn("4 of 4 endpoints that weir did not make", refused.json()["detail"])
        self.assertEqual(self.scale(6).status, 200)
        self.wait_idle(6)
        refused = self.scale(3)
        self.assertEqual(refused.status, 422, refused.body)
        self.assertIn("4 of 6", refused.json()["detail"])
        self.assertEqual(len(self.made()), 2, "a refusal changes nothing")
        self.assertEqual(self.scale(4).status, 200)
        wait_until("its own are removed", lambda: not self.made())
        self.wait_idle(4)
        self.assertEqual(self.post("/api/services/web/scale-down").status, 422)
        left = {each["Id"]: each["State"] for each in self.containers()}
        self.assertEqual(left, dict.fromkeys(foreign.values(), "running"))

    def test_bounds_cooldown_and_the_command_line(self):
        self.start("min: 1, max: 3, cooldown: 60s", "b-a", "b-b")
        done = run("scale", "web", "up", "--admin", self.admin)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 -> 3", done.stdout + done.stderr)
        again = self.post("/api/services/web/scale-down")
        self.assertEqual(again.status, 409, again.body)
        self.assertIn(again.json()["retryAfter"], range(50, 61))
        self.assertEqual(again.field("Retry-After"), str(again.json()["retryAfter"]))
        self.wait_idle(3)
        for replicas in (4, 9):
            refused = self.scale(replicas)
            self.assertEqual(refused.status, 422, refused.body)
            self.assertIn("1 to 3", refused.json()["detail"])
        done = run("scale", "web", "4", "--admin", self.admin)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("1 to 3", done.stderr)

    def test_a_restarted_weir_knows_its_own(self):
        self.start("min: 1, max: 4, cooldown: 0s", "r-a")
        self.assertEqual(self.scale(3).status, 200)
        self.wait_idle(3)
        self.assertEqual(self.end(self.process), 0)
        self.assertEqual(len(self.made()), 2, "they outlive weir")
        self.process, self.gateway, self.admin = self.serve(
            CONFIG.format(scaling="min: 1, max: 4, cooldown: 0s", label=self.label))
        self.wait_idle(3)
        self.assertEqual(self.scale(1).status, 200)
        wait_until("its copies are removed", lambda: not self.made())
        self.wait_idle(1)

    def test_others_may_start_and_end_containers_meanwhile(self):
        foreign = self.start("min: 1, max: 9, cooldown: 0s", "o-a", "o-b")
        self.assertEqual(self.scale(4).status, 200)
        self.wait_idle(4)
        self.run_web("o-c")
        self.wait_idle(5)
        for container in self.made():
            self.engine.remove(container)  # docker rm -f
        self.wait_idle(3)
        self.engine.kill(foreign["o-a"])
        self.wait_idle(2)
        answer = self.post("/api/services/web/scale-up")
        self.assertEqual((answer.status, answer.json().get("from")), (200, 2), answer.body)
        self.wait_idle(3)

    def test_cpu_makes_it_grow_and_quiet_makes_it_shrink(self):
        self.start("min: 1, max: 2, cooldown: 1s, down_window: 2s, drain: 2s, "
                   "target: { cpu: 2% }", "c-a")
        load = self.load(clients=4)
        self.wait_idle(2)
        load.more(100)
        load.end()
        wait_until("its copy is removed", lambda: not self.made(), 30)
        self.wait_idle(1)
        self.assertEqual(load.failed(), [])
        decisions = [line for line in self.log().splitlines() if '"scaler"' in line]
        self.assertTrue(any('"scale_up"' in line and "CPU" in line.upper() for line in decisions),
                        decisions)

    def test_an_image_that_is_gone_is_an_error_in_the_log_and_nothing_else(self):
        model = self.start("min: 1, max: 4, cooldown: 0s", "i-a")["i-a"]
        query = "repo=other&tag=x"
        self.engine.call("POST", f"{API}/images/weir:dev/tag?{query}")
        second = self.engine.create("i-b", {"weir.service": self.label},
                                    ["lab", "web", "--bind", "0.0.0.0", "--port", "8080"],
                                    network="back", ports=(8080,), Image="other:x")
        self.engine.start_container(second)
        self.wait_idle(2)
        self.engine.kill(model)
        self.wait_idle(1)
        self.engine.call("DELETE", f"{API}/images/other:x")
        self.assertEqual(self.scale(2).status, 200)
        wait_until("the log says why", lambda: "no new container" in self.log())
        self.wait_idle(1)
        self.assertEqual(self.made(), set())

    def test_an_engine_that_is_away_refuses_to_scale_and_recovers(self):
        self.start("min: 1, max: 4, cooldown: 0s", "e-a")
        self.assertEqual(self.scale(2).status, 200)
        self.wait_idle(2)
        load = self.load()
        self.engine.freeze()
        try:
            self.assertEqual(self.scale(1).status, 200)  # it is not known to be away yet
            wait_until("it drains", lambda: len(self.eligible()) == 1)
            load.more(100)
            wait_until("the engine is missed",
                       lambda: self.service()["discoveries"][0]["state"] == "failing", 30)
            refused = self.post("/api/services/web/scale-up")
            self.assertEqual(refused.status, 422, refused.body)
            self.assertIn("does not answer", refused.json()["detail"])
            wait_until("the log says that it stays", lambda: "it stays" in self.log(), 60)
        finally:
            self.engine.thaw()
        wait_until("the engine is back",
                   lambda: self.service()["discoveries"][0]["state"] == "ok", 30)
        # The engine may have carried out the late stop, or not: either way nothing is half done.
        wait_until("as many are eligible as are there",
                   lambda: len(self.eligible()) == self.service()["scaling"]["wanted"]
                   == len([e for e in self.containers() if e["State"] == "running"]), 30)
        load.more(100)
        load.end()
        self.assertEqual(load.failed(), [])
