"""The commands that look at a running weir: services, status, top, weight."""

import json
import os
import signal
import subprocess
import unicodedata

from harness import BINARY, Case, ask, gateway_to, run, wait_until
from terminal import Terminal


def width_of(line: str) -> int:
    return sum(0 if unicodedata.combining(c) else 1 for c in line)


class Cli(Case):
    def start(self, *endpoints: str):
        _, self.gateway, self.admin = self.serve(gateway_to(*endpoints))

    def weir(self, *words: str, env: dict | None = None) -> subprocess.CompletedProcess:
        return subprocess.run([BINARY, *words, "--admin", self.admin], capture_output=True,
                              text=True, timeout=30, check=False, env={**os.environ, **(env or {})})


class Services(Cli):
    def test_a_table_of_services_and_one_with_its_endpoints(self):
        first, second = self.web(), self.web()
        self.start(first, second)
        self.assertEqual(ask(self.gateway, "/").status, 200)
        wait_until("both are shown", lambda: "2/2" in self.weir("services").stdout)
        done = self.weir("services")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\n *1 +origin +healthy +round_robin +2/2 ")
        for word in ("origin", "1"):
            done = self.weir("services", word)
            self.assertEqual(done.returncode, 0, done.stderr)
            for address in (first, second):
                self.assertRegex(done.stdout, rf"{address} +{address} +eligible")
        self.assertEqual(self.weir("drain", first).returncode, 0)
        wait_until("it is shown to drain", lambda: "draining: by the operator" in self.weir(
            "services", "origin").stdout)

    def test_json_is_what_the_api_says(self):
        self.start(self.web())
        every = json.loads(self.weir("services", "--json").stdout)
        self.assertEqual([each["name"] for each in every["services"]], ["origin"])
        one = json.loads(self.weir("services", "origin", "--json").stdout)
        self.assertEqual(one["name"], "origin")
        self.assertEqual(len(one["endpoints"]), 1)

    def test_a_wrong_name_gets_a_suggestion_and_a_missing_weir_a_hint(self):
        self.start(self.web())
        done = self.weir("services", "orign")
        self.assertEqual(done.returncode, 3)
        self.assertIn("did you mean origin?", done.stderr)
        done = run("services", "--admin", "127.0.0.1:1")
        self.assertEqual(done.returncode, 3)
        self.assertIn("is it running?", done.stderr)

    def test_no_line_is_wider_than_the_terminal(self):
        self.start(self.web(), self.web())
        for words in (["services"], ["services", "origin"], ["status"], ["top", "--once"]):
            for columns in (40, 80, 200):
                done = self.weir(*words, env={"COLUMNS": str(columns)})
                self.assertEqual(done.returncode, 0, done.stderr)
                for line in done.stdout.splitlines():
                    self.assertLessEqual(width_of(line), columns, (words, line))

    def test_colours_are_for_terminals(self):
        self.start(self.web())
        self.assertNotIn("\x1b", self.weir("status").stdout)
        for env, styled in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            terminal = Terminal("status", "--admin", self.admin, env=env)
            self.addCleanup(terminal.close)
            self.assertEqual(terminal.process.wait(timeout=15), 0)
            wait_until("it is all there", lambda t=terminal: b"malformed" in t.bytes)
            self.assertEqual(b"\x1b[" in terminal.bytes, styled, env)


class Status(Cli):
    def check(self, code: int, says: str) -> subprocess.CompletedProcess:
        """What weir shows is up to a second old."""
        def checked():
            done = self.weir("status", "--check")
            return done if done.returncode == code and says in done.stdout else None

        return wait_until(f"status --check ends with {code} and says {says}", checked)

    def test_says_that_all_is_well_or_what_is_not(self):
        first, second = self.web(), self.web()
        self.start(first, second)
        done = self.check(0, "2 of 2")
        self.assertIn("1 of 1 services well, 2 of 2 endpoints take requests", done.stdout)
        self.assertRegex(done.stdout, r"listener +address +connections")
        self.weir("drain", first)
        done = self.check(3, f"- {first}: draining: by the operator")
        self.assertIn("0 of 1 services well, 1 of 2 endpoints take requests", done.stdout)
        self.assertEqual(self.weir("status").returncode, 0)
        self.weir("drain", first, "--undo")
        self.check(0, "1 of 1 services well")
        self.weir("breaker", "origin", "open")
        self.check(3, "breaker forced open")

    def test_json_has_services_totals_and_troubles(self):
        first = self.web()
        self.start(first)
        self.check(0, "1 of 1 services well")
        shown = json.loads(self.weir("status", "--json").stdout)
        self.assertEqual((shown["well"], shown["troubles"], shown["total"]), (True, [], 1))
        self.assertIn("uptimeSeconds", shown["metrics"])
        self.weir("drain", first)
        self.check(3, "draining")
        done = self.weir("status", "--json", "--check")
        shown = json.loads(done.stdout)
        self.assertEqual((done.returncode, shown["well"]), (3, False))
        self.assertEqual((shown["troubles"][0]["service"], shown["troubles"][0]["endpoint"]),
                         ("origin", first))


class Weight(Cli):
    def test_changes_and_goes_back(self):
        first, second = self.web(), self.web()
        self.start(first, second)
        done = self.weir("weight", first, "5")
        self.assertEqual((done.returncode, done.stdout),
                         (0, f"{first} of origin: weight 1 -> 5\n"))
        wait_until("it is shown", lambda: "5 (not 1)" in self.weir("services", "origin").stdout)
        self.assertIn("weight 5 already", self.weir("weight", first, "5").stdout)
        shown = json.loads(self.weir("weight", first, "default", "--json").stdout)
        self.assertEqual((shown["from"], shown["weight"]), (5, 1))

    def test_mistakes(self):
        self.start(self.web())
        for weight in ("0", "1001", "-1", "1.5", "much"):
            done = self.weir("weight", "origin", "--", weight)
            self.assertEqual(done.returncode, 2, weight)
        self.assertIn("weir drain", self.weir("weight", "x", "0").stderr + done.stderr)
        done = self.weir("weight", "127.0.0.1:1", "5")
        self.assertEqual(done.returncode, 3)
        self.assertIn("no endpoint '127.0.0.1:1'", done.stderr)


class Top(Cli):
    def top(self, *words: str, target: list[str] | None = None, **more) -> Terminal:
        terminal = Terminal("top", *words, *(target or ["--admin", self.admin]), **more)
        self.addCleanup(terminal.close)
        return terminal

    def test_shows_services_and_endpoints_and_ends_with_q(self):
        first, second = self.web(), self.web()
        self.start(first, second)
        top = self.top()
        top.shows("q quit")
        for text in ("weir 0.", "origin", first, second, "eligible", "req/s"):
            top.shows(text)
        self.assertTrue(top.is_raw())
        top.type("q")
        self.assertEqual(top.process.wait(timeout=15), 0)
        wait_until("the terminal is as it was", top.is_restored)

    def test_every_signal_gives_the_terminal_back(self):
        self.start(self.web())
        for number, code in ((signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM),
                             (signal.SIGHUP, -signal.SIGHUP), (signal.SIGQUIT, -signal.SIGQUIT)):
            top = self.top()
            top.shows("q quit")
            if number == signal.SIGINT:
                top.type("\x03")  # Ctrl-C
            else:
                top.process.send_signal(number)
            self.assertEqual(top.process.wait(timeout=15), code)
            wait_until(f"after signal {number}", top.is_restored)

    def test_a_stopped_top_gives_the_terminal_back_until_it_goes_on(self):
        self.start(self.web())
        top = self.top()
        top.shows("q quit")
        top.type("\x1a")  # Ctrl-Z
        os.waitpid(top.process.pid, os.WUNTRACED)
        wait_until("the terminal is as it was", top.is_restored)
        top.process.send_signal(signal.SIGCONT)
        wait_until("it is raw again", top.is_raw)
        top.type("q")
        self.assertEqual(top.process.wait(timeout=15), 0)
        wait_until("the terminal is as it was", top.is_restored)

    def test_keys_choose_what_is_shown(self):
        first, second = self.web(), self.web()
        self.start(first, second)
        top = self.top()
        top.shows(first)
        top.type("e")
        top.hides(first)
        top.type("e")
        top.shows(first)
        top.type("/" + first)
        top.shows(f"/{first}_")
        top.hides(second)
        top.type("\r")
        top.shows(f"only {first}")
        top.type("\x1b")
        top.shows(second)
        top.type("s")
        top.shows("by req/s")
        top.type("p")
        top.shows("paused")

    def test_follows_the_size_of_the_terminal(self):
        first = self.web()
        self.start(first)
        top = self.top()
        top.shows("eligible")
        self.assertNotIn("reason", top.screen())
        top.resize(200, 40)
        top.shows("reason")
        self.assertIn("q quit", top.lines()[39])
        top.resize(60, 10)
        wait_until("the keys are in line 10", lambda: "q quit" in top.lines()[9])
        for line in top.lines():
            self.assertLessEqual(width_of(line), 60)

    def test_a_lost_instance_is_told_and_found_again(self):
        process, table = self.up()
        top = self.top("--interval", "100ms", target=["--data", table["data"]])
        top.shows("web-server-1")
        self.end(process)
        top.shows("lost for")
        self.assertIn("web-server-1", top.screen())  # what was known last
        self.up()  # at other addresses
        top.hides("lost for")
        top.shows("web-server-1")
        top.type("q")
        self.assertEqual(top.process.wait(timeout=15), 0)

    def test_without_a_weir_the_screen_is_left_alone(self):
        top = self.top(target=["--admin", "127.0.0.1:1"])
        self.assertEqual(top.process.wait(timeout=15), 3)
        wait_until("it says why", lambda: b"is it running?" in top.bytes)
        self.assertNotIn(b"\x1b[?1049h", top.bytes)

    def test_once_prints_one_picture(self):
        first = self.web()
        self.start(first)
        for words in (["--once"], []):  # no terminal: the same
            done = self.weir("top", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(first, done.stdout)
            self.assertNotIn("\x1b", done.stdout)
            self.assertNotIn("quit", done.stdout)
        line, = self.weir("top", "--once", "--json").stdout.splitlines()
        shown = json.loads(line)
        self.assertEqual(shown["services"][0]["name"], "origin")
        self.assertIn("requestsPerSecond", shown["metrics"])

    def test_json_goes_on_a_line_each_time(self):
        self.start(self.web())
        process = self.begin("top", "--json", "--interval", "100ms", "--admin", self.admin)
        times = [json.loads(process.stdout.readline())["metrics"]["uptimeSeconds"]
                 for _ in range(3)]
        self.assertEqual(times, sorted(times))

    def test_intervals_that_make_no_sense_are_refused(self):
        for interval in ("0", "1ms", "2h", "soon", "5"):
            done = run("top", "--interval", interval)
            self.assertEqual(done.returncode, 2, interval)
