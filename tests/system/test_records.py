"""What a running weir writes down of itself: decisions of the scaler, breakers, samples."""

import json
import os
import signal

from harness import Case, ask, gateway_to, run, wait_until
from test_control import JSON, Load, Switch

WEIR = os.environ.get("WEIR_BIN", "weir")

CONFIG = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:0" }}
admin: {{ bind: "127.0.0.1:0" }}
services:
  origin:
    discovery: [ {{ process: {{}} }} ]
    process: {{ command: ["{weir}", lab, web, --port, "0", --latency, "40ms"],
               replicas: 1, ready: /health }}
    scaling: {{ min: 1, max: 4, cooldown: 1s, target: {{ inflight: 2 }} }}
{more}routes:
  - {{ match: {{ path: / }}, service: origin }}
"""
GONE = """  away: { discovery: [ { static: [ "127.0.0.1:1" ] } ] }
"""


class Records(Case):
    def start(self, more: str = GONE):
        self.process, self.gateway, self.admin = self.serve(
            CONFIG.format(weir=WEIR, more=more), "--data", str(self.directory / "data"))
        wait_until("it serves", lambda: self.service()["state"] == "healthy")

    def service(self) -> dict:
        return ask(self.admin, "/api/services/origin").json()

    def rows(self, table: str) -> list[dict]:
        """Newest first, each by its columns."""
        answer = ask(self.admin, f"/api/store/{table}?limit=1000")
        self.assertEqual(answer.status, 200, answer.body)
        told = answer.json()
        return [dict(zip(told["columns"], row)) for row in told["rows"]]

    def post(self, target: str, body: dict | None = None):
        text = json.dumps(body).encode() if body is not None else b""
        return ask(self.admin, target, "POST", fields=JSON if body is not None else {}, body=text)

    def show(self, table: str) -> str:
        shown = run("store", "show", table, "--admin", self.admin)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return shown.stdout

    def test_decisions_of_the_load_and_of_the_operator(self):
        self.start()
        load = Load(self.gateway, clients=6)
        grown = wait_until("it has grown", lambda: [
            row for row in self.rows("scaler_decisions") if row["to_replicas"] == 3])[0]
        load.end()
        self.assertEqual((grown["service"], grown["applied"]), ("origin", 1))
        self.assertLess(grown["from_replicas"], 3)
        self.assertIn("against 2", grown["reason"])
        facts = json.loads(grown["facts"])
        self.assertEqual((facts["verdict"], facts["min"], facts["max"], facts["cooldown_s"]),
                         ("scale_up", 1, 4, 1))
        reading = facts["readings"]["in_flight"]
        self.assertEqual(reading["target"], 2)
        self.assertGreater(reading["average"], 2)
        self.assertNotIn("target", facts["readings"]["p95_ms"])

        refused = self.post("/api/scale", {"service": "origin", "replicas": 9})
        self.assertEqual(refused.status, 422)
        row = wait_until("the refusal is there", lambda: [
            row for row in self.rows("scaler_decisions") if '"refused"' in row["facts"]])[0]
        self.assertEqual((row["applied"], row["from_replicas"] - row["to_replicas"]), (0, 0))
        self.assertEqual(json.loads(row["facts"])["asked"], 9)
        wanted = 3 if self.service()["scaling"]["wanted"] == 4 else 4
        wait_until("it may be scaled", lambda: self.post(
            "/api/scale", {"service": "origin", "replicas": wanted}).status == 200)
        row = wait_until("the wish is there", lambda: [
            row for row in self.rows("scaler_decisions") if '"by_hand"' in row["facts"]])[0]
        self.assertEqual((row["applied"], row["to_replicas"]), (1, wanted))
        self.assertTrue(json.loads(row["facts"])["by"])
        self.assertIn("scale_up", self.show("scaler_decisions"))

        entries = ask(self.admin, "/api/logs?text=against&limit=1000").json()["logs"]
        inputs = [each["fields"] for each in entries if each["component"] == "scaler"]
        grown = next(each for each in inputs if each["verdict"] == "scale_up")
        self.assertIn("in_flight ", grown["reading"])
        self.assertEqual((grown["target"], grown["min"], grown["max"], grown["applied"]),
                         ("in_flight 2", 1, 4, True))

    def breakers(self) -> dict:
        return {(row["service"], row["endpoint"]): row for row in self.rows("circuit_breakers")}

    def test_breakers_that_change_go_and_begin_anew(self):
        self.start()
        self.assertEqual(self.breakers(), {}, "closed ones have no row")
        self.assertEqual(self.post("/api/circuit-breakers/away/open").status, 200)
        row = wait_until("its row", lambda: self.breakers().get(("away", "")))
        self.assertEqual((row["state"], row["forced"], row["reason"]),
                         ("open", 1, "by the operator"))
        self.assertGreater(row["opened_at_ms"], 0)
        self.assertEqual(self.post("/api/circuit-breakers/away/reset").status, 200)
        closed = wait_until("it is closed", lambda: [
            row for row in self.rows("circuit_breakers") if row["state"] == "closed"])[0]
        self.assertEqual((closed["forced"], closed["opened_at_ms"]), (0, row["opened_at_ms"]))
        self.assertGreaterEqual(closed["changed_at_ms"], row["changed_at_ms"])
        endpoint = self.service()["endpoints"][0]["name"]
        self.assertEqual(
            self.post(f"/api/circuit-breakers/origin/open?endpoint={endpoint}").status, 200)
        wait_until("the endpoint's row", lambda: ("origin", endpoint) in self.breakers())
        self.assertIn("by the operator", self.show("circuit_breakers"))

        path = self.directory / "weir.yaml"
        path.write_text(CONFIG.format(weir=WEIR, more=""))
        self.assertEqual(self.post("/api/config/reload").status, 200)
        wait_until("the row of the service that has gone",
                   lambda: set(self.breakers()) == {("origin", endpoint)})
        self.assertEqual(self.post(
            f"/api/circuit-breakers/origin/auto?endpoint={endpoint}").status, 200)
        wait_until("half open", lambda: self.breakers()["origin", endpoint]["state"] == "half_open")
        self.end(self.process, signal.SIGKILL)
        self.start(more="")
        wait_until("breakers of the run before are forgotten", lambda: self.breakers() == {})

    def test_a_breaker_that_traffic_opened_says_why(self):
        origin = Switch(self)
        _, self.gateway, self.admin = self.serve(gateway_to(origin.address), "--data",
                                                 str(self.directory / "data"))
        origin.status = 503

        def opened() -> list[dict]:
            ask(self.gateway, "/")
            return [row for row in self.breakers().values() if row["state"] == "open"]

        row = wait_until("a breaker is open", opened)[0]
        self.assertEqual((row["service"], row["forced"]), ("origin", 0))
        self.assertIn(f"{row['failures']} consecutive failures", row["reason"])
        self.assertGreaterEqual(row["failures"], 5)
        self.assertEqual(row["opened_at_ms"], row["changed_at_ms"])

    def test_samples_of_ten_seconds(self):
        self.start()
        load = Load(self.gateway, clients=2)

        def sampled() -> dict:
            found = {}
            for row in self.rows("metrics"):
                found.setdefault(row["at_ms"], {})[row["subject"], row["name"]] = row["value"]
            busy = [each for each in found.values()
                    if each.get(("service/origin", "requests_per_second"), 0) > 5]
            return busy[0] if busy else {}

        sample = wait_until("a sample under load", sampled, 40)
        load.end()
        self.assertEqual(load.failed(), [])
        endpoint = self.service()["endpoints"][0]["name"]
        for subject, names in (
                ("weir", {"requests_per_second", "error_ratio", "p95_seconds", "in_flight",
                          "cpu_share", "memory_bytes"}),
                ("service/origin", {"requests_per_second", "error_ratio", "p95_seconds",
                                    "in_flight"}),
                (f"endpoint/origin/{endpoint}", {"requests_per_second", "error_ratio",
                                                 "p95_seconds", "in_flight", "cpu_share",
                                                 "memory_bytes"}),
                ("service/away", {"requests_per_second", "in_flight"}),
                ("endpoint/away/127.0.0.1:1", {"requests_per_second", "in_flight"})):
            self.assertEqual({name for who, name in sample if who == subject}, names, subject)
        self.assertTrue(0.03 < sample["service/origin", "p95_seconds"] < 10, sample)
        self.assertGreater(sample["weir", "memory_bytes"], 1 << 20)
        self.assertGreater(sample["weir", "in_flight"], 0)
        self.assertEqual(sample["service/origin", "error_ratio"], 0)
        self.assertTrue(all(row["at_ms"] % 10_000 == 0 for row in self.rows("metrics")))
        self.assertIn("p95_seconds", self.show("metrics"))
