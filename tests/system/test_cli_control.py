"""The commands that read the log, scale, read the configuration again, and show the store."""

import json
import os
import sqlite3
import subprocess

from fake_admin import FakeAdmin
from harness import BINARY, Case, ask, gateway_to, run, wait_until
from test_scale import config as process_config


def entry(number: int, **more) -> dict:
    return {"id": number, "time": f"2026-11-21T08:00:{number:02}.000Z", "level": "info",
            "component": "control", "service": "web", "message": f"event {number}",
            "fields": {"by": "me"}, **more}


class Control(Case):
    def fake(self, **answers) -> FakeAdmin:
        """fake(GET_api_logs=(200, {...}))"""
        table = {}
        for key, value in answers.items():
            method, _, path = key.partition("_")
            table[(method, "/" + path.replace("_", "/"))] = value
        self.admin = FakeAdmin(self, table)
        return self.admin

    def weir(self, *words: str, code: int = 0) -> subprocess.CompletedProcess:
        done = run(*words, "--admin", getattr(self.admin, "address", self.admin))
        self.assertEqual(done.returncode, code, (words, done.stdout, done.stderr))
        return done


class Log(Control):
    def test_the_log_of_a_running_weir(self):
        _, _, self.admin = self.serve(gateway_to(self.web()), "--data",
                                      str(self.directory / "data"))
        self.assertEqual(ask(self.admin, "/algorithm/random_two", "POST").status, 200)
        wait_until("the change is shown",
                   lambda: "-> random_two" in self.weir("log", "--service", "origin").stdout)
        line = next(each for each in self.weir("log").stdout.splitlines() if "random_two" in each)
        self.assertRegex(line, r"^20\S+Z info  control origin: .* by=")
        shown = [json.loads(each) for each in self.weir("log", "--json").stdout.splitlines()]
        ids = [each["id"] for each in shown]
        self.assertEqual(ids, sorted(ids), "oldest first")
        self.assertEqual(len(self.weir("log", "-n", "1").stdout.splitlines()), 1)
        self.assertEqual(self.weir("log", "--level", "error").stdout, "")
        self.assertEqual(self.weir("log", "--since", str(ids[-1])).stdout, "")
        self.assertIn("random_two", self.weir("log", "--since", "10m").stdout)
        self.assertIn("since", self.weir("log", "--since", "yesterday", code=3).stderr)
        self.assertEqual(run("log", "--level", "loud").returncode, 2)

    def test_follows_without_losing_or_repeating_an_entry(self):
        def logs(query: dict):
            since = int(query.get("since", 0))
            found = [each for each in self.entries if each["id"] > since]
            return 200, {"logs": list(reversed(found))[:int(query["limit"])], "total": len(found)}

        self.entries = [entry(number) for number in (1, 2, 3)]
        fake = self.fake(GET_api_logs=logs)
        process = self.begin("log", "-f", "-n", "2", "--level", "info", "--service", "web",
                             "--admin", fake.address)
        lines = [process.stdout.readline() for _ in range(2)]
        self.assertIn("web: event 2 by=me", lines[0])
        self.entries += [entry(4), entry(5)]
        lines += [process.stdout.readline() for _ in range(2)]
        self.entries.append(entry(6, message="two\nlines \x1b[2J"))
        lines.append(process.stdout.readline())
        self.assertIn("two lines [2J by=me", lines[4])
        self.assertEqual([line.split(": ")[1][:7] for line in lines[:4]],
                         ["event 2", "event 3", "event 4", "event 5"])
        self.assertEqual(fake.asked[-1][2], {"limit": "1000", "level": "info", "service": "web",
                                             "since": "5"})
        self.assertEqual(fake.connections, 1, "one kept connection")

    def test_without_a_store_it_says_what_to_do(self):
        _, _, self.admin = self.serve(gateway_to(self.web()))
        self.assertIn("--data", self.weir("log", code=3).stderr)


class Scale(Control):
    def test_up_down_and_to_a_number(self):
        path = self.directory / "scale.yaml"
        path.write_text(process_config(scaling="min: 1, max: 4, cooldown: 0s, drain: 1s",
                                       replicas=2).replace('"weir"', f'"{BINARY}"'))
        process = self.begin("serve", "-c", str(path), "--lanes", "1")
        process.stdout.readline()
        self.admin = process.stdout.readline().split()[-1]
        wait_until("both serve", lambda: '2/2' in self.weir("services").stdout)
        self.assertEqual(self.weir("scale", "origin", "up").stdout, "origin: 2 -> 3 replicas\n")
        self.assertEqual(self.weir("scale", "origin", "1").stdout, "origin: 3 -> 1 replicas\n")
        shown = json.loads(self.weir("scale", "1", "2", "--json").stdout)
        self.assertEqual((shown["from"], shown["replicas"]), (1, 2))
        self.assertIn("1 to 4", self.weir("scale", "origin", "9", code=3).stderr)
        self.assertIn("did you mean origin?", self.weir("scale", "orign", "2", code=3).stderr)
        self.assertIn("did you mean origin?", self.weir("scale", "orign", "up", code=3).stderr)
        for words in ("0", "10001", "sideways", "1.5"):
            self.assertEqual(run("scale", "origin", words).returncode, 2, words)

    def test_within_the_cooldown_it_says_how_long(self):
        fake = self.fake(POST_api_scale=(409, {"detail": "origin: it was scaled just now",
                                               "action": "Try again after that time.",
                                               "retryAfter": 41.2}))
        done = self.weir("scale", "origin", "3", code=3)
        self.assertIn("it was scaled just now", done.stderr)
        self.assertIn("42 s", done.stderr)
        method, _, _, body = fake.asked[0]
        self.assertEqual((method, json.loads(body)), ("POST", {"service": "origin", "replicas": 3}))


class Reload(Control):
    def start(self):
        self.path = self.directory / "weir.yaml"
        _, _, self.admin = self.serve(gateway_to(self.web()))

    def change(self, old: str, new: str):
        self.path.write_text(self.path.read_text().replace(old, new))

    def add_service(self):
        self.change("services:\n", "services:\n  more: { discovery: [ { static: "
                    "[\"127.0.0.1:1\"] } ] }\n")

    def test_a_plan_changes_nothing_and_a_reload_does_it(self):
        self.start()
        for words in (["reload"], ["reload", "--plan"]):
            self.assertEqual(self.weir(*words).stdout, "nothing differs from what weir runs with\n")
        self.add_service()
        self.assertIn("more", self.weir("reload", "--plan").stdout)
        self.assertNotIn("more", self.weir("services").stdout)
        self.assertTrue(self.weir("reload").stdout.endswith("done\n"))
        wait_until("it is there", lambda: "more" in self.weir("services").stdout)

    def test_every_mistake_is_printed_and_nothing_changed(self):
        self.start()
        self.change("discovery", "discovrey")
        for words in (["reload"], ["reload", "--plan"]):
            done = self.weir(*words, code=1)
            self.assertIn("did you mean discovery", done.stderr)
            self.assertIn("nothing was changed", done.stderr)

    def test_what_the_answer_says_is_said(self):
        plan = {"applied": False, "plan": ["service more: added"], "problems": [],
                "warnings": ["weir.yaml:3:1: old key"]}
        fake = self.fake(POST_api_config_reload=lambda query: (
            200, {**plan, "applied": query.get("plan") != "true"}))
        done = self.weir("reload", "--plan")
        self.assertEqual(done.stdout, "  service more: added\n"
                         "a plan; nothing was changed. To do it: weir reload\n")
        self.assertEqual(done.stderr, "warning: weir.yaml:3:1: old key\n")
        self.assertEqual(self.weir("reload").stdout, "  service more: added\ndone\n")
        self.assertEqual(json.loads(self.weir("reload", "--json").stdout)["applied"], True)
        self.assertEqual([each[2] for each in fake.asked], [{"plan": "true"}, {}, {}])
        problems = {"applied": False, "plan": [], "problems": ["w.yaml:1:2: a", "w.yaml:2:3: b"]}
        for answer in ((200, problems), (422, {**problems, "detail": "w.yaml:1:2: a"})):
            self.fake(POST_api_config_reload=answer)
            done = self.weir("reload", code=1)
            self.assertEqual(done.stderr, "w.yaml:1:2: a\nw.yaml:2:3: b\n"
                             "weir: nothing was changed\n")
            shown = json.loads(self.weir("reload", "--json", code=1).stdout)
            self.assertEqual(len(shown["problems"]), 2)

    def test_the_configuration_is_shown_and_can_be_checked(self):
        self.start()
        for words in (["config"], ["config", "--effective"]):
            text = self.weir(*words).stdout
            path = self.directory / "shown.yaml"
            path.write_text(text)
            self.assertEqual(run("check", "-c", str(path)).returncode, 0, text)
        self.assertEqual(json.loads(self.weir("config", "--json").stdout)["format"], "yaml")

    def test_a_change_at_run_time_can_be_ended(self):
        key = "services.web.balance.algorithm"
        fake = self.fake(**{f"DELETE_api_config_{key}": (200, {"key": key})})
        self.assertEqual(self.weir("config", "unset", key).stdout, f"{key}: as the file says\n")
        self.assertEqual(fake.asked[0][:2], ("DELETE", f"/api/config/{key}"))


class Store(Control):
    def test_rows_of_a_running_weir(self):
        data = str(self.directory / "data")
        _, _, self.admin = self.serve(gateway_to(self.web()), "--data", data)
        self.assertEqual(ask(self.admin, "/algorithm/random_two", "POST").status, 200)
        wait_until("it is kept", lambda: "random_two" in self.weir("store", "show", "logs").stdout)
        self.assertEqual(len(self.weir("store", "show", "logs", "-n", "1").stdout.splitlines()), 2)
        first, second = (json.loads(self.weir("store", "show", "logs", "-n", "1", "--offset",
                                              str(offset), "--json").stdout) for offset in (0, 1))
        self.assertNotEqual(first["rows"], second["rows"])
        done = subprocess.run([BINARY, "store", "show", "logs", "--admin", self.admin],
                              env={**os.environ, "COLUMNS": "80"}, capture_output=True, text=True,
                              check=True)
        self.assertLessEqual(max(len(line) for line in done.stdout.splitlines()), 80)
        self.assertRegex(self.weir("store", "show", "lgos", code=3).stderr, "did you mean .?logs")

    def test_status_makes_no_file_and_migrate_does(self):
        data = self.directory / "data"
        data.mkdir()
        words = ["--data", str(data)]
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}

        def store(*more: str) -> subprocess.CompletedProcess:
            return subprocess.run([BINARY, "store", *more], env=environment, capture_output=True,
                                  text=True, timeout=30, check=False)

        done = store("status", *words, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["version"], 0)
        self.assertFalse((data / "weir.db").exists())
        self.assertIn("weir store migrate", store("status", *words).stdout)
        done = store("migrate", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("weir store migrate", done.stdout)
        shown = json.loads(store("status", *words, "--json").stdout)
        self.assertEqual((shown["version"], shown["pending"]), (shown["programVersion"], []))
        base = sqlite3.connect(data / "weir.db")
        base.execute("UPDATE schema_migrations SET version = 900 WHERE version = 1")
        base.commit()
        base.close()
        done = store("migrate", "--store", f"sqlite:{data}/weir.db")
        self.assertEqual(done.returncode, 3)
        self.assertTrue(done.stderr)
        self.assertEqual(store("status", "--store", "mysql://x").returncode, 2)


class Old(Control):
    def test_an_older_weir_is_named_as_such(self):
        self.fake()
        for words, path in ((["log"], "/api/logs"), (["reload"], "/api/config/reload"),
                            (["scale", "x", "2"], "/api/scale"), (["config"], "/api/config"),
                            (["scale", "x", "up"], "/api/services/x/scale-up"),
                            (["store", "show", "logs"], "/api/store/logs"),
                            (["config", "unset", "a.b"], "/api/config/a.b")):
            done = self.weir(*words, code=3)
            self.assertIn(f"this weir is too old for it: it does not know {path}", done.stderr)

    def test_a_program_that_is_no_weir_is_no_reason_to_crash(self):
        for said in ([], 7, None, "x", {"logs": 7}, {"logs": [1, {"id": []}]}, {"plan": {}},
                     {"columns": 3, "rows": [[1]]}):
            self.fake(GET_api_logs=(200, said), POST_api_config_reload=(200, said),
                      POST_api_scale=(200, said), GET_api_config=(200, said),
                      GET_api_store_logs=(200, said), GET_api_services=(200, said),
                      GET_api_metrics=(200, said), **{"GET_": (200, said)})
            for words in (["log"], ["reload"], ["scale", "x", "2"], ["config"], ["services"],
                          ["store", "show", "logs"], ["status"], ["top", "--once"]):
                done = run(*words, "--admin", self.admin.address)
                self.assertIn(done.returncode, (0, 3), (words, said, done.stderr))
