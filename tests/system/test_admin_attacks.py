"""What a web page, a stranger or a curious user may try on the admin listener, and must not get.

One test for each line of the control plane's checklist. Endpoints that point inwards are tested
with registration, containers with discovery.
"""

import itertools
import json
import unittest

import contract
from harness import BINARY, Case, ask, connect, gateway_to, read_answer, run
from test_users import JSON, PASSWORD, Users
from websocket import WebSocket, handshake

SECRET = "s3cr3t-canary"
NEEDS_FILE = unittest.skipUnless(contract.IS_CHECKED,
                                 "needs python3-yaml and python3-jsonschema")
CHANGES = (("POST", "/algorithm/ip_hash", b""), ("POST", "/api/circuit-breakers/origin/open", b""),
           ("POST", "/api/circuit-breakers/reset-all", b""), ("POST", "/api/config/reload", b""),
           ("POST", "/api/endpoints/1/drain", b""), ("PATCH", "/api/endpoints/1", b'{"weight":7}'),
           ("POST", "/api/scale", b'{"service":"origin","action":"up"}'),
           ("POST", "/api/services/origin/stop", b""),
           ("POST", "/api/users", b'{"name":"eve","role":"admin","password":"correct horse"}'),
           ("POST", "/api/tokens", b'{"name":"eve","role":"admin"}'),
           ("POST", "/api/services", b'{"name":"eve","endpoints":["127.0.0.1:9"],"path":"/"}'),
           ("PATCH", "/api/services/origin", b'{"breaker":{"failures":1}}'),
           ("DELETE", "/api/services/origin", b""), ("DELETE", "/api/config/x", b""),
           ("DELETE", "/api/users/ada", b""), ("DELETE", "/api/tokens/1", b""))
FOREIGN = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
           {"Origin": "http://evil.example"}, {"Origin": "null"},
           {"Referer": "http://evil.example/"}, {"Sec-Purpose": "prefetch"},
           {"Purpose": "prefetch"})


class Attack(Users):
    def begin_without_users(self, **more):
        text = gateway_to(self.web(), self.web(), **more)
        self.process, self.gateway, self.admin = self.serve(text, "--data", self.data)

    def standing(self) -> list:
        """Everything that a change could have changed."""
        told = [self.send(target).json() for target in (
            "/api/algorithms", "/api/users", "/api/tokens", "/api/audit", "/api/config")]
        told[0] = [each["algorithm"] for each in told[0]["services"]]
        service = self.send("/api/services/origin").json()
        return told + [[(each["weight"], each["state"], each["breaker"]["state"])
                        for each in service["endpoints"]], service["breaker"]["state"]]


class Addresses(Case):
    def test_an_address_that_others_reach_is_refused(self):
        for address in ("0.0.0.0", "[::]", "192.0.2.1", "169.254.1.1"):
            path = self.directory / "weir.yaml"
            path.write_text(gateway_to("127.0.0.1:1").replace(
                'admin: { bind: "127.0.0.1:0" }', f'admin: {{ bind: "{address}:0" }}'))
            done = run("serve", "-c", str(path))
            self.assertEqual(done.returncode, 1, address)
            self.assertIn("insecure", done.stderr, address)


class Flood(Attack):
    def test_changes_are_limited_and_reading_is_not(self):
        self.begin_without_users()
        with connect(self.admin) as sock, sock.makefile("rb") as stream:
            def send(method: str, target: str):
                sock.sendall(f"{method} {target} HTTP/1.1\r\nHost: {self.admin}\r\n"
                             "Content-Length: 0\r\n\r\n".encode())
                return read_answer(stream)

            statuses = [send("POST", "/api/endpoints/none/drain").status for _ in range(1000)]
            self.assertEqual(set(statuses), {404}, "a script's burst")
            for _ in range(5000):  # more than 50 a second, however slow this machine is
                refused = send("POST", "/api/endpoints/none/drain")
                if refused.status == 429:
                    break
            self.assertEqual(refused.status, 429)
            self.assertGreaterEqual(int(refused.field("Retry-After")), 1)
            contract.check("POST", "/api/endpoints/none/drain", refused)
            self.assertEqual(send("GET", "/api/services").status, 200)


class Reading(Attack):
    @NEEDS_FILE
    def test_get_and_head_change_nothing(self):
        self.begin_without_users()
        before = self.standing()
        for path, operations in contract.description()["paths"].items():
            target = path.replace("{service}", "origin").replace("{endpoint}", "1").replace(
                "{name}", "ada").replace("{token}", "1").replace("{table}", "users")
            if path in ("/algorithm/{algorithm}", "/request", "/api/live"):
                continue
            for method in ("GET", "HEAD"):
                for query in ("", "?_method=POST", "?plan=false&weight=9&role=admin"):
                    answer = ask(self.admin, target + query, method,
                                 {"X-HTTP-Method-Override": "POST"})
                    if method.lower() not in operations:
                        self.assertEqual(answer.status, 405, target)
        self.assertEqual(self.standing(), before)

    def test_the_two_that_act_are_for_command_lines_only(self):
        self.begin_without_users()
        before, sent = self.standing(), self.send("/stats").json()["total_requests"]
        pairs = [a | b for a, b in itertools.combinations(FOREIGN, 2)]
        own = {"Sec-Fetch-Site": "same-origin", "Origin": f"http://{self.admin}"}
        for fields in (*FOREIGN, *pairs, own | {"Referer": "http://evil.example/"},
                       own | {"Sec-Purpose": "prefetch"}):
            for target in ("/algorithm/ip_hash", "/request"):
                answer = ask(self.admin, target, fields=fields)
                self.assertEqual(answer.status, 403, (target, fields))
                self.assertEqual(answer.field("Cache-Control"), "no-store")
        for target in ("/algorithm/ip_hash", "/request"):
            self.assertEqual(ask(self.admin, target, "HEAD").status, 405)
        self.assertEqual(self.standing(), before)
        self.assertEqual(self.send("/stats").json()["total_requests"], sent)
        for fields in ({}, own, {"Sec-Fetch-Site": "none"}):
            self.assertEqual(ask(self.admin, "/algorithm/ip_hash", fields=fields).status, 200)


class Names(Attack):
    def test_a_rebound_name_reaches_nothing(self):
        self.begin_without_users()
        port = self.admin.split(":")[1]
        before = self.standing()
        for host in ("evil.example", f"evil.example:{port}", f"localhost.evil.example:{port}",
                     f"127.0.0.1.evil.example:{port}", "127.0.0.1:1", "0x7f000001", "2130706433",
                     f"localhost.:{port}", "[::1]", "0.0.0.0"):
            for path in ("/health", "/metrics", "/api/services", "/api/openapi.json", "/nothing"):
                answer = ask(self.admin, path, host=host)
                self.assertIn(answer.status, (400, 421), (host, path))
            for method, target, body in CHANGES:
                answer = ask(self.admin, target, method, JSON if body else {}, body, host)
                self.assertIn(answer.status, (400, 421), (host, target))
            with connect(self.admin) as sock, sock.makefile("rb") as stream:
                sock.sendall(handshake(host))
                self.assertIn(read_answer(stream).status, (400, 421), host)
            with connect(self.admin) as sock, sock.makefile("rb") as stream:
                sock.sendall(f"GET http://{host}/api/users HTTP/1.1\r\nHost: {self.admin}\r\n"
                             "\r\n".encode())
                self.assertIn(read_answer(stream).status, (400, 421), host)
        self.assertEqual(self.standing(), before)

    def test_a_socket_of_another_site_is_not_opened(self):
        self.begin_without_users()
        for fields in FOREIGN:
            with WebSocket(self.admin, fields) as client:
                self.assertEqual(client.answer.status, 403, fields)
        with WebSocket(self.admin, {"Origin": f"http://{self.admin}"}) as client:
            self.assertEqual(client.answer.status, 101)


class Forms(Attack):
    def test_no_form_and_no_script_of_another_site_changes_anything(self):
        self.begin_without_users()
        before = self.standing()
        for method, target, body in CHANGES:
            for kind in ("application/x-www-form-urlencoded", "text/plain",
                         "multipart/form-data; boundary=x", "text/json", ""):
                answer = ask(self.admin, target, method, {"Content-Type": kind} if kind else {},
                             body or b"a=b")
                self.assertEqual(answer.status, 415, (target, kind))
                self.assertIn("Content-Type: application/json", answer.json()["detail"])
            for fields in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                           {"Origin": f"http://{self.admin}"}, {"Cookie": "weir-session=x"},
                           {"Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Site": "cross-site"},
                           {"Origin": "http://evil.example", "X-Weir-Request": "1"},
                           {"Sec-Fetch-Site": "cross-site", "X-Weir-Request": "1"},
                           {"Sec-Fetch-Site": "same-site", "X-Weir-Request": "1"}):
                answer = ask(self.admin, target, method, fields | (JSON if body else {}), body)
                self.assertEqual(answer.status, 403, (target, fields))
        self.assertEqual(self.standing(), before)

    def test_other_sites_may_not_read_and_pages_run_no_foreign_script(self):
        self.begin_without_users()
        for method, target in (("OPTIONS", "/api/services"), ("GET", "/api/services"),
                               ("GET", "/nothing"), ("POST", "/api/users"), ("GET", "/metrics")):
            answer = ask(self.admin, target, method,
                         {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST",
                          "Access-Control-Request-Headers": "x-weir-request"})
            names = {name.lower() for name, _ in answer.fields}
            self.assertFalse([each for each in names if each.startswith("access-control")], target)
            self.assertEqual(answer.field("X-Content-Type-Options"), "nosniff", target)
            self.assertEqual(answer.field("Cache-Control"), "no-store", target)
            policy = answer.field("Content-Security-Policy")
            self.assertIn("frame-ancestors 'none'", policy)
            self.assertIn("default-src 'none'", policy)
            self.assertNotIn("unsafe", policy)
        self.assertEqual(ask(self.admin, "/api/services", "OPTIONS").status, 405)


class Paths(Attack):
    def test_no_spelling_of_a_path_gets_round_the_roles(self):
        self.assertEqual(self.add("ada", "admin").returncode, 0)
        viewer = self.token("v", "--role", "viewer")
        metrics = self.token("m", "--metrics")
        self.start()
        spellings = ("/api/users", "//api/users", "/api//users", "/api/./users", "/x/../api/users",
                     "/api/%75sers", "/%61pi/users", "/api/users/", "/api/users?", "/api/users;a=b",
                     "/API/users", "/api/Users", "/api%2fusers", "/api/users%2f", "/api/users%00",
                     "/api/users%20", "/metrics/../api/users", "/health/../api/users",
                     "/assets/../api/users", "/assets/%2e%2e/api/users", "/assets/..%2fapi/users",
                     "/api/services/../users", "/api/login/../users", "/api/users#/health",
                     "/api/store/users", "/api/store//users", "/api/store/%75sers",
                     "/metrics/../api/store/users")
        for target, token in itertools.product(spellings, (viewer, metrics, "", "weir_x")):
            fields = {"Authorization": f"Bearer {token}"} if token else {}
            answer = ask(self.admin, target, fields=fields)
            self.assertIn(answer.status, (400, 401, 403, 404), (target, token[:6]))
            self.assertNotIn(b"ada", answer.body, target)
        eve = {"name": "eve", "role": "admin", "password": PASSWORD}
        self.assertEqual(self.send("/api/users", "POST", eve, viewer).status, 403)


class Secrets(Attack):
    @NEEDS_FILE
    def test_no_answer_holds_a_secret(self):
        self.assertEqual(self.add("ada", "admin").returncode, 0)
        token = self.token("t", "--role", "admin")
        child = ('  kids:\n    discovery: [ { process: {} } ]\n    process:\n'
                 f'      command: ["{BINARY}", lab, web, --port, "0"]\n'
                 f'      environment: {{ KEY: "{SECRET}" }}\n')
        route = (f"    request_headers: {{ set: {{ X-Key: {SECRET} }}, "
                 f"add: {{ X-More: {SECRET} }} }}\n")
        text = gateway_to(self.web(), route=route).replace("services:\n", "services:\n" + child)
        self.process, self.gateway, self.admin = self.serve(text, "--data", self.data)
        path = self.directory / "weir.yaml"
        path.write_text(text.replace(f"KEY: \"{SECRET}\"", f"KEY: \"{SECRET}-2\""))
        for step in ("?plan=true", ""):
            answer = self.send("/api/config/reload" + step, "POST", token=token)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertNotIn(SECRET.encode(), answer.body)
        self.send("/api/users/ada", "PATCH", {"password": SECRET}, token)
        self.send("/api/login", "POST", {"user": "ada", "password": SECRET + "-wrong"})
        cookie = self.log_in("ada", SECRET).field("Set-Cookie").split(";")[0].split("=")[1]
        self.send("/api/tokens", "POST", {"name": "new", "role": "viewer"}, token,
                  {"Idempotency-Key": "once"})
        tables = [each["table"] for each in self.send("/api/store", token=token).json()["tables"]]
        gets = [path for path, operations in contract.description()["paths"].items()
                if "get" in operations and "{" not in path and path != "/api/live"
                and "openapi" not in path]
        for target in gets + [f"/api/store/{table}" for table in tables]:
            answer = self.send(target, token=token)
            self.assertLess(answer.status, 400, target)
            for secret in (SECRET, token, cookie, PASSWORD):
                self.assertNotIn(secret.encode(), answer.body, target)
            self.assertNotIn(b"$argon2", answer.body, target)
        log = (self.directory / "stderr.txt").read_text()
        for secret in (SECRET, token, cookie):
            self.assertNotIn(secret, log)
        self.assertIn("***", self.send("/api/config", token=token).json()["config"])


class Texts(Attack):
    MARKUP = "<script>alert(1)</script>"

    def test_what_others_wrote_is_shown_as_text(self):
        self.begin_without_users()
        agent = self.MARKUP + "\"'\\"
        self.assertEqual(ask(self.admin, "/algorithm/ip_hash", "POST",
                             {"User-Agent": agent}).status, 200)
        self.assertEqual(self.send("/api/audit").json()["audit"][0]["from"], f"127.0.0.1 {agent}")
        ask(self.gateway, "/%3Cscript%3E", fields={"User-Agent": agent, "Host": "a"})
        page = ask(self.admin, "/", fields={"Accept": "text/html", "User-Agent": agent})
        self.assertEqual(page.field("Content-Type"), "text/html; charset=utf-8")
        self.assertNotIn(b"<script", page.body)
        for line in (self.directory / "stderr.txt").read_text().splitlines():
            json.loads(line)

    def test_errors_are_json_and_escape_what_was_sent(self):
        self.begin_without_users()
        encoded = "%3Cscript%3E%22%0d%0aX-Evil:1%ff"
        for method, target, body in (
                ("GET", f"/api/services/{encoded}", b""),
                ("GET", f"/api/backends?service={encoded}", b""),
                ("POST", f"/algorithm/{encoded}", b""), ("GET", f"/api/store/{encoded}", b""),
                ("GET", f"/api/logs?level={encoded}", b""),
                ("GET", f"/api/explain?header={encoded}", b""),
                ("POST", "/strategy?strategy=" + encoded, b""),
                ("POST", "/api/scale", b'{"<script>\\u0000\\r\\n":1}'),
                ("PATCH", "/api/endpoints/%3Cb%3E", b'{"weight":1}'),
                ("POST", "/api/login", b'{"user":"<script>","password":"x"}')):
            answer = ask(self.admin, target, method,
                         {"Accept": "text/html"} | (JSON if body else {}), body)
            self.assertGreaterEqual(answer.status, 400, target)
            self.assertEqual(answer.field("Content-Type"), "application/problem+json", target)
            self.assertIsNone(answer.field("X-Evil"))
            answer.json()
            answer.body.decode("utf-8")


class Errors(Attack):
    def test_each_contract_error_and_nothing_half_done(self):
        self.assertEqual(self.add("ada", "admin").returncode, 0)
        self.assertEqual(self.add("vic", "viewer").returncode, 0)
        token = self.token("t", "--role", "admin")
        self.start()
        bearer = {"Authorization": f"Bearer {token}"}
        for status, method, target, body, kind in (
                (400, "POST", "/api/scale", b"{", JSON), (400, "POST", "/api/scale", b"[]", JSON),
                (404, "PATCH", "/api/endpoints/9", b'{"weight":1}', JSON),
                (405, "DELETE", "/api/scale", b"", {}), (405, "PUT", "/api/users", b"{}", JSON),
                (409, "POST", "/api/users",
                 b'{"name":"vic","role":"viewer","password":"correct horse"}', JSON),
                (415, "POST", "/api/scale", b"{}", {"Content-Type": "text/plain"}),
                (422, "PATCH", "/api/endpoints/1", b'{"weight":0}', JSON),
                (422, "PATCH", "/api/endpoints/1", b'{"weight":5,"more":1}', JSON),
                (422, "PATCH", "/api/users/vic", b'{"role":"admin","password":"short"}', JSON),
                (422, "PATCH", "/api/users/vic", b'{"role":"admin","disabled":"no"}', JSON),
                (422, "POST", "/api/scale", b'{"replicas":2,"action":"up"}', JSON)):
            answer = ask(self.admin, target, method, bearer | kind, body)
            self.assertEqual(answer.status, status, (target, body, answer.body))
            if status == 405:
                self.assertIn("POST", answer.field("Allow"))
        self.assertEqual(self.send("/api/endpoints/1", token=token).json()["weight"], 1)
        vic = next(each for each in self.send("/api/users", token=token).json()["users"]
                   if each["name"] == "vic")
        self.assertEqual((vic["role"], vic["disabled"]), ("viewer", False))

    def test_a_body_may_have_a_mebibyte_and_not_a_byte_more(self):
        self.begin_without_users()
        value = b'{"weight":5}'
        for size, status in (((1 << 20) - 1, 200), (1 << 20, 200), ((1 << 20) + 1, 413)):
            for chunked in (False, True):
                body = value + b" " * (size - len(value))
                head = (f"PATCH /api/endpoints/1 HTTP/1.1\r\nHost: {self.admin}\r\n"
                        "Content-Type: application/json\r\nConnection: close\r\n")
                if chunked:
                    head += "Transfer-Encoding: chunked\r\n\r\n"
                    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
                else:
                    head += f"Content-Length: {len(body)}\r\n\r\n"
                with connect(self.admin) as sock, sock.makefile("rb") as stream:
                    try:
                        sock.sendall(head.encode() + body)
                    except OSError:
                        pass  # it does not read what it refused
                    self.assertEqual(read_answer(stream).status, status, (size, chunked))


class Crowd(Attack):
    def test_idle_connections_do_not_keep_others_out(self):
        self.begin_without_users()
        idle = []
        for _ in range(300):
            sock = connect(self.admin)
            self.addCleanup(sock.close)
            sock.sendall(b"GET /api/services HTTP/1.1\r\nHost:")
            idle.append(sock)
        self.assertEqual(self.send("/health").status, 200)
        self.assertEqual(self.send("/api/services").status, 200)


del Users  # its tests are in test_users.py
