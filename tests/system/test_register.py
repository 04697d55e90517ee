"""Services that are registered, changed and removed while weir runs."""

import json
import signal
import sqlite3
import threading

from harness import ask, connect, read_answer, run, wait_until
from test_overlay import CONFIG, JSON, Overlay


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

    def test_of_several_at_once_each_is_whole(self):
        self.start()
        answers: list = []

        def send(method: str, path: str, body):
            answers.append((method, ask(self.admin, path, method, JSON,
                                        json.dumps(body).encode() if body else b"").status))

        def at_once(*calls):
            answers.clear()
            threads = [threading.Thread(target=send, args=call) for call in calls]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return sorted(answers)

        for i in range(8):
            name = f"s{i}"
            body = {"name": name, "endpoints": [self.backends[1]]}
            made = at_once(*[("POST", "/api/services", body)] * 3)
            self.assertEqual(made, [("POST", 201), ("POST", 409), ("POST", 409)])
            path = f"/api/services/{name}"
            done = at_once(("PATCH", path, {"breaker": {"failures": 7}}),
                           ("PATCH", path, {"balance": {"slow_start": "7s"}}))
            self.assertEqual({status for _, status in done}, {200})
            row = self.overlay()[f"services.{name}"]
            self.assertEqual((row["breaker"], row["balance"]),
                             ({"failures": 7}, {"slow_start": "7s"}), "none is lost")
            done = at_once(("DELETE", path, None), ("PATCH", path, {"breaker": {"failures": 8}}))
            self.assertIn(done, ([("DELETE", 200), ("PATCH", 200)],
                                 [("DELETE", 200), ("PATCH", 404)]))
            self.assertNotIn(f"services.{name}", self.overlay())

    def test_a_file_that_takes_its_place_ends_it_and_others_stay(self):
        self.start()
        for name in ("one", "two", "three"):
            self.send("POST", "/api/services", {"name": name, "endpoints": [self.backends[1]],
                                                "path": f"/{name}/", "strip_prefix": True}, 201)
        # The file has a route of its own for two of the paths, and adopts the third service.
        text = self.config().replace("routes:", f"""  three:
    discovery: [ {{ static: [ "{self.backends[0]}" ] }} ]
routes:
  - {{ match: {{ path: /one/ }}, service: origin, strip_prefix: true }}
  - {{ match: {{ path: /two/ }}, service: origin, strip_prefix: true }}""")
        path = self.directory / "weir.yaml"
        path.write_text(text)
        refused = self.send("POST", "/api/config/reload", status=422)
        self.assertIn("weir config unset routes.", refused["detail"])
        self.restart(text=text)
        self.assertEqual(self.service("one")["name"], "one")
        idle = {row["key"] for row in ask(self.admin, "/api/config").json()["overlay"]
                if not row["active"]}
        self.assertEqual(idle, {"routes.one", "routes.two"})
        self.assertNotIn("routes.three", self.overlay())
        self.assertNotIn("services.three", self.overlay())
        self.send("PATCH", "/api/services/origin", {"breaker": {"failures": 9}})
        self.send("DELETE", "/api/config/routes.one")
        self.send("DELETE", "/api/services/two")
        path.write_text(text)
        self.send("POST", "/api/config/reload")
        self.assertEqual(sorted(self.overlay()),
                         ["services.one", "services.origin.breaker.failures"])

    def test_what_cannot_be_kept_is_not_begun(self):
        self.start()
        endpoints = [f"10.{i // 65536}.{i // 256 % 256}.{i % 256}:80" for i in range(20_000)]
        refused = self.send("POST", "/api/services", {"name": "big", "endpoints": endpoints}, 422)
        self.assertIn("more than", refused["detail"])
        self.send("GET", "/api/services/big", status=404)

    def test_a_name_that_means_nothing_any_more_stops_no_start_and_no_reload(self):
        self.start()
        refused = self.send("POST", "/api/services",
                            {"name": "gone", "endpoints": ["gone.invalid:80"]}, 422)
        self.assertIn("gone.invalid", refused["detail"])
        self.register()
        self.end(self.process)
        database = sqlite3.connect(self.directory / "data/weir.db")
        database.execute("UPDATE overlay SET value = replace(value, ?, 'gone.invalid:80') "
                         "WHERE key = 'services.orders'", (self.backends[1],))
        database.commit()
        database.close()
        self.start()
        self.assertEqual(self.service("orders")["endpoints"], [])
        self.assertEqual(ask(self.gateway, "/").status, 200)
        self.send("POST", "/api/config/reload")
        self.send("DELETE", "/api/services/orders")

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
