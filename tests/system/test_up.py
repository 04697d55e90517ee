"""weir up: start, self-check, refusal to share, and an end that leaves nothing behind."""

import json
import os
import signal
import socket

from harness import Case, alive, ask, children_of, run, wait_until


class Up(Case):
    def test_starts_checks_and_serves(self):
        process, table = self.up()
        self.assertEqual([s["service"] for s in table["services"]],
                         ["web-server", "payment-service"])
        for service in table["services"]:
            self.assertTrue(service["ok"], service)
            self.assertEqual(service["eligible"], service["wanted"])
        answer = ask(table["gateway"], "/")
        self.assertEqual((answer.status, answer.json()["service"]), (200, "web-server"))
        answer = ask(table["gateway"], "/payments/")
        self.assertEqual((answer.status, answer.json()["service"]), (200, "payment-service"))
        self.assertEqual(answer.json()["path"], "/")  # the prefix is stripped
        self.assertEqual(len(answer.field("X-Request-Id")), 36)
        children = children_of(process.pid)
        self.assertEqual(len(children), 5)
        self.assertEqual(self.end(process, signal.SIGINT), 0)
        wait_until("no child is left", lambda: not any(alive(pid) for pid in children))

    def test_every_web_server_process_answers(self):
        _, table = self.up()
        seen = {ask(table["gateway"], "/").json()["pid"] for _ in range(12)}
        self.assertEqual(len(seen), 3)

    def test_demo_traffic_carries_client_addresses(self):
        process = self.begin("up", "--ports", "auto", "--json", "--traffic", "200", "--data",
                             str(self.directory / "data"))
        table = json.loads(process.stdout.readline())
        wait_until("traffic flows",
                   lambda: ask(table["admin"], "/stats").json()["total_requests"] > 50)
        self.assertEqual(ask(table["admin"], "/api/metrics").json()["errors"], 0)

    def test_a_data_directory_in_use_is_refused_with_the_owners_pid(self):
        process, table = self.up()
        again = run("up", "--ports", "auto", "--data", table["data"])
        self.assertEqual(again.returncode, 3)
        self.assertIn(f"in use by pid {process.pid}", again.stderr)
        self.assertEqual(ask(table["gateway"], "/").status, 200)

    def test_the_same_data_directory_serves_again(self):
        for _ in range(2):
            process, table = self.up()
            self.assertEqual(ask(table["gateway"], "/").status, 200)
            self.end(process)

    def test_a_port_in_use_names_the_port_and_the_option(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            for option in ("--gateway", "--admin"):
                other = "--admin" if option == "--gateway" else "--gateway"
                done = run("up", option, address, other, "127.0.0.1:0", "--data",
                           str(self.directory / "data"))
                self.assertEqual(done.returncode, 3)
                self.assertIn(address, done.stderr)
                self.assertIn(f"{option} ADDR", done.stderr)

    def test_two_instances_do_not_share_a_port_by_reuseport(self):
        _, table = self.up()
        done = run("up", "--gateway", table["gateway"], "--admin", "127.0.0.1:0", "--data",
                   str(self.directory / "other"))
        self.assertEqual(done.returncode, 3)
        self.assertIn("in use", done.stderr)

    def test_a_killed_weir_leaves_no_children(self):
        process, _ = self.up()
        children = children_of(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        wait_until("children are gone", lambda: not any(alive(pid) for pid in children))

    def test_print_config_is_a_configuration_without_mistakes(self):
        text = run("up", "--print-config").stdout
        path = self.directory / "weir.yaml"
        path.write_text(text)
        done = run("check", "-c", str(path))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_bad_options_are_usage_errors(self):
        for arguments in (["up", "--traffic", "lots"], ["up", "--ports", "some"], ["nonsense"],
                          ["up", "--lanes", "0"], [], ["serve"], ["up", "--gateway", "nowhere"]):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertTrue(done.stderr + done.stdout)

    def test_every_command_has_help_with_an_example(self):
        for words in (["up"], ["serve"], ["check"], ["status"], ["service"], ["logs"], ["doctor"],
                      ["lab", "web"], ["lab", "traffic"]):
            done = run(*words, "--help")
            self.assertEqual(done.returncode, 0, words)
            self.assertIn("xample", done.stdout, words)

    def test_doctor_reports_as_json(self):
        done = run("doctor", "--json")
        self.assertIn(done.returncode, (0, 3))
        self.assertIn("descriptors", [each["what"] for each in json.loads(done.stdout)])
