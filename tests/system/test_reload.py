"""Another configuration while weir runs: all of it or nothing, and nobody is cut off."""

import os
import signal
import socket
import threading

from harness import Backend, Case, ask, connect, read_answer, run, wait_until
from test_control import Load

WEIR = os.environ.get("WEIR_BIN", "weir")
UPGRADE = ("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class Echo(Backend):
    """Takes every upgrade and sends back what comes after it."""

    def serve(self, sock: socket.socket):
        with sock:
            head = b""
            while b"\r\n\r\n" not in head:
                got = sock.recv(4096)
                if not got:
                    return
                head += got
            sock.sendall(("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                          f"Upgrade: websocket\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n").encode())
            while got := sock.recv(4096):
                sock.sendall(got)


class Reload(Case):
    def write(self, *endpoints: str, service: str = "", more: str = "", listen: str = "0"):
        listed = ", ".join(f'"{each}"' for each in endpoints)
        self.text = f"""version: 1
listeners:
  web: {{ bind: "127.0.0.1:{listen}" }}
admin: {{ bind: "127.0.0.1:0" }}
services:
  origin: {{ discovery: [ {{ static: [ {listed} ] }} ], balance: {{ slow_start: 0s }}{service} }}
{more}"""
        (self.directory / "weir.yaml").write_text(self.text)
        return self.text

    ROUTES = "routes:\n  - { match: { path: / }, service: origin }\n"

    def start(self, *endpoints: str, **more):
        self.process, self.gateway, self.admin = self.serve(
            self.write(*endpoints, more=more.pop("more", self.ROUTES), **more))

    def reload(self, query: str = ""):
        return ask(self.admin, "/api/config/reload" + query, "POST")

    def names(self) -> list[str]:
        return [each["name"] for each in
                ask(self.admin, "/api/services/origin").json()["endpoints"]]

    def test_the_only_endpoint_is_replaced_and_weighted_without_a_gap(self):
        backends = [self.web(), self.web()]
        checks = ", health: { check: { kind: http, every: 5s, timeout: 1s } }"
        for service in ("", checks):
            self.start(backends[0], service=service)
            wait_until("it is fit", lambda: ask(self.gateway, "/").status == 200)
            load = Load(self.gateway)
            self.addCleanup(load.end)
            for i in range(30):
                self.write(backends[(i + 1) % 2], service=service, more=self.ROUTES)
                self.assertTrue(self.reload().json()["applied"])
                load.more(20)
            wait_until("one is left", lambda: self.names() == [backends[0]])
            before = ask(self.admin, "/api/services/origin").json()["endpoints"][0]["id"]
            for i in range(10):
                text = self.text.replace(f'"{backends[0]}"',
                                         f'{{ address: "{backends[0]}", weight: {i + 2} }}')
                (self.directory / "weir.yaml").write_text(text)
                self.assertTrue(self.reload().json()["applied"])
                load.more(20)
            load.end()
            self.assertEqual(load.failed(), [])
            after = ask(self.admin, "/api/services/origin").json()["endpoints"]
            self.assertEqual([(each["id"], each["weight"]) for each in after], [(before, 11)])
            self.end(self.process)

    def test_a_hundred_reloads_under_load_and_open_tunnels_lose_nothing(self):
        first, second, echo = self.web(), self.web(), Echo(self)
        tunnels = f"""  tunnels: {{ discovery: [ {{ static: [ "{echo.address}" ] }} ] }}
{self.ROUTES}  - {{ match: {{ path: /ws }}, service: tunnels }}
"""
        self.start(first, more=tunnels)
        open_tunnels = []
        for _ in range(20):
            sock = connect(self.gateway)
            self.addCleanup(sock.close)
            sock.sendall(UPGRADE.encode())
            with sock.makefile("rb") as stream:
                self.assertIn(b"101", stream.readline())
                while stream.readline() != b"\r\n":
                    pass
            open_tunnels.append(sock)
        load = Load(self.gateway)
        changes = (dict(service=", breaker: { failures: 7 }"), dict(), dict(
            service=", balance: { algorithm: random_two, slow_start: 0s }"),
            dict(service=", concurrency: {}"))
        for i in range(100):
            change = dict(changes[i % len(changes)])
            if "balance" in change.get("service", ""):
                self.write(first, more=tunnels)
                text = self.text.replace("balance: { slow_start: 0s }",
                                         "balance: { algorithm: random_two, slow_start: 0s }")
                (self.directory / "weir.yaml").write_text(text)
            else:
                members = ((first, second), (second,), (first,))[i % 3]
                self.write(*members, more=tunnels, **change)
            answer = self.reload()
            self.assertEqual(answer.status, 200, answer.body)
            self.assertTrue(answer.json()["applied"])
        load.more(100)
        load.end()
        self.assertEqual(load.failed(), [])
        for sock in open_tunnels:
            sock.sendall(b"still here")
            self.assertEqual(sock.recv(64), b"still here")
        wait_until("every request is counted: the counters went on", lambda: ask(
            self.admin, "/api/services/origin").json()["requests"] >= len(load.answers))

    def test_services_and_routes_come_change_and_go(self):
        first, second = self.web("--name", "one"), self.web("--name", "two")
        self.start(first)
        self.write(first, more=f"""  pay: {{ discovery: [ {{ static: [ "{second}" ] }} ] }}
{self.ROUTES}  - {{ match: {{ path: /pay/ }}, service: pay, strip_prefix: true }}
""")
        plan = self.reload("?plan=true").json()
        self.assertFalse(plan["applied"])
        self.assertTrue(any("pay" in line for line in plan["plan"]), plan)
        self.assertEqual(ask(self.gateway, "/pay/").status, 404)
        self.assertEqual(self.reload().status, 200)
        self.assertEqual(ask(self.gateway, "/pay/").json()["service"], "two")
        self.write(first, more=self.ROUTES)
        self.assertEqual(self.reload().status, 200)
        self.assertEqual(ask(self.gateway, "/pay/").status, 404)
        wait_until("the service has left", lambda: [
            each["name"] for each in ask(self.admin, "/api/services").json()["services"]]
            == ["origin"])
        self.assertEqual(self.reload().json()["plan"], ["nothing changes"])

    def test_a_service_that_comes_back_while_it_leaves_serves(self):
        slow, other = self.web("--latency", "700ms"), self.web("--name", "other")
        pay = f"""  pay: {{ discovery: [ {{ static: [ "{slow}" ] }} ] }}
{self.ROUTES}  - {{ match: {{ path: /pay/ }}, service: pay, strip_prefix: true }}
"""
        self.start(other, more=pay)
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(ask(self.gateway, "/pay/").status))
        waiting.start()
        wait_until("it is under way", lambda: any(
            each["inFlight"] for each in ask(self.admin, "/api/services/pay").json()["endpoints"])
            or answers)
        for more in (self.ROUTES, pay, self.ROUTES, pay):
            self.write(other, more=more)
            self.assertEqual(self.reload().status, 200)
        waiting.join()
        self.assertEqual(answers, [200])
        for service in (", breaker: { failures: 9 }", ""):
            self.write(other, more=pay, service=service)
            self.assertEqual(self.reload().status, 200)
            self.assertEqual(ask(self.gateway, "/pay/").status, 200)
        names = [each["name"] for each in ask(self.admin, "/api/services").json()["services"]]
        self.assertEqual(sorted(names), ["origin", "pay"])

    def test_replaced_services_are_forgotten(self):
        first = self.web()
        self.start(first)

        def resident() -> int:
            with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
                return int(file.read().split()[1]) * 4096

        def replace(count: int):
            for i in range(count):
                self.write(first, more=self.ROUTES,
                           service=f", breaker: {{ failures: {5 + i % 2} }}, "
                           "rate_limit: { rate: 100000/s, burst: 1000, key: client_ip }")
                self.assertEqual(self.reload().status, 200)
                self.assertEqual(ask(self.gateway, "/").status, 200)

        replace(10)
        before = resident()
        replace(100)
        wait_until("their memory is free again",
                   lambda: resident() - before < 40 << 20, 10)

    def test_a_bad_file_changes_nothing_and_says_where(self):
        first = self.web()
        self.start(first)
        wrong = self.text.replace("service: origin", "service: o")
        (self.directory / "weir.yaml").write_text(wrong)
        answer = self.reload()
        self.assertEqual(answer.status, 422)
        self.assertRegex(answer.json()["problems"][0], r"weir.yaml:\d+:\d+: ")
        self.assertEqual(ask(self.gateway, "/").status, 200)
        self.write(first, more=self.ROUTES, listen="1")
        answer = self.reload()
        self.assertEqual(answer.status, 422)
        self.assertIn("restart", answer.json()["detail"])
        done = run("reload", "--admin", self.admin)
        if done.returncode != 2:  # the command is there
            self.assertEqual(done.returncode, 1, done.stderr)

    def test_sighup_reads_the_file(self):
        first, second = self.web(), self.web()
        self.start(first)
        self.write(first, second, more=self.ROUTES)
        os.kill(self.process.pid, signal.SIGHUP)
        wait_until("the second endpoint is there", lambda: sorted(self.names())
                   == sorted([first, second]))

    def test_what_the_operator_changed_stays_unless_the_file_changes_it(self):
        first, second = self.web(), self.web()
        self.start(first)
        self.assertEqual(ask(self.admin, "/algorithm/random_two", "POST").status, 200)
        self.write(first, second, more=self.ROUTES)
        self.assertEqual(self.reload().status, 200)
        algorithm = ask(self.admin, "/api/services/origin").json()["algorithm"]
        self.assertEqual(algorithm, "random_two")
        text = self.text.replace("slow_start: 0s", "slow_start: 0s, algorithm: weighted")
        (self.directory / "weir.yaml").write_text(text)
        self.assertEqual(self.reload().status, 200)
        self.assertEqual(ask(self.admin, "/api/services/origin").json()["algorithm"], "weighted")
        with connect(self.gateway) as sock, sock.makefile("rb") as stream:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertEqual(read_answer(stream).status, 200)
