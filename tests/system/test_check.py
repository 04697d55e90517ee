"""Ten mistakes a newcomer makes: each has its line, a useful suggestion, and nothing starts."""

from harness import Case, gateway_to, run

GOOD = """version: 1
listeners:
  web: { bind: "127.0.0.1:0" }
admin: { bind: "127.0.0.1:0" }
services:
  shop:
    discovery: [ { static: [ "127.0.0.1:9" ] } ]
routes:
  - match: { path: / }
    service: shop
    timeout: { connect: 500ms, attempt: 2s, total: 10s }
"""

MISTAKES = [
    ("listeners:", "listners:", 2, "listeners"),
    ("service: shop", "service: shp", 10, "shop"),
    ("connect: 500ms", "connect: 500", 11, "500"),
    ("bind: \"127.0.0.1:0\" }\nadmin", "bind: \"localhost\" }\nadmin", 3, "port"),
    ("timeout:", "timeuot:", 11, "timeout"),
    ("attempt: 2s", "attempt: 20s", 11, "total"),
    ("    discovery:", "\tdiscovery:", 7, "tab"),
    ("[ \"127.0.0.1:9\" ]", "\"127.0.0.1:9\"", 7, "list"),
    ("version: 1\n", "version: 1\nversion: 1\n", 2, "version"),
    ("path: /", "path: api", 9, "/"),
]


class Check(Case):
    def test_ten_mistakes(self):
        for old, new, line, needle in MISTAKES:
            self.assertIn(old, GOOD)
            path = self.directory / "weir.yaml"
            path.write_text(GOOD.replace(old, new, 1))
            for command in ("check", "serve"):
                done = run(command, "-c", str(path))
                self.assertEqual(done.returncode, 1, (new, done.stdout, done.stderr))
                first = done.stderr.splitlines()[0]
                self.assertTrue(first.startswith(f"{path}:{line}:"), (new, first))
                self.assertIn(needle, first)
                self.assertNotIn(" on 127", done.stdout)  # nothing was started

    def test_good_files_pass_and_print_all_defaults(self):
        path = self.directory / "weir.yaml"
        path.write_text(GOOD)
        self.assertEqual(run("check", "-c", str(path)).returncode, 0)
        effective = run("check", "-c", str(path), "--effective").stdout
        self.assertIn("head_time", effective)
        path.write_text(effective)
        again = run("check", "-c", str(path), "--effective").stdout
        values = [[line.split("  # ")[0] for line in text.splitlines() if line[0] != "#"]
                  for text in (effective, again)]
        self.assertEqual(*values)
        self.assertIn(f"head_time: 10s  # {path}:", again)
        path.write_text(gateway_to("127.0.0.1:9"))
        self.assertEqual(run("check", "-c", str(path)).returncode, 0)

    def test_a_missing_file_is_named(self):
        done = run("check", "-c", str(self.directory / "none.yaml"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("none.yaml", done.stderr)
