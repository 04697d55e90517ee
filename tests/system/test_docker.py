"""Containers of a real Docker engine, discovered, lost and scaled while traffic flows."""

import os

from docker_engine import DockerEngine
from harness import Case, ask, wait_until
from test_control import Load

LABEL = "weir.service=web"

CONFIG = """version: 1
listeners:
  web: { bind: "127.0.0.1:0" }
admin: { bind: "127.0.0.1:0" }
services:
  web:
    discovery: [ { docker: { label: "weir.service=web", network: back, resync: 10s } } ]
    balance: { slow_start: 0s }
    breaker: { open: 1s }
routes:
  - { match: { path: / }, service: web, timeout: { connect: 300ms, attempt: 1s, total: 10s } }
"""


class Docker(Case):
    @classmethod
    def setUpClass(cls):
        cls.engine = DockerEngine()
        cls.engine.__enter__()
        cls.engine.network("back")

    @classmethod
    def tearDownClass(cls):
        cls.engine.__exit__(None, None, None)

    def start(self):
        os.environ["DOCKER_HOST"] = self.engine.host
        self.addCleanup(os.environ.pop, "DOCKER_HOST")
        _, self.gateway, self.admin = self.serve(CONFIG)

    def service(self) -> dict:
        return ask(self.admin, "/api/services/web").json()

    def eligible(self) -> set[str]:
        return {each["name"] for each in self.service()["endpoints"] if each["healthy"]}

    def run_web(self, name: str):
        container = self.engine.run_web(name, network="back")
        self.addCleanup(self.engine.remove, container)
        return container

    def test_containers_come_and_go_under_load_and_their_counters_stay(self):
        with self.engine.inside():
            self.start()
            containers = {name: self.run_web(name) for name in ("w-a", "w-b", "w-c", "w-d", "w-e")}
            wait_until("five are in", lambda: self.eligible() == set(containers))
            load = Load(self.gateway)
            load.more(300)
            self.engine.kill(containers["w-a"])
            wait_until("the killed one is out", lambda: "w-a" not in self.eligible())
            self.engine.pause(containers["w-b"])
            wait_until("the paused one is out", lambda: "w-b" not in self.eligible())
            load.more(200)
            self.engine.unpause(containers["w-b"])
            wait_until("and in again", lambda: "w-b" in self.eligible())
            self.engine.disconnect("back", containers["w-c"])
            wait_until("the disconnected one is out", lambda: "w-c" not in self.eligible())
            load.more(200)
            requests = {each["name"]: each["requests"] for each in self.service()["endpoints"]}
            cycles = self.service()["discoveries"][0]["cycles"]
            self.run_web("w-f")
            wait_until("a new one joins", lambda: "w-f" in self.eligible())
            load.more(200)
            load.end()
            self.assertEqual(load.failed(), [])
            wait_until("a further cycle", lambda: self.service()["discoveries"][0]["cycles"]
                       > cycles, 15)
            after = {each["name"]: each["requests"] for each in self.service()["endpoints"]}
            for name in ("w-d", "w-e"):
                self.assertGreaterEqual(after[name], requests[name], "counters outlive a cycle")

    def test_an_engine_that_is_away_keeps_the_last_good_set(self):
        with self.engine.inside():
            self.start()
            self.run_web("x-a")
            wait_until("it is in", lambda: self.eligible() == {"x-a"})
            self.engine.freeze()
            try:
                load = Load(self.gateway)
                load.more(200)
                load.end()
                self.assertEqual(load.failed(), [])
                self.assertEqual(self.eligible(), {"x-a"})
            finally:
                self.engine.thaw()
