"""Users, log-ins, tokens, what each role may do, what is written down, and changes made once."""

import json
import os
import socket
import subprocess
import threading

from harness import BINARY, Case, ask, connect, gateway_to, read_answer, wait_until

PASSWORD = "correct horse"
JSON = {"Content-Type": "application/json"}


class Users(Case):
    def setUp(self):
        super().setUp()
        self.data = str(self.directory / "data")

    def start(self, extra: str = "", admin: str = "127.0.0.1:0") -> None:
        text = gateway_to(self.web(), extra=extra).replace(
            'admin: { bind: "127.0.0.1:0" }', f'admin: {{ bind: "{admin}" }}')
        self.process, self.gateway, self.admin = self.serve(text, "--data", self.data)

    def weir(self, *arguments: str, token: str = "", text: str = "") -> subprocess.CompletedProcess:
        environment = {k: v for k, v in os.environ.items() if k != "WEIR_TOKEN"}
        if token:
            environment["WEIR_TOKEN"] = token
        return subprocess.run([BINARY, *arguments, "--data", self.data], input=text,
                              capture_output=True, text=True, timeout=30, check=False,
                              env=environment)

    def add(self, name: str, role: str, token: str = "") -> subprocess.CompletedProcess:
        return self.weir("user", "add", name, "--role", role, "--password-file", "-",
                         token=token, text=PASSWORD + "\n")

    def token(self, name: str, *options: str) -> str:
        done = self.weir("token", "add", name, *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def send(self, target: str, method: str = "GET", body=None, token: str = "", fields=None):
        fields = dict(fields or {})
        if token:
            fields["Authorization"] = f"Bearer {token}"
        if body is not None:
            fields |= JSON
        text = json.dumps(body).encode() if body is not None else b""
        return ask(self.admin, target, method, fields, text)

    def log_in(self, user: str, password: str = PASSWORD):
        return self.send("/api/login", "POST", {"user": user, "password": password})


class FirstToken(Users):
    def test_a_user_makes_it_with_a_password(self):
        self.assertEqual(self.add("ann", "admin").returncode, 0)
        self.start()
        refused = self.weir("services")
        self.assertIn("weir token add", refused.stderr)
        wrong = self.weir("token", "add", "me", "--role", "admin", "--user", "ann",
                          "--password-file", "-", text="not it\n")
        self.assertNotEqual(wrong.returncode, 0)
        made = self.weir("token", "add", "me", "--role", "admin", "--user", "ann",
                         "--password-file", "-", text=PASSWORD + "\n")
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertEqual(self.weir("services", token=made.stdout.strip()).returncode, 0)
        both = self.weir("token", "add", "x", "--role", "viewer", "--metrics")
        self.assertEqual(both.returncode, 2)


class WithoutUsers(Users):
    def test_everybody_is_an_admin_until_there_is_a_user(self):
        self.start()
        me = self.send("/api/me").json()
        self.assertEqual(me, {"user": "local", "role": "admin", "proof": "no-users",
                              "users": False, "insecure": False})
        self.assertEqual(self.send("/api/users").json()["users"], [])
        self.assertEqual(self.log_in("ada").status, 409)
        first = {"name": "ada", "role": "viewer", "password": PASSWORD}
        refused = self.send("/api/users", "POST", first)
        self.assertEqual(refused.status, 409)
        self.assertIn("must be an admin", refused.json()["detail"])
        self.assertEqual(self.send("/api/users", "POST", first | {"role": "admin"}).status, 201)
        self.assertEqual(self.send("/api/me").status, 401)
        self.assertEqual(self.log_in("ada").status, 200)

    def test_without_a_data_directory_there_can_be_none(self):
        _, _, self.admin = self.serve(gateway_to(self.web()))
        made = self.send("/api/users", "POST",
                         {"name": "ada", "role": "admin", "password": PASSWORD})
        self.assertEqual(made.status, 409)
        self.assertIn("--data", made.json()["detail"])
        self.assertEqual(self.send("/api/me").json()["role"], "admin")

    def test_changes_are_written_down_all_the_same(self):
        self.start()
        self.send("/algorithm/random_two", fields={"User-Agent": "a-script"})
        self.send("/api/circuit-breakers/origin/open", "POST")
        self.send("/api/circuit-breakers/origin/open", "POST")  # changes nothing
        rows = self.send("/api/audit").json()["audit"]
        self.assertEqual([row["what"] for row in rows], ["breaker.open", "algorithm.set"])
        self.assertEqual(rows[1] | {"id": 0, "time": ""},
                         {"id": 0, "time": "", "who": "local", "from": "127.0.0.1 a-script",
                          "what": "algorithm.set", "subject": "origin",
                          "before": '"round_robin"', "after": '"random_two"'})
        self.assertEqual((rows[0]["before"], rows[0]["after"]), ('"closed"', '"forced open"'))
        log = (self.directory / "stderr.txt").read_text()
        self.assertEqual(log.count('"component":"audit"'), 2)
        self.assertEqual(self.send("/api/audit?limit=1").json()["nextBefore"], rows[0]["id"])
        page = self.send(f"/api/audit?limit=1&before={rows[0]['id']}").json()
        self.assertEqual(page["audit"], rows[1:])
        for query in ("limit=0", "limit=1001", "limit=x", "before=x"):
            self.assertEqual(self.send("/api/audit?" + query).status, 422, query)

    def test_a_public_address_needs_insecure_and_says_so(self):
        text = gateway_to(self.web()).replace('"127.0.0.1:0" }\n\n', '"0.0.0.0:0" }\n\n')
        path = self.directory / "bad.yaml"
        path.write_text(text)
        done = self.weir("serve", "-c", str(path))
        self.assertEqual(done.returncode, 1)
        self.assertIn("insecure: true", done.stderr)
        path.write_text(text.replace('"0.0.0.0:0" }', '"0.0.0.0:0", insecure: true }'))
        process = self.begin("serve", "-c", str(path), "--lanes", "1")
        process.stdout.readline()
        self.admin = process.stdout.readline().split()[-1].replace("0.0.0.0", "127.0.0.1")
        self.assertIs(self.send("/api/me").json()["insecure"], True)
        page = ask(self.admin, "/", fields={"Accept": "text/html"}).body
        self.assertIn(b"Insecure:", page)
        wait_until("the log says so",
                   lambda: '"insecure: ' in (self.directory / "stderr.txt").read_text())


class StoreAway(Users):
    def test_nobody_is_let_in_while_the_users_are_not_known(self):
        os.environ["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/none"
        self.addCleanup(os.environ.pop, "DATABASE_URL")
        self.start()
        self.assertEqual(self.send("/health").status, 200)
        self.assertEqual(ask(self.gateway, "/").status, 200, "traffic goes on")
        for target, method in (("/api/services", "GET"), ("/metrics", "GET"), ("/", "GET"),
                               ("/api/me", "GET"), ("/algorithm/ip_hash", "POST"),
                               ("/api/users", "POST")):
            answer = self.send(target, method, token="weir_x")
            self.assertEqual(answer.status, 503, target)
            self.assertEqual(answer.field("Retry-After"), "2")
        self.assertEqual(self.log_in("ada").status, 503)


class Roles(Users):
    def setUp(self):
        super().setUp()
        for name, role in (("ada", "admin"), ("oto", "operator"), ("vic", "viewer")):
            done = self.add(name, role)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.tokens = {role: self.token("t-" + role, "--role", role)
                       for role in ("viewer", "operator", "admin")}
        self.tokens["metrics"] = self.token("prom", "--metrics")
        self.start()

    def test_each_role_may_do_what_it_may(self):
        rows = (  # method, target: nobody, metrics, viewer, operator, admin
            ("GET", "/health", 200, 200, 200, 200, 200),
            ("GET", "/readyz", 200, 200, 200, 200, 200),
            ("GET", "/assets/status.css", 200, 200, 200, 200, 200),
            ("GET", "/", 401, 403, 200, 200, 200),
            ("GET", "/metrics", 401, 200, 200, 200, 200),
            ("GET", "/stats", 401, 403, 200, 200, 200),
            ("GET", "/api/me", 401, 403, 200, 200, 200),
            ("GET", "/api/services", 401, 403, 200, 200, 200),
            ("GET", "/request", 401, 403, 403, 200, 200),
            ("GET", "/algorithm/random_two", 401, 403, 403, 200, 200),
            ("POST", "/api/circuit-breakers/reset-all", 401, 403, 403, 200, 200),
            ("POST", "/api/services/origin/stop", 401, 403, 403, 422, 422),
            ("GET", "/api/users", 401, 403, 403, 403, 200),
            ("DELETE", "/api/users/nobody", 401, 403, 403, 403, 404),
            ("GET", "/api/tokens", 401, 403, 403, 403, 200),
            ("DELETE", "/api/tokens/99", 401, 403, 403, 403, 404),
            ("GET", "/api/audit", 401, 403, 403, 403, 200),
        )
        callers = ("", "metrics", "viewer", "operator", "admin")
        for method, target, *statuses in rows:
            for caller, status in zip(callers, statuses):
                answer = self.send(target, method, token=self.tokens.get(caller, ""))
                self.assertEqual(answer.status, status, f"{method} {target} as {caller!r}")
                if status == 401:
                    self.assertEqual(answer.field("WWW-Authenticate"), 'Bearer realm="weir"')
                if status == 403:
                    self.assertEqual(answer.field("Content-Type"), "application/problem+json")
        refused = self.send("/request", token=self.tokens["viewer"]).json()
        self.assertIn("operator", refused["detail"])
        page = ask(self.admin, "/", fields={"Accept": "text/html"})
        self.assertEqual(page.status, 401)
        self.assertIn(b"not logged in", page.body)
        self.assertNotIn(b"origin", page.body)

    def test_refused_changes_change_nothing(self):
        admin = self.tokens["admin"]
        before = self.send("/api/algorithms", token=admin).body
        for token in ("", self.tokens["viewer"], self.tokens["metrics"], "weir_wrong"):
            self.assertIn(self.send("/algorithm/ip_hash", token=token).status, (401, 403))
            self.assertIn(self.send("/algorithm/ip_hash", "POST", token=token).status, (401, 403))
        self.assertEqual(self.send("/api/algorithms", token=admin).body, before)

    def test_a_log_in_is_a_cookie_that_no_script_reads(self):
        answer = self.log_in("oto")
        self.assertEqual(answer.json(), {"user": "oto", "role": "operator"})
        cookie = answer.field("Set-Cookie")
        for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(part, cookie)
        fields = {"Cookie": "a=b; " + cookie.split(";")[0]}
        me = self.send("/api/me", fields=fields).json()
        self.assertEqual((me["user"], me["role"], me["proof"]), ("oto", "operator", "login"))
        self.assertEqual(self.send("/algorithm/ip_hash", "POST", fields=fields).status, 403,
                         "a cookie needs our header")
        own = fields | {"X-Weir-Request": "1"}
        self.assertEqual(self.send("/algorithm/ip_hash", "POST", fields=own).status, 200)
        out = self.send("/api/logout", "POST", fields=own)
        self.assertIn("Max-Age=0", out.field("Set-Cookie"))
        self.assertEqual(self.send("/api/me", fields=fields).status, 401)

    def test_wrong_log_ins_look_alike_and_are_slowed_down(self):
        wrong = self.log_in("ada", "wrong password")
        nobody = self.log_in("nobody", "wrong password")
        self.assertEqual((wrong.status, wrong.body), (nobody.status, nobody.body))
        self.assertEqual(wrong.status, 401)
        for body, status in (({"user": "ada"}, 422), ({"password": "x"}, 422), ([], 400),
                             ({"user": "ada", "password": ""}, 422),
                             ({"user": "", "password": "x"}, 422),
                             ({"user": 1, "password": "x"}, 422),
                             ({"user": "ada", "password": "x" * 1025}, 422),
                             ({"user": "ada", "password": "x", "more": 1}, 422)):
            self.assertEqual(self.send("/api/login", "POST", body).status, status, body)
        for _ in range(3):
            self.assertEqual(self.log_in("ada", "wrong password").status, 401)
        slowed = self.log_in("ada")
        self.assertEqual(slowed.status, 429)
        self.assertEqual(slowed.field("Retry-After"), "1")
        self.assertEqual(self.send("/api/me", token=self.tokens["admin"]).status, 200)

    def test_the_last_admin_stays(self):
        token = self.tokens["admin"]
        for method, body in (("DELETE", None), ("PATCH", {"role": "viewer"}),
                             ("PATCH", {"disabled": True})):
            answer = self.send("/api/users/ada", method, body, token)
            self.assertEqual(answer.status, 409, method)
            self.assertIn("another user admin", answer.json()["detail"])
        self.assertEqual(self.send("/api/users/oto", "PATCH", {"role": "admin"}, token).status, 200)
        self.assertEqual(self.send("/api/users/ada", "DELETE", token=token).status, 200)
        users = self.send("/api/users", token=token).json()["users"]
        self.assertEqual([(u["name"], u["role"]) for u in users],
                         [("oto", "admin"), ("vic", "viewer")])
        self.assertNotIn("password", json.dumps(users).lower())
        rows = self.send("/api/audit?limit=2", token=token).json()["audit"]
        self.assertEqual([(r["who"], r["what"], r["subject"], r["before"], r["after"])
                          for r in rows],
                         [("token:t-admin", "user.remove", "ada", '"admin"', None),
                          ("token:t-admin", "user.role", "oto", '"operator"', '"admin"')])

    def test_changes_of_a_user_work_at_once(self):
        token = self.tokens["admin"]
        fields = {"Cookie": self.log_in("vic").field("Set-Cookie").split(";")[0]}
        self.assertEqual(self.send("/api/me", fields=fields).json()["role"], "viewer")
        self.send("/api/users/vic", "PATCH", {"role": "operator"}, token)
        self.assertEqual(self.send("/api/me", fields=fields).json()["role"], "operator")
        self.send("/api/users/vic", "PATCH", {"password": "another horse"}, token)
        self.assertEqual(self.send("/api/me", fields=fields).status, 401, "log-ins end")
        self.assertEqual(self.log_in("vic").status, 401)
        answer = self.log_in("vic", "another horse")
        self.assertEqual(answer.status, 200)
        fields = {"Cookie": answer.field("Set-Cookie").split(";")[0]}
        self.send("/api/users/vic", "PATCH", {"disabled": True}, token)
        self.assertEqual(self.send("/api/me", fields=fields).status, 401)
        self.assertEqual(self.log_in("vic", "another horse").status, 401)

    def test_users_api_errors(self):
        token = self.tokens["admin"]
        good = {"name": "new", "role": "viewer", "password": PASSWORD}
        rows = ((good | {"name": "two words"}, 422), (good | {"name": ""}, 422),
                (good | {"role": "root"}, 422), (good | {"password": "short"}, 422),
                (good | {"more": 1}, 422), ({"name": "new"}, 422), (good | {"name": "ada"}, 409))
        for body, status in rows:
            self.assertEqual(self.send("/api/users", "POST", body, token).status, status, body)
        bad = ask(self.admin, "/api/users", "POST", JSON | {"Authorization": f"Bearer {token}"},
                  b"{not json")
        self.assertEqual(bad.status, 400)
        self.assertEqual(self.send("/api/users/oto", "PATCH", {}, token).status, 422)
        self.assertEqual(self.send("/api/users/nobody", "PATCH", {"role": "viewer"}, token).status,
                         404)
        self.assertEqual(self.send("/api/users/oto", "PUT", token=token).status, 405)
        self.assertEqual(len(self.send("/api/users", token=token).json()["users"]), 3)

    def test_tokens_are_shown_once_and_end(self):
        token = self.tokens["admin"]
        made = self.send("/api/tokens", "POST", {"name": "ci", "role": "viewer",
                                                 "expiresIn": "1h"}, token)
        self.assertEqual(made.status, 201)
        secret = made.json()["token"]
        self.assertTrue(secret.startswith("weir_"))
        self.assertEqual(self.send("/api/services", token=secret).status, 200)
        listed = self.send("/api/tokens", token=token)
        self.assertNotIn(secret.encode(), listed.body)
        self.assertEqual(listed.json()["tokens"][0]["name"], "ci")
        self.assertIsNotNone(listed.json()["tokens"][0]["usedAt"])
        gone = self.send(f"/api/tokens/{made.json()['id']}", "DELETE", token=token)
        self.assertEqual(gone.status, 200)
        self.assertEqual(self.send("/api/services", token=secret).status, 401)
        again = self.send(f"/api/tokens/{made.json()['id']}", "DELETE", token=token)
        self.assertEqual(again.status, 404)
        for body in ({"name": "x"}, {"role": "viewer"}, {"name": "x", "role": "root"},
                     {"name": "x", "kind": "odd"}, {"name": "x", "role": "viewer",
                                                    "expiresIn": "soon"}):
            self.assertEqual(self.send("/api/tokens", "POST", body, token).status, 422, body)
        for strange in ("Basic YTpi", "Bearer", "Bearer x y", "weir_" + "A" * 43):
            self.assertEqual(ask(self.admin, "/stats", fields={"Authorization": strange}).status,
                             401, strange)
        raw = (self.directory / "data/weir.db").read_bytes()
        wal = self.directory / "data/weir.db-wal"
        raw += wal.read_bytes() if wal.exists() else b""
        self.assertNotIn(secret.encode(), raw)
        self.assertNotIn(PASSWORD.encode(), raw)

    def test_a_change_with_a_key_is_made_once(self):
        token = self.tokens["admin"]
        key = {"Idempotency-Key": "k-1"}
        body = {"name": "once", "role": "viewer"}
        first = self.send("/api/tokens", "POST", body, token, key)
        again = self.send("/api/tokens", "POST", body, token, key)
        self.assertEqual((first.status, first.body), (again.status, again.body))
        self.assertEqual(first.status, 201)
        self.assertIsNone(first.field("Idempotency-Replayed"))
        self.assertEqual(again.field("Idempotency-Replayed"), "true")
        names = [t["name"] for t in self.send("/api/tokens", token=token).json()["tokens"]]
        self.assertEqual(names.count("once"), 1)
        other = self.send("/api/tokens", "POST", body | {"name": "twice"}, token, key)
        self.assertEqual(other.status, 422)
        elsewhere = self.send("/api/circuit-breakers/reset-all", "POST", None, token, key)
        self.assertEqual(elsewhere.status, 200)
        refused = self.send("/api/tokens", "POST", body, self.tokens["operator"], key)
        self.assertEqual(refused.status, 403, "an answer is its sender's")
        for bad in ("a b", "x" * 129, ""):
            answer = self.send("/api/tokens", "POST", body, token, {"Idempotency-Key": bad})
            self.assertEqual(answer.status, 422, bad)

    def test_the_same_key_at_the_same_time_is_a_conflict_or_a_replay(self):
        token = self.tokens["admin"]
        body = {"name": "racer", "role": "viewer", "password": PASSWORD}
        answers = []

        def go():
            answers.append(self.send("/api/users", "POST", body, token,
                                     {"Idempotency-Key": "race"}))

        threads = [threading.Thread(target=go) for _ in range(4)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertLessEqual({a.status for a in answers}, {201, 409})
        self.assertIn(201, {a.status for a in answers})
        users = self.send("/api/users", token=token).json()["users"]
        self.assertEqual([u["name"] for u in users].count("racer"), 1)

    def test_an_unauthorised_body_is_not_read(self):
        with connect(self.admin) as sock, sock.makefile("rb") as stream:
            sock.sendall(b"POST /api/users HTTP/1.1\r\nHost: localhost\r\n"
                         b"Content-Type: application/json\r\nContent-Length: 500000\r\n\r\n")
            self.assertEqual(read_answer(stream).status, 401)
            sock.shutdown(socket.SHUT_WR)


class CommandLine(Users):
    def test_users_and_tokens_before_the_first_start_and_after(self):
        nothing = self.weir("user", "list")
        self.assertEqual(nothing.returncode, 3)
        self.assertIn("does not exist", nothing.stderr)
        refused = self.add("vic", "viewer")
        self.assertEqual(refused.returncode, 3)
        self.assertIn("must be an admin", refused.stderr)
        self.assertEqual(self.add("ada", "admin").returncode, 0)
        self.assertEqual(self.add("ada", "admin").returncode, 3)
        self.assertEqual(self.add("two words", "admin").returncode, 2)
        token = self.token("deploy", "--role", "admin", "--expires-in", "1h")
        self.start()
        self.assertEqual(self.weir("status").returncode, 3)
        self.assertIn("WEIR_TOKEN", self.weir("status").stderr)
        self.assertEqual(self.weir("status", token=token).returncode, 0)
        self.assertEqual(self.weir("status", "--token", token).returncode, 0)
        added = self.add("oto", "operator", token)
        self.assertEqual((added.returncode, added.stdout), (0, "oto added as operator\n"))
        self.assertEqual(self.weir("user", "role", "oto", "viewer", token=token).returncode, 0)
        listed = self.weir("user", "list", token=token).stdout
        self.assertRegex(listed, r"ada +admin +active")
        self.assertRegex(listed, r"oto +viewer +active")
        self.assertEqual(self.weir("user", "remove", "ada", token=token).returncode, 3)
        self.assertEqual(self.weir("user", "remove", "oto", token=token).returncode, 0)
        renewed = self.weir("user", "password", "ada", "--password-file", "-", token=token,
                            text="another horse\n")
        self.assertEqual(renewed.returncode, 0, renewed.stderr)
        self.assertEqual(self.log_in("ada", "another horse").status, 200)
        self.assertRegex(self.weir("token", "list", token=token).stdout, r"1 +deploy +admin")
        self.end(self.process)
        self.assertEqual(json.loads(self.weir("user", "list", "--json").stdout)["total"], 1)
        self.assertEqual(self.weir("token", "remove", "1").returncode, 0)
        self.assertEqual(self.weir("token", "remove", "1").returncode, 3)
        self.start()
        self.assertEqual(self.send("/stats", token=token).status, 401)

    def test_help_has_examples(self):
        for word in ("user", "token"):
            done = self.weir(word, "--help")
            self.assertIn(f"weir {word} add", done.stdout + done.stderr)
        self.assertEqual(self.weir("token", "add", "x").returncode, 2)
