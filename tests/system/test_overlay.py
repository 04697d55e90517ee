"""Changes made at run time: they outlive a restart and a reload until the file or somebody ends
them. And what variables say where the file says nothing."""

import json
import signal
import socket

from harness import BINARY, Case, ask, run, wait_until

JSON = {"Content-Type": "application/json"}

CONFIG = """version: 1
listeners:
  web: {{ bind: "127.0.0.1:0" }}
admin: {{ bind: "127.0.0.1:0" }}
services:
  origin:
    discovery: [ {{ static: [ {endpoints} ] }} ]
    balance: {{ algorithm: {algorithm}, slow_start: 0s }}
routes:
  - {{ match: {{ path: / }}, service: origin }}
"""


class Overlay(Case):
    def config(self, algorithm: str = "random_two", weight: int = 1) -> str:
        listed = ", ".join(f'{{ address: "{each}", weight: {weight} }}' for each in self.backends)
        return CONFIG.format(endpoints=listed, algorithm=algorithm)

    def start(self, text: str | None = None):
        self.process, self.gateway, self.admin = self.serve(
            text or self.config(), "--data", str(self.directory / "data"))

    def restart(self, sig: int = signal.SIGTERM, text: str | None = None):
        self.process.send_signal(sig)
        self.process.wait(20)
        self.start(text)

    def setUp(self):
        super().setUp()
        self.backends = [self.web("--name", f"b{i}") for i in range(2)]

    def send(self, method: str, path: str, body=None, status: int = 200) -> dict:
        data = b"" if body is None else json.dumps(body).encode()
        answer = ask(self.admin, path, method, JSON if data else {}, data)
        self.assertEqual(answer.status, status, answer.body)
        return answer.json()

    def service(self, name: str = "origin") -> dict:
        return ask(self.admin, f"/api/services/{name}").json()

    def endpoint(self, address: str) -> dict:
        return next(each for each in self.service()["endpoints"] if each["name"] == address)

    def overlay(self) -> dict:
        rows = ask(self.admin, "/api/config").json()["overlay"]
        return {row["key"]: row["value"] for row in rows}

    def effective(self) -> str:
        return ask(self.admin, "/api/config?effective=true").json()["config"]


class Restart(Overlay):
    def change_everything(self):
        first = self.backends[0]
        self.send("POST", "/algorithm/least_connections?service=origin")
        self.send("PATCH", f"/api/endpoints/{first}", {"weight": 7})
        self.send("POST", f"/api/endpoints/{first}/drain")
        self.send("POST", f"/api/circuit-breakers/origin/open?endpoint={self.backends[1]}")
        self.send("PATCH", "/api/services/origin", {"breaker": {"failures": 9}})

    def assert_everything(self):
        self.assertEqual(self.service()["algorithm"], "least_connections")
        drained = self.endpoint(self.backends[0])
        self.assertEqual((drained["weight"], drained["state"]), (7, "draining"))
        breaker = self.endpoint(self.backends[1])["breaker"]
        self.assertEqual((breaker["state"], breaker["forced"]), ("open", True))
        self.assertIn("failures: 9  # run time", self.effective())

    def test_what_was_changed_outlives_a_restart_and_kill_9(self):
        self.start()
        self.change_everything()
        self.assert_everything()
        self.assertEqual(len(self.overlay()), 5)
        for sig in (signal.SIGTERM, signal.SIGKILL):
            self.restart(sig)
            self.assert_everything()
        self.assertEqual(ask(self.gateway, "/").status, 503)

    def test_each_change_ends_by_unset(self):
        self.start()
        self.change_everything()
        for key in self.overlay():
            self.send("DELETE", f"/api/config/{key}")
        self.assertEqual(self.overlay(), {})
        self.assertEqual(self.service()["algorithm"], "random_two")
        for address in self.backends:
            each = self.endpoint(address)
            self.assertEqual((each["weight"], each["state"], each["breaker"]["forced"]),
                             (1, "eligible", False))
        self.assertNotIn("run time", self.effective())
        self.restart()
        self.assertEqual(self.service()["algorithm"], "random_two")
        answer = ask(self.admin, "/api/config/services.origin.balance.algorithm", "DELETE")
        self.assertEqual(answer.status, 404)

    def test_the_file_ends_what_it_changes_itself_and_nothing_else(self):
        self.start()
        self.change_everything()
        path = self.directory / "weir.yaml"
        path.write_text(self.config("random_two").replace("slow_start: 0s", "slow_start: 1s"))
        self.send("POST", "/api/config/reload")
        self.assert_everything()
        path.write_text(self.config("ip_hash", weight=3))
        plan = self.send("POST", "/api/config/reload?plan=true")["plan"]
        self.assertTrue(any("the change made at run time ends" in line for line in plan), plan)
        self.assert_everything()
        self.send("POST", "/api/config/reload")
        self.assertEqual(self.service()["algorithm"], "ip_hash")
        wait_until("those of the old weight have left", lambda: [
            each["weight"] for each in self.service()["endpoints"]] == [3, 3])
        self.assertEqual(self.endpoint(self.backends[0])["state"], "draining")
        self.assertIn("failures: 9  # run time", self.effective())

    def test_a_file_that_was_changed_while_weir_was_away_counts_too(self):
        self.start()
        self.change_everything()
        self.restart(text=self.config("weighted"))
        self.assertEqual(self.service()["algorithm"], "weighted")
        self.assertNotIn("services.origin.balance.algorithm", self.overlay())
        self.assertEqual(self.endpoint(self.backends[0])["weight"], 7)

    def test_without_a_data_directory_changes_outlive_a_reload(self):
        _, self.gateway, self.admin = self.serve(self.config())
        self.change_everything()
        self.send("POST", "/api/config/reload")
        self.assert_everything()


    def test_processes_arms_and_a_services_own_breaker_outlive_it_too(self):
        text = self.config("adaptive").replace("services:", f"""services:
  kids:
    discovery: [ {{ process: {{}} }} ]
    process: {{ command: ["{BINARY}", lab, web, --port, "0"], replicas: 1, ready: /health }}
    scaling: {{ min: 1, max: 4, cooldown: 0s }}""").replace(
            "routes:", "routes:\n  - { match: { path: /kids/ }, service: kids }")
        self.start(text)
        self.send("POST", "/api/scale", {"service": "kids", "replicas": 3})
        self.send("POST", "/algorithm/adaptive?service=origin&pin=least_connections")
        self.send("POST", "/api/circuit-breakers/origin/open")
        for sig in (signal.SIGTERM, signal.SIGKILL):
            self.restart(sig, text)
            wait_until("three processes", lambda: len(
                [each for each in self.service("kids")["endpoints"] if each["healthy"]]) == 3)
            self.assertEqual(self.overlay()["services.kids.process.replicas"], 3)
            breaker = self.service()["breaker"]
            self.assertEqual((breaker["state"], breaker["forced"]), ("open", True))
            algorithms = ask(self.admin, "/api/algorithms?service=origin").json()["services"][0]
            self.assertEqual(algorithms["pinned"], "least_connections", algorithms)

    def test_null_takes_back_and_an_empty_section_wipes_nothing(self):
        checked = self.config().replace("slow_start: 0s }", (
            "slow_start: 0s }\n    health: { check: { kind: http, path: /health, every: 1s } }"))
        self.start(checked)
        for body in ({"health": {}}, {"health": {"check": {}}}, {"balance": {}}):
            self.send("PATCH", "/api/services/origin", body)
            self.assertIn("path: /health", self.effective(), body)
        self.send("PATCH", "/api/services/origin",
                  {"health": {"check": {"path": "/x"}}, "breaker": {"failures": 9, "open": "9s"}})
        self.assertIn("path: /x  # run time", self.effective())
        self.send("PATCH", "/api/services/origin", {"health": None, "breaker": {"open": None}})
        self.assertIn("path: /health", self.effective())
        self.assertIn("failures: 9  # run time", self.effective())
        self.send("PATCH", "/api/services/origin", {"breaker": None})
        self.assertNotIn("run time, by", self.effective())


class Environment(Overlay):
    """Variables stand in where the file says nothing."""

    def check(self, text: str, env: dict, *options: str):
        path = self.directory / "weir.yaml"
        path.write_text(text)
        return run("check", "-c", str(path), "--effective", *options, env=env)

    def test_the_file_wins_and_each_value_says_where_it_is_from(self):
        text = self.config().replace('admin: { bind: "127.0.0.1:0" }\n', "")
        shown = self.check(text, {"PORT": "9911", "TOTAL_RECORDS": "777",
                                  "DATABASE_URL": "postgres://me:hunter2@db/weir"})
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("127.0.0.1:9911", shown.stdout)
        self.assertIn("# environment PORT", shown.stdout)
        self.assertIn("# environment DATABASE_URL", shown.stdout)
        self.assertIn("TOTAL_RECORDS: 777", shown.stdout)
        self.assertNotIn("hunter2", shown.stdout)
        shown = self.check(self.config(), {"PORT": "9911"})
        self.assertNotIn("9911", shown.stdout)
        refused = self.check(text, {"PORT": "many"})
        self.assertEqual(refused.returncode, 1)
        self.assertIn("environment PORT", refused.stderr)

    def test_a_file_of_variables(self):
        text = self.config().replace('admin: { bind: "127.0.0.1:0" }\n', "")
        env_file = self.directory / "vars.env"
        env_file.write_text("# ours\nPORT=9912\nDOCKER_DISCOVERY=true\nBACKEND_LABEL=app=x\n")
        shown = self.check(text, {}, "--env-file", str(env_file))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("127.0.0.1:9912", shown.stdout)
        self.assertIn("label: \"app=x\"  # environment BACKEND_LABEL", shown.stdout)
        shown = self.check(text, {"PORT": "9913"}, "--env-file", str(env_file))
        self.assertIn("127.0.0.1:9913", shown.stdout)
        refused = self.check(text, {}, "--env-file", str(self.directory / "none.env"))
        self.assertEqual(refused.returncode, 1)

    def test_serve_listens_where_port_says(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        path = self.directory / "weir.yaml"
        path.write_text(self.config().replace('admin: { bind: "127.0.0.1:0" }\n', ""))
        env_file = self.directory / "vars.env"
        env_file.write_text(f"PORT={port}\n")
        process = self.begin("serve", "-c", str(path), "--lanes", "1", "--env-file",
                             str(env_file))
        process.stdout.readline()
        self.assertIn(f"127.0.0.1:{port}", process.stdout.readline())
        effective = ask(f"127.0.0.1:{port}", "/api/config?effective=true").json()["config"]
        self.assertIn("# environment PORT", effective)
        self.assertIn("# TOTAL_RECORDS: 10000  # default", effective)
