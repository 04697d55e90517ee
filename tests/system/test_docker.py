"""Containers of a real Docker engine, discovered, lost and measured while traffic flows."""

import os

from docker_engine import DockerEngine
from harness import Case, ask, wait_until
from test_control import Load

WEB = ["lab", "web", "--bind", "0.0.0.0", "--port", "8080"]

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

    def start(self, config: str = CONFIG):
        os.environ["DOCKER_HOST"] = self.engine.host
        self.addCleanup(os.environ.pop, "DOCKER_HOST")
        _, self.gateway, self.admin = self.serve(config)

    def service(self) -> dict:
        return ask(self.admin, "/api/services/web").json()

    def eligible(self) -> set[str]:
        return {each["name"] for each in self.service()["endpoints"] if each["healthy"]}

    def endpoint(self, name: str) -> dict | None:
        return next((each for each in self.service()["endpoints"] if each["name"] == name), None)

    def member(self, name: str) -> dict:
        """As discovery tells of it, also of one that is no endpoint."""
        return next((each for each in self.service()["discoveries"][0]["members"]
                     if each["name"] == name), {"state": "unknown"})

    def run_web(self, name: str, **more):
        container = self.engine.run_web(name, network="back", **more)
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

    def test_counts_and_an_open_breaker_outlive_a_list_exactly(self):
        with self.engine.inside():
            self.start(CONFIG.replace("resync: 10s", "resync: 1s").replace(
                "breaker: { open: 1s }", "breaker: { open: 200s, failures: 3, causes: [500] }"))
            self.run_web("c-good")
            container = self.engine.run("c-bad", {"weir.service": "web"},
                                        [*WEB, "--fail-rate", "1"], network="back",
                                        ports=(8080,))
            self.addCleanup(self.engine.remove, container)
            wait_until("both are in", lambda: self.eligible() == {"c-good", "c-bad"})
            wait_until("its breaker opens", lambda: ask(self.gateway) and
                       self.endpoint("c-bad")["breaker"]["state"] == "open")

            def told() -> dict:
                return {each["name"]: (each["id"], each["requests"], each["errors"],
                                       each["breaker"]["state"], each["breaker"]["generation"])
                        for each in self.service()["endpoints"]}

            cycles = self.service()["discoveries"][0]["cycles"]
            wait_until("what was counted is told",  # at the next second
                       lambda: self.service()["discoveries"][0]["cycles"] > cycles + 1)
            before = told()
            wait_until("three more lists",
                       lambda: self.service()["discoveries"][0]["cycles"] > cycles + 4)
            self.assertEqual(told(), before)
            self.assertGreaterEqual(before["c-bad"][2], 3)

    def test_labels_say_whose_and_of_what_kind(self):
        with self.engine.inside():
            self.start(CONFIG.replace('label: "weir.service=web", ', 'label: "weir.service", '))
            # A source of a service takes all that have its label, whoever the label names.
            self.run_web("l-web")
            self.run_web("l-http", labels={"weir.kind": "http"})
            self.run_web("l-sql", labels={"weir.kind": "sql"})
            self.run_web("l-odd", labels={"weir.kind": "smtp"})
            self.run_web("l-port", labels={"weir.port": "no"})
            other = self.engine.run("l-none", {}, WEB, network="back", ports=(8080,))
            self.addCleanup(self.engine.remove, other)
            wait_until("two are in", lambda: self.eligible() == {"l-web", "l-http"})
            wait_until("the others are told", lambda: self.member("l-port")["state"] == "bad label")
            self.assertEqual(self.member("l-sql")["kind"], "sql")
            self.assertIn("smtp", self.member("l-odd")["reason"])
            self.assertEqual(self.member("l-none")["state"], "unknown")
            self.assertEqual(len(self.service()["endpoints"]), 2)

    def test_the_same_name_and_address_again_is_a_new_endpoint(self):
        with self.engine.inside():
            self.start()
            first = self.run_web("n-a")
            wait_until("it is in", lambda: self.eligible() == {"n-a"})
            for _ in range(7):
                self.assertEqual(ask(self.gateway).status, 200)
            before = self.endpoint("n-a")
            address = self.engine.address(first, "back")
            self.engine.remove(first)
            wait_until("it is out", lambda: self.endpoint("n-a") is None)
            second = self.run_web("n-a")
            self.assertEqual(self.engine.address(second, "back"), address, "used again")
            wait_until("the new one is in", lambda: self.eligible() == {"n-a"})
            after = self.endpoint("n-a")
            self.assertNotEqual(after["id"], before["id"])
            self.assertEqual(ask(self.gateway).status, 200)
            # The same container, started again, is a new one too: its process has other state.
            self.engine.restart(second)
            wait_until("it is in again under another number",
                       lambda: self.eligible() == {"n-a"}
                       and self.endpoint("n-a")["id"] != after["id"])
            self.assertEqual(ask(self.gateway).status, 200)

    def test_a_health_check_of_the_container_takes_it_out_and_back(self):
        # The check asks for a directory that the test moves away and back.
        directory = self.directory / "flag"
        directory.mkdir()
        health = {"Test": ["CMD", "/bin/weir", "check", "-c", "/flag/weir.yaml"],
                  "Interval": 300_000_000, "Timeout": 5_000_000_000, "Retries": 2}
        (directory / "weir.yaml").write_text(CONFIG)
        with self.engine.inside():
            self.start()
            container = self.engine.create(
                "h-a", {"weir.service": "web"}, WEB, ports=(8080,), Healthcheck=health,
                HostConfig={"NetworkMode": "back", "Binds": [f"{directory}:/flag"]})
            self.engine.start_container(container)
            self.addCleanup(self.engine.remove, container)
            self.run_web("h-b")
            wait_until("both are in", lambda: self.eligible() == {"h-a", "h-b"}, 30)
            load = Load(self.gateway)
            load.more(100)
            before = self.endpoint("h-a")["id"]
            (directory / "weir.yaml").rename(directory / "away.yaml")
            wait_until("it is out", lambda: self.eligible() == {"h-b"}, 30)
            self.assertEqual(self.endpoint("h-a")["state"], "unhealthy")
            (directory / "away.yaml").rename(directory / "weir.yaml")
            wait_until("it is in again", lambda: self.eligible() == {"h-a", "h-b"}, 30)
            self.assertEqual(self.endpoint("h-a")["id"], before, "the same endpoint")
            load.end()
            self.assertEqual(load.failed(), [])

    def test_a_busy_container_shows_more_cpu_than_an_idle_one(self):
        with self.engine.inside():
            self.start(CONFIG.replace("balance: { slow_start: 0s }",
                                      "balance: { slow_start: 0s, algorithm: weighted }"))
            busy = self.run_web("u-busy", labels={"weir.weight": "1000"})
            idle = self.run_web("u-idle", labels={"weir.weight": "1"})
            wait_until("both are in", lambda: self.eligible() == {"u-busy", "u-idle"})
            load = Load(self.gateway)
            self.addCleanup(load.end)
            wait_until("the busy one shows it",
                       lambda: self.endpoint("u-busy")["cpuPercent"]
                       > 5 * self.endpoint("u-idle")["cpuPercent"] + 1)
            load.end()
            for name, container in (("u-busy", busy), ("u-idle", idle)):
                told = self.engine.call("GET", f"/v1.41/containers/{container}/stats"
                                               "?stream=false&one-shot=true")["memory_stats"]
                cache = told["stats"].get("total_inactive_file", told["stats"]["inactive_file"])
                shown = self.endpoint(name)["memoryBytes"]
                self.assertGreater(shown, 100_000)
                self.assertLess(abs(shown - (told["usage"] - cache)), 2_000_000, "as the engine")
            wait_until("and calms down",
                       lambda: self.endpoint("u-busy")["cpuPercent"] < 5)


class Restart(Case):
    """An engine that is restarted under weir: its containers end with it and come back."""

    def test_the_last_good_set_stays_and_is_listed_again(self):
        with DockerEngine() as engine, engine.inside():
            engine.network("back")
            os.environ["DOCKER_HOST"] = engine.host
            self.addCleanup(os.environ.pop, "DOCKER_HOST")
            more = {"HostConfig": {"NetworkMode": "back", "RestartPolicy": {"Name": "always"}}}
            for name in ("e-a", "e-b"):
                engine.start_container(engine.create(name, {"weir.service": "web"}, WEB,
                                                     ports=(8080,), **more))
            _, gateway, admin = self.serve(CONFIG)

            def service() -> dict:
                return ask(admin, "/api/services/web").json()

            def eligible() -> set[str]:
                return {each["name"] for each in service()["endpoints"] if each["healthy"]}

            wait_until("both are in", lambda: eligible() == {"e-a", "e-b"})
            before = {each["name"]: each["id"] for each in service()["endpoints"]}
            cycles = service()["discoveries"][0]["cycles"]
            engine.freeze()
            try:
                wait_until("the engine is missed",
                           lambda: service()["discoveries"][0]["state"] == "failing", 30)
                self.assertEqual(eligible(), {"e-a", "e-b"}, "the last good set stays")
                self.assertEqual(ask(gateway).status, 200, "its containers run on")
            finally:
                engine.thaw()
            wait_until("it is listed again", lambda: service()["discoveries"][0]["state"] == "ok"
                       and service()["discoveries"][0]["cycles"] > cycles, 30)
            after = {each["name"]: each["id"] for each in service()["endpoints"]}
            self.assertEqual(after, before, "the same endpoints")
            # It ends its containers, and starts them again.
            engine.restart_engine()
            wait_until("both are in as new endpoints",
                       lambda: eligible() == {"e-a", "e-b"}
                       and all(each["id"] > max(after.values())
                               for each in service()["endpoints"]), 30)
            self.assertEqual(ask(gateway).status, 200)
