"""Children that die, are stopped, restarted; what the gateway answers meanwhile."""

import os
import signal
import threading

from harness import Case, alive, ask, children_of, run, wait_until


class Children(Case):
    def endpoints(self, table: dict, service: str) -> list[dict]:
        return ask(table["admin"], f"/api/services/{service}").json()["endpoints"]

    def test_a_killed_child_is_replaced_and_the_others_carry_on(self):
        _, table = self.up()
        victim = ask(table["gateway"], "/").json()["pid"]
        os.kill(victim, signal.SIGKILL)

        def replaced():
            seen = {ask(table["gateway"], "/").json().get("pid") for _ in range(6)}
            return victim not in seen and len(seen) == 3

        wait_until("three other processes answer", replaced)
        log = (self.directory / "data" / "weir.log").read_text()
        self.assertIn("killed by SIGKILL; starts again in 200ms", log)

    def test_kill_under_load_fails_at_most_what_was_in_flight(self):
        _, table = self.up()
        failures, done = [], []
        stop = threading.Event()

        def client():
            while not stop.is_set():
                try:
                    answer = ask(table["gateway"], "/")
                    (done if answer.status == 200 else failures).append(answer.status)
                except (OSError, EOFError, ValueError) as error:
                    failures.append(repr(error))

        threads = [threading.Thread(target=client) for _ in range(8)]
        for thread in threads:
            thread.start()
        wait_until("load flows", lambda: len(done) > 50)
        os.kill(ask(table["gateway"], "/").json()["pid"], signal.SIGKILL)
        before = len(done)
        wait_until("load goes on", lambda: len(done) > before + 200)
        stop.set()
        for thread in threads:
            thread.join()
        # 8 in flight at most, plus those routed before the new set was published.
        self.assertLessEqual(len(failures), 16, failures)

    def test_stop_start_restart(self):
        _, table = self.up()
        admin = table["admin"]
        command = ["service", "payment-service"]
        self.assertEqual(run(*command, "stop", "--admin", admin).returncode, 0)
        answer = ask(table["gateway"], "/payments/")
        self.assertEqual(answer.status, 503)
        self.assertEqual(answer.field("Content-Type"), "application/problem+json")
        self.assertEqual(answer.json()["reason"], "NH")
        self.assertIn("weir; error=", answer.field("Proxy-Status"))
        self.assertEqual(ask(table["gateway"], "/").status, 200)
        self.assertEqual(run(*command, "stop", "--admin", admin).returncode, 3)  # is stopped
        self.assertEqual(run(*command, "start", "--admin", admin).returncode, 0)
        wait_until("it answers", lambda: ask(table["gateway"], "/payments/").status == 200)
        before = {e["id"] for e in self.endpoints(table, "payment-service")}
        self.assertEqual(run(*command, "restart", "--admin", admin).returncode, 0)
        wait_until("new endpoints serve", lambda: len(
            [e for e in self.endpoints(table, "payment-service")
             if e["healthy"] and e["id"] not in before]) == 2)
        self.assertEqual(run("service", "nothing", "stop", "--admin", admin).returncode, 3)

    def test_output_is_kept_and_followed(self):
        _, table = self.up()
        done = run("logs", "web-server", "--admin", table["admin"])
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout.count("listening on"), 3)
        done = run("logs", "nothing", "--admin", table["admin"])
        self.assertEqual(done.returncode, 3)
        self.assertIn("web-server", done.stderr)

    def test_the_command_line_finds_the_instance_by_its_data_directory(self):
        _, table = self.up()
        done = run("status", "--data", table["data"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("payment-service", done.stdout)
        done = run("services", "payment-service", "--data", table["data"])
        self.assertIn("payment-service-2", done.stdout)
        done = run("status", "--admin", "127.0.0.1:1")
        self.assertEqual(done.returncode, 3)
        self.assertIn("is it running?", done.stderr)

    def test_a_foreign_program_gets_a_port(self):
        text = """version: 1
listeners: { web: { bind: "127.0.0.1:0" } }
admin: { bind: "127.0.0.1:0" }
services:
  files:
    discovery: [ { process: {} } ]
    process:
      command: [python3, -m, http.server, --bind, 127.0.0.1, "{port}"]
routes:
  - { match: { path: / }, service: files }
"""
        _, gateway, admin = self.serve(text)
        wait_until("it is ready", lambda: ask(admin, "/readyz").status == 200)
        self.assertIn(b"Directory listing", ask(gateway, "/").body)

    def test_a_program_that_cannot_start_says_so(self):
        text = """version: 1
listeners: { web: { bind: "127.0.0.1:0" } }
admin: { bind: "127.0.0.1:0" }
services:
  broken:
    discovery: [ { process: {} } ]
    process: { command: [no-such-program-here] }
routes:
  - { match: { path: / }, service: broken }
"""
        _, gateway, admin = self.serve(text)
        wait_until("its death is noted", lambda: "no-such-program-here" in run(
            "logs", "broken", "--admin", admin).stdout)
        self.assertEqual(ask(gateway, "/").status, 503)
        self.assertEqual(ask(admin, "/readyz").status, 503)

    def test_two_stops_at_once_both_end_well(self):
        _, table = self.up()
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(ask(
            table["admin"], "/api/services/web-server/stop", "POST").status)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(set(answers) <= {200, 409}, answers)
        self.assertEqual(ask(table["gateway"], "/payments/").status, 200)

    def test_a_child_that_writes_without_pause_holds_nobody_up(self):
        text = """version: 1
listeners: { web: { bind: "127.0.0.1:0" } }
admin: { bind: "127.0.0.1:0" }
services:
  loud:
    discovery: [ { process: {} } ]
    process: { command: [sh, -c, "yes weir & wait # {port}"] }
routes:
  - { match: { path: / }, service: loud }
"""
        process, _, admin = self.serve(text)
        wait_until("its output is kept", lambda: "weir" in run(
            "logs", "loud", "--admin", admin).stdout)
        self.assertEqual(ask(admin, "/metrics").status, 200)
        children = children_of(process.pid)
        grandchildren = [pid for child in children for pid in children_of(child)]
        self.assertTrue(grandchildren)
        self.assertEqual(self.end(process), 0)
        wait_until("nobody is left",
                   lambda: not any(alive(pid) for pid in children + grandchildren))

    def test_restart_under_requests_fails_none(self):
        _, table = self.up()
        failures = []
        stop = threading.Event()

        def client():
            while not stop.is_set():
                answer = ask(table["gateway"], "/payments/")
                if answer.status != 200:
                    failures.append((answer.status, answer.body))

        threads = [threading.Thread(target=client) for _ in range(2)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            done = run("service", "payment-service", "restart", "--admin", table["admin"])
            self.assertEqual(done.returncode, 0, done.stderr)
        stop.set()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
