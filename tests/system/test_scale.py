"""Services of processes that grow and shrink while traffic flows, by hand and by their load."""

import json
import os

from harness import Case, ask, wait_until
from test_control import JSON, Load

WEIR = os.environ.get("WEIR_BIN", "weir")


def config(scaling: str = "", latency: str = "1ms", replicas: int = 3) -> str:
    section = f"    scaling: {{ {scaling} }}\n" if scaling else ""
    return f"""version: 1
listeners:
  web: {{ bind: "127.0.0.1:0" }}
admin: {{ bind: "127.0.0.1:0" }}
services:
  origin:
    discovery: [ {{ process: {{}} }} ]
    process: {{ command: ["{WEIR}", lab, web, --port, "0", --latency, "{latency}"],
               replicas: {replicas}, ready: /health }}
{section}routes:
  - {{ match: {{ path: / }}, service: origin }}
"""


class Scale(Case):
    def start(self, **more):
        _, self.gateway, self.admin = self.serve(config(**more))
        wait_until("every process serves", lambda: self.healthy() == more.get("replicas", 3))

    def service(self) -> dict:
        return ask(self.admin, "/api/services/origin").json()

    def healthy(self) -> int:
        return sum(each["healthy"] for each in self.service()["endpoints"])

    def post(self, target: str, body: dict | None = None):
        text = json.dumps(body).encode() if body is not None else b""
        return ask(self.admin, target, "POST", fields=JSON if body is not None else {}, body=text)

    def test_up_and_down_under_load_without_a_failed_request(self):
        self.start(scaling="min: 2, max: 8, cooldown: 0s, drain: 5s")
        load = Load(self.gateway)
        load.more(200)
        answer = self.post("/api/scale", {"service": "origin", "replicas": 8})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual((answer.json()["from"], answer.json()["replicas"]), (3, 8))
        wait_until("eight serve", lambda: self.healthy() == 8)
        load.more(400)
        answer = self.post("/api/scale", {"service": "origin", "replicas": 2})
        self.assertEqual(answer.status, 200, answer.body)
        wait_until("two are left", lambda: len(self.service()["endpoints"]) == 2)
        load.more(200)
        load.end()
        self.assertEqual(load.failed(), [])
        self.assertEqual(len({each[2] for each in load.answers}), 8, "each of the eight answered")
        wait_until("nobody is missed", lambda: self.service()["state"] == "healthy")
        self.assertEqual(self.service()["scaling"]["wanted"], 2)

    def test_the_cooldown_and_the_bounds_say_so(self):
        self.start(scaling="min: 2, max: 4, cooldown: 60s")
        answer = self.post("/api/services/origin/scale-up")
        self.assertEqual(answer.status, 200, answer.body)
        again = self.post("/api/services/origin/scale-down")
        self.assertEqual(again.status, 409, again.body)
        self.assertIn(again.json()["retryAfter"], range(55, 61))
        self.assertEqual(again.field("Retry-After"), str(again.json()["retryAfter"]))
        for body, says in (({"replicas": 5}, "2 to 4"), ({"replicas": 1}, "2 to 4"),
                           ({"replicas": 0}, "replicas"), ({"action": "sideways"}, "action"),
                           ({"replicas": 3, "action": "up"}, "either"), ({"count": 3}, "count"),
                           ({}, "either")):
            refused = self.post("/api/scale", body)
            self.assertEqual(refused.status, 422, body)
            self.assertIn(says, refused.json()["detail"])
        self.assertEqual(self.post("/api/scale", {"service": "orign", "action": "up"}).status, 404)
        self.assertEqual(ask(self.admin, "/api/scale", "POST", fields=JSON, body=b"{").status, 400)
        self.assertEqual(ask(self.admin, "/api/scale").status, 405)

    def test_load_makes_it_grow_and_every_decision_says_why(self):
        self.start(scaling="min: 1, max: 4, cooldown: 1s, target: { inflight: 2 }",
                   latency="40ms", replicas=1)
        load = Load(self.gateway, clients=6)
        wait_until("it has grown to what six clients need",
                   lambda: self.service()["scaling"]["wanted"] == 3)
        wait_until("they serve", lambda: self.healthy() == 3)
        load.more(100)
        load.end()
        self.assertEqual(load.failed(), [])
        log = (self.directory / "stderr.txt").read_text()
        decisions = [line for line in log.splitlines() if '"scaler"' in line]
        self.assertTrue(any('"scale_up"' in line and "in flight" in line for line in decisions),
                        log)
        self.assertIn("against 2", self.service()["scaling"]["reason"])
