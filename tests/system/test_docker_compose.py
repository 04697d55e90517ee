"""Compose grows and shrinks a service, weir does too, and nobody notices."""

import json
import os

from compose import NETWORK, Compose
from docker_engine import DockerEngine
from harness import Case, ask, wait_until
from test_control import JSON, Load

CONFIG = f"""version: 1
listeners:
  web: {{ bind: "127.0.0.1:0" }}
admin: {{ bind: "127.0.0.1:0" }}
services:
  web:
    discovery: [ {{ docker: {{ label: "weir.service=web", network: {NETWORK}, resync: 1s }} }} ]
    balance: {{ slow_start: 0s }}
    scaling: {{ driver: docker, min: 1, max: 20, cooldown: 0s, drain: 5s }}
routes:
  - {{ match: {{ path: / }}, service: web,
      timeout: {{ connect: 300ms, attempt: 2s, total: 10s }} }}
"""


class ComposeScale(Case):
    def setUp(self):
        super().setUp()
        self.engine = DockerEngine()
        self.engine.__enter__()
        self.addCleanup(self.engine.close)
        inside = self.engine.inside()
        inside.__enter__()
        self.addCleanup(inside.__exit__, None, None, None)
        os.environ["DOCKER_HOST"] = self.engine.host
        self.addCleanup(os.environ.pop, "DOCKER_HOST", None)

    def service(self) -> dict:
        return ask(self.admin, "/api/services/web").json()

    def endpoints(self) -> dict[str, dict]:
        return {each["name"]: each for each in self.service()["endpoints"]}

    def wait_healthy(self, count: int):
        wait_until(f"{count} endpoints, and all of them healthy",
                   lambda: [e["healthy"] for e in self.service()["endpoints"]] == [True] * count,
                   30)

    def cycles(self) -> int:
        return self.service()["discoveries"][0]["cycles"]

    def scale(self, replicas: int):
        answer = ask(self.admin, "/api/scale", "POST", fields=JSON,
                     body=json.dumps({"service": "web", "replicas": replicas}).encode())
        self.assertEqual(answer.status, 200, answer.body)
        self.wait_healthy(replicas)
        wait_until("weir has done", lambda: self.service()["scaling"]["wanted"] == replicas)

    def test_five_to_twelve_to_fourteen_and_down_to_three_under_load(self):
        compose = Compose(self.engine, self.directory)
        compose.scale(5)
        _, self.gateway, self.admin = self.serve(CONFIG)
        self.wait_healthy(5)
        load = Load(self.gateway, clients=4)
        self.addCleanup(load.end)
        load.more(500)

        # A re-list forgets nothing: not the counts, not the breakers.
        held = sorted(self.endpoints())[0]
        opened = ask(self.admin, f"/api/circuit-breakers/web/open?endpoint={held}", "POST")
        self.assertEqual(opened.status, 200, opened.body)
        before = self.endpoints()
        cycles = self.cycles()
        wait_until("two more lists", lambda: self.cycles() >= cycles + 2)
        after = self.endpoints()
        self.assertEqual({name: each["id"] for name, each in after.items()},
                         {name: each["id"] for name, each in before.items()})
        for name, each in after.items():
            self.assertGreaterEqual(each["requests"], before[name]["requests"])
            self.assertGreater(each["requests"], 0)
        self.assertEqual(after[held]["breaker"]["state"], "open")
        self.assertEqual(after[held]["breaker"]["generation"],
                         before[held]["breaker"]["generation"])
        ask(self.admin, f"/api/circuit-breakers/web/reset?endpoint={held}", "POST")
        self.wait_healthy(5)

        compose.scale(12)
        self.wait_healthy(12)
        load.more(300)
        self.scale(14)
        load.more(300)
        self.assertEqual(len(compose.containers()), 12, "weir's copies are not compose's")
        self.scale(12)
        load.more(300)
        compose.scale(5)
        self.wait_healthy(5)
        for container in sorted(compose.containers())[:2]:
            self.engine.remove(container)  # docker rm -f
        self.wait_healthy(3)
        load.more(300)
        load.end()
        self.assertEqual(load.failed(), [])
        self.assertEqual(len(compose.containers()), 3)
        self.assertEqual(self.service()["errors"], 0)
        compose.down()
