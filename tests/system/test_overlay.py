"""Changes made at run time: services that are registered, changed and removed, and what outlives a
restart and a reload until the file or somebody ends it."""

import json
import signal
import socket

from harness import Case, ask, connect, read_answer, run, wait_until

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


class Register(Overlay):
    BODY = {"name": "orders", "path": "/orders/", "strip_prefix": True}

    def register(self, **more) -> dict:
        return self.send("POST", "/api/services",
                         {**self.BODY, "endpoints": [self.backends[1]], **more}, 201)

    def served_by(self, path: str) -> str:
        answer = ask(self.gateway, path)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["service"]

    def test_a_service_is_registered_changed_and_removed_while_requests_run(self):
        self.start(CONFIG.format(endpoints=f'"{self.backends[0]}"', algorithm="random_two"))
        self.assertEqual(ask(self.gateway, "/orders/").status, 404, "b0 has no such path")
        made = self.register(algorithm="least_connections")
        self.assertEqual((made["name"], made["id"], made["registered"]), ("orders", 2, True))
        self.assertEqual(self.served_by("/orders/"), "b1")
        self.assertEqual(self.service("orders")["algorithm"], "least_connections")
        self.assertEqual(self.service("2")["name"], "orders")
        self.restart(signal.SIGKILL, CONFIG.format(endpoints=f'"{self.backends[0]}"',
                                                   algorithm="random_two"))
        self.assertEqual(self.served_by("/orders/"), "b1")
        self.send("PATCH", "/api/services/orders",
                  {"endpoints": [f"http://{self.backends[0]}/"], "path": "/o2/"})
        self.assertEqual(self.served_by("/o2/"), "b0")
        self.assertEqual(self.service("orders")["algorithm"], "least_connections")
        with connect(self.gateway) as sock, sock.makefile("rb") as stream:
            statuses = []
            for i in range(40):
                sock.sendall(b"GET /o2/ HTTP/1.1\r\nHost: a\r\n\r\n")
                statuses.append(read_answer(stream).status)
                if i == 20:
                    self.assertTrue(self.send("DELETE", "/api/services/2")["removed"])
            # From then on the route of / leads to a backend that has no such path.
            self.assertEqual(statuses, [200] * 21 + [404] * 19)
        wait_until("it has left", lambda: ask(self.admin, "/api/services/orders").status == 404)
        self.assertEqual(self.overlay(), {})
        again = self.register()
        self.assertEqual(again["id"], 2, "its number is its own for ever")

    def test_a_service_of_the_file_is_the_files(self):
        self.start()
        refused = self.send("DELETE", "/api/services/origin", status=409)
        self.assertIn("configuration file", refused["detail"])
        self.send("PATCH", "/api/services/origin", {"endpoints": ["127.0.0.1:1"]}, 409)
        self.send("POST", "/api/services", {"name": "origin", "endpoints": ["127.0.0.1:1"]}, 409)
        self.send("PATCH", "/api/services/none", {"algorithm": "ip_hash"}, 404)
        self.send("DELETE", "/api/services/none", status=404)

    def test_mistakes_change_nothing_and_name_the_member(self):
        self.start()
        rows = [
            ({"name": "a"}, "endpoints"),
            ({"name": "1", "endpoints": ["127.0.0.1:1"]}, "name"),
            ({"name": "a", "endpoints": ["127.0.0.1"]}, "services.a.discovery[0].static[0]"),
            ({"name": "a", "endpoints": ["127.0.0.1:1"], "algorithm": "fastest"}, "algorithm"),
            ({"name": "a", "endpoints": ["127.0.0.1:1"], "path": "orders"}, "routes.a.match.path"),
            ({"name": "a", "endpoints": ["127.0.0.1:1"], "process": {"command": ["sh"]}},
             "process"),
            ({"name": "a", "endpoints": ["127.0.0.1:1"], "breaker": {"failures": 0}},
             "services.a.breaker.failures"),
            ({"name": "a", "endpoints": ["127.0.0.1:1"], "path": "/"}, "match"),
        ]
        for body, says in rows:
            with self.subTest(body=body):
                refused = self.send("POST", "/api/services", body, 422)
                self.assertIn(says, refused["detail"])
        self.send("POST", "/api/services", [], 400)
        self.send("PATCH", "/api/services/origin", {"balance": {"algorithm": "fastest"}}, 422)
        self.send("PATCH", "/api/services/origin", {"weight": 3}, 422)
        self.assertEqual(self.overlay(), {})
        self.assertEqual(len(ask(self.admin, "/api/services").json()["services"]), 1)

    def test_addresses_that_no_backend_has_cannot_be_registered(self):
        self.start()
        for address in ("169.254.169.254:80", "[fe80::1]:80", "0.0.0.0:80", "224.0.0.1:80",
                        "[::ffff:169.254.169.254]:80", self.admin,
                        f"127.9.9.9:{self.admin.rsplit(':', 1)[1]}",
                        f"localhost:{self.admin.rsplit(':', 1)[1]}",
                        "unix:/run/docker.sock"):
            with self.subTest(address=address):
                self.send("POST", "/api/services", {"name": "evil", "endpoints": [address]}, 422)
                self.send("POST", "/api/services", {
                    "name": "evil", "discovery": [{"static": [address]}]}, 422)
        self.register()
        self.send("PATCH", "/api/services/orders", {"endpoints": [self.admin]}, 422)
        self.assertEqual(len(ask(self.admin, "/api/services").json()["services"]), 2)

    def test_loopback_is_no_backend_for_those_who_ask_from_elsewhere(self):
        text = self.config().replace('admin: { bind: "127.0.0.1:0" }',
                                     'admin: { bind: "0.0.0.0:0", insecure: true, '
                                     'hosts: [localhost, 127.0.0.1] }')
        path = self.directory / "weir.yaml"
        path.write_text(text)
        added = run("user", "add", "root", "--role", "admin", "--password-file", "-", "--data",
                    str(self.directory / "data"), input="correct horse battery")
        self.assertEqual(added.returncode, 0, added.stderr)
        self.process, self.gateway, admin = self.serve(text, "--data",
                                                       str(self.directory / "data"))
        self.admin = f"127.0.0.1:{admin.rsplit(':', 1)[1]}"
        body = json.dumps({"user": "root", "password": "correct horse battery"}).encode()
        login = ask(self.admin, "/api/login", "POST", JSON, body)
        self.assertEqual(login.status, 200, login.body)
        cookie = login.field("Set-Cookie").split(";")[0]
        fields = {**JSON, "Cookie": cookie, "X-Weir-Request": "1"}
        for endpoint in (self.backends[0], "localhost:8080", "[::1]:8080"):
            refused = ask(self.admin, "/api/services", "POST", fields, json.dumps(
                {"name": "inner", "endpoints": [endpoint]}).encode())
            self.assertEqual(refused.status, 422, refused.body)
            self.assertIn("loopback", refused.json()["detail"])

    def test_the_command_line_registers_and_removes(self):
        self.start()
        target = ("--admin", self.admin)
        done = run("services", "add", "orders", self.backends[1], "--path", "/orders/",
                   "--strip-prefix", *target)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.served_by("/orders/"), "b1")
        refused = run("services", "add", "orders", self.backends[1], *target)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("already", refused.stderr)
        shown = run("config", "--effective", *target)
        self.assertIn("orders:", shown.stdout)
        self.assertIn("(cli)", shown.stdout)
        done = run("services", "remove", "orders", *target)
        self.assertEqual(done.returncode, 0, done.stderr)
        run("algorithm", "origin", "ip_hash", *target)
        unset = run("config", "unset", "services.origin.balance.algorithm", *target)
        self.assertEqual(unset.returncode, 0, unset.stderr)
        self.assertEqual(self.service()["algorithm"], "random_two")


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
