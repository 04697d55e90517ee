"""Picks of a live run, written down and made again: every one must fall the same."""

import json
import os
import signal

from harness import Case, ask, gateway_to, run
from test_control import Load

ALGORITHMS = ("weighted", "least_connections", "least_response_time", "ip_hash", "random_two",
              "consistent_hash", "response_time", "adaptive", "round_robin")


class Record(Case):
    def test_a_live_run_with_every_algorithm_and_a_dying_endpoint_is_replayed_identically(self):
        path = str(self.directory / "picks.weir")
        dying = self.begin("lab", "web", "--port", "0")
        endpoints = [dying.stdout.readline().split()[-1], self.web("--latency", "1ms"), self.web()]
        text = gateway_to(*endpoints).replace(
            "  origin: { ", "  origin: { balance: { hash_key: client_ip }, ")
        weir, gateway, admin = self.serve(text, "--record", path)
        load = Load(gateway)
        for algorithm in ALGORITHMS:
            answer = ask(admin, f"/algorithm/{algorithm}", "POST")
            self.assertEqual(answer.status, 200, answer.body)
            load.more(150)
        os.kill(dying.pid, signal.SIGKILL)
        load.more(300)
        ask(admin, "/api/explain?path=/")
        load.more(50)
        load.end()
        self.assertEqual(load.failed(), [])
        self.end(weir)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        done = run("simulate", "--replay", path, "--threads", "2", "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["identical"], told["picks"])
        self.assertEqual(told["different"], 0)
        self.assertGreaterEqual(told["picks"], len(load.answers))
        self.assertGreaterEqual(len(told["picksByAlgorithm"]), 8, told)
        self.assertIn("are identical", run("simulate", "--replay", path).stdout)

    def test_picks_are_the_same_again_over_reloads_that_replace_the_service(self):
        path = str(self.directory / "picks.weir")
        text = gateway_to(self.web(), self.web("--latency", "1ms"))
        weir, gateway, admin = self.serve(text.replace(
            "  origin: { ", "  origin: { balance: { algorithm: least_response_time }, "),
            "--record", path)
        load = Load(gateway)
        for failures in (6, 7, 8):
            load.more(200)
            (self.directory / "weir.yaml").write_text(text.replace(
                "  origin: { ", "  origin: { balance: { algorithm: least_response_time }, "
                f"breaker: {{ failures: {failures} }}, "))
            self.assertEqual(ask(admin, "/api/config/reload", "POST").status, 200)
        load.more(200)
        load.end()
        self.assertEqual(load.failed(), [])
        self.end(weir)
        done = run("simulate", "--replay", path, "--json")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout)["different"], 0)

    def test_a_record_ends_at_its_size_and_what_is_there_is_replayed(self):
        path = str(self.directory / "picks.weir")
        weir, gateway, _ = self.serve(gateway_to(self.web()), "--record", path,
                                      "--record-max", "1")
        load = Load(gateway)
        load.more(12_000)
        load.end()
        self.end(weir)
        self.assertLessEqual(os.stat(path).st_size, (1 << 20) + 12)
        done = run("simulate", "--replay", path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("recording of picks ends: it has reached its size",
                      (self.directory / "stderr.txt").read_text())

    def test_files_that_are_no_record_are_refused(self):
        path = self.directory / "no.weir"
        self.assertEqual(run("simulate", "--replay", str(path)).returncode, 3)
        path.write_text("no record at all")
        done = run("simulate", "--replay", str(path))
        self.assertEqual(done.returncode, 3)
        self.assertIn("no record of picks", done.stderr)
