"""The event log and the store's tables: kept over a restart, searched, bounded."""

import json
import sys

from harness import ROOT, Case, ask, gateway_to, wait_until

sys.path.append(str(ROOT / "bench"))

from measuring.postgres import Postgres  # noqa: E402
from measuring.programs import CannotRun  # noqa: E402


class Away(Case):
    def setUp(self):
        super().setUp()
        try:
            self.postgres = Postgres()
        except CannotRun as why:
            self.skipTest(str(why))
        self.addCleanup(self.postgres.__exit__)

    def test_a_store_that_goes_away_is_said_and_stops_nothing(self):
        text = gateway_to(self.web()).replace('admin: { bind: "127.0.0.1:0" }', (
            f'admin: {{ bind: "127.0.0.1:0", store: "{self.postgres.url}" }}'))
        _, gateway, admin = self.serve(text)
        self.assertEqual(ask(admin, "/api/store").json()["health"]["state"], "ok")
        self.postgres.stop()
        for algorithm in ("ip_hash", "random_two"):
            done = ask(admin, f"/algorithm/{algorithm}?service=origin", "POST")
            self.assertEqual(done.status, 200, done.body)
            said = wait_until("it is degraded", lambda: (
                lambda health: health if health["state"] == "degraded" else None)(
                    ask(admin, "/api/store").json()["health"]))
            self.assertTrue(said["reason"])
            self.assertEqual(ask(gateway, "/").status, 200)
        self.assertGreater(ask(admin, "/api/store").json()["health"]["queued"], 0)
        self.postgres.start()
        wait_until("it is back", lambda: (
            lambda health: health["state"] == "ok" and health["queued"] == 0)(
                ask(admin, "/api/store").json()["health"]), 30)
        rows = ask(admin, "/api/store/overlay").json()["rows"]
        self.assertIn("services.origin.balance.algorithm", rows[0])
        self.assertIn('"random_two"', rows[0])


    def test_changes_hold_again_once_a_store_is_back_that_was_away_at_the_start(self):
        text = gateway_to(self.web(), self.web()).replace('admin: { bind: "127.0.0.1:0" }', (
            f'admin: {{ bind: "127.0.0.1:0", store: "{self.postgres.url}" }}'))
        process, _, admin = self.serve(text)
        ask(admin, "/algorithm/ip_hash?service=origin", "POST")
        endpoint = ask(admin, "/api/services/origin").json()["endpoints"][0]["name"]
        ask(admin, f"/api/endpoints/{endpoint}/drain", "POST")
        self.end(process)
        self.postgres.stop()
        _, gateway, admin = self.serve(text)
        self.assertEqual(ask(gateway, "/").status, 200)
        self.postgres.start()
        wait_until("what was changed holds", lambda: (
            lambda service: service.get("algorithm") == "ip_hash"
            and service["endpoints"][0]["state"] == "draining")(
                ask(admin, "/api/services/origin").json()), 30)


class Logs(Case):
    def start(self, *endpoints: str):
        data = str(self.directory / "data")
        process, self.gateway, self.admin = self.serve(gateway_to(*endpoints), "--data", data)
        return process

    def logs(self, query: str = "") -> list[dict]:
        answer = ask(self.admin, "/api/logs" + query)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["logs"]

    def test_changes_are_kept_with_who_and_outlive_a_restart(self):
        address = self.web()
        process = self.start(address)
        self.assertEqual(ask(self.admin, "/algorithm/random_two", "POST").status, 200)
        wait_until("the change is in the log", lambda: any(
            "random_two" in each["message"] for each in self.logs("?service=origin")))
        self.end(process)
        self.start(address)
        entry = next(each for each in self.logs("?text=ROUND_ROBIN")
                     if "random_two" in each["message"])
        self.assertEqual((entry["level"], entry["component"], entry["service"]),
                         ("info", "control", "origin"))
        self.assertIn("127.0.0.1", entry["fields"]["by"])
        ids = [each["id"] for each in self.logs()]
        self.assertEqual(ids, sorted(ids, reverse=True), "newest first")
        self.assertEqual([each["id"] for each in self.logs(f"?before={ids[1]}&limit=1")], [ids[2]])
        self.assertEqual({each["id"] for each in self.logs(f"?since={ids[2]}")}, set(ids[:2]))
        self.assertEqual(self.logs("?since=2100-01-01T00:00:00Z"), [])
        self.assertEqual(self.logs("?level=error"), [])

    def test_mistakes_are_422_with_the_field(self):
        self.start(self.web())
        for query, says in (("limit=0", "limit"), ("limit=1001", "limit"), ("level=loud", "level"),
                            ("since=yesterday", "since"), ("before=x", "before")):
            answer = ask(self.admin, "/api/logs?" + query)
            self.assertEqual(answer.status, 422, query)
            self.assertIn(says, answer.json()["detail"])

    def test_tables_are_shown_and_named(self):
        self.start(self.web())
        tables = ask(self.admin, "/api/store").json()
        self.assertEqual(tables["health"]["state"], "ok")
        names = {each["table"] for each in tables["tables"]}
        self.assertLessEqual({"services", "circuit_breakers", "metrics", "shards", "logs", "users",
                              "load_tests", "tokens", "faults", "alerts", "overlay"}, names)
        wait_until("something is logged", lambda: ask(
            self.admin, "/api/store/logs?limit=1").json()["rows"])
        shown = ask(self.admin, "/api/store/logs?limit=1").json()
        self.assertIn("message", shown["columns"])
        self.assertEqual(ask(self.admin, "/api/store/lgos").status, 404)
        self.assertIn("logs", ask(self.admin, "/api/store/lgos").json()["detail"])
        self.assertEqual(ask(self.admin, "/api/store/logs?limit=0").status, 422)

    def test_without_a_place_to_keep_them_it_says_so(self):
        _, _, self.admin = self.serve(gateway_to(self.web()))
        answer = ask(self.admin, "/api/logs")
        self.assertEqual(answer.status, 404)
        self.assertIn("--data", answer.json()["detail"])
        self.assertEqual(json.loads(ask(self.admin, "/api/config").body)["format"], "yaml")
