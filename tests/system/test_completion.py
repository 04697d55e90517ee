"""weir completion and weir man: they run, and say all that --help says."""

import re
import shutil
import subprocess

from harness import BINARY, ROOT, Case, gateway_to, run


def help_of(*path: str) -> str:
    return run(*path, "--help").stdout


def commands_in(text: str) -> list[str]:
    listed = text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z_]+)", listed, re.MULTILINE)


def options_in(text: str) -> list[str]:
    listed = text.partition("\nOptions:\n")[2].partition("\n\n")[0]
    return [name for line in re.findall(r"^  (-\S+)", listed, re.MULTILINE)
            for name in line.split(",")]


def every_command(path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], list[str]]]:
    """Each command's path with its options, as --help lists them."""
    text = help_of(*path)
    found = [(path, options_in(text))]
    for name in commands_in(text):
        found += every_command((*path, name))
    return found


class Bash(Case):
    def complete(self, *words: str, cursor: int | None = None, program: str = BINARY) -> list[str]:
        """What bash would offer for the last of `words`, which are split as readline does."""
        script = ('eval "$("$1" completion bash)"; shift; COMP_WORDS=("$@"); '
                  f'COMP_CWORD={len(words) if cursor is None else cursor}; _weir; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "-c", script, "bash", BINARY, program, *words],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        return done.stdout.split()

    def test_the_script_is_valid(self):
        script = run("completion", "bash").stdout
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_commands_options_and_fixed_words(self):
        for words, offered in ((["stat"], ["status"]), (["lab", ""], ["web", "traffic"]),
                               (["lab", "w"], ["web"]), (["status", "--ch"], ["--check"]),
                               (["up", "--ports", ""], ["auto"]),
                               (["up", "--ports", "=", "a"], ["auto"]),
                               (["up", "--ports", "="], ["auto"]),
                               (["completion", "z"], ["zsh"]),
                               (["algorithm", "x", "least_c"], ["least_connections"]),
                               (["breaker", "x", "re"], ["reset"]),
                               (["breaker", "--json", "x", "re"], ["reset"]),
                               (["breaker", "--endpoint", "e", "x", "re"], ["reset"]),
                               (["nonsense", "x"], []), (["__com"], []), (["up", "--nonsen"], [])):
            self.assertEqual(self.complete(*words), offered, words)
        self.assertIn("services", self.complete(""))

    def test_files_and_directories(self):
        (self.directory / "weir.yaml").write_text("")
        (self.directory / "folder").mkdir()
        at = str(self.directory) + "/"
        self.assertEqual(sorted(self.complete("check", "-c", at)),
                         [at + "folder", at + "weir.yaml"])
        self.assertEqual(self.complete("status", "--data", at), [at + "folder"])

    def test_names_come_from_the_running_weir(self):
        _, table = self.up()
        data = ["--data", table["data"]]
        self.assertEqual(self.complete(*data, "services", "web"), [])  # not an option of weir
        self.assertEqual(self.complete("services", *data, ""),
                         ["add", "remove", "web-server", "payment-service"])
        self.assertEqual(self.complete("services", f"--data={table['data']}", "pay"),
                         ["payment-service"])
        self.assertEqual(sorted(self.complete("drain", *data, "payment-service-")),
                         ["payment-service-1", "payment-service-2"])
        self.assertIn("web-server-2", self.complete("breaker", *data, ""))
        self.assertEqual(self.complete("drain", *data, "--service", "w"), ["web-server"])
        # a weir that is not there says nothing
        self.assertEqual(self.complete("services", "--admin", "127.0.0.1", ":", "1", ""),
                         ["add", "remove"])

    def test_names_with_colons_are_completed_after_the_colon(self):
        first = self.web()
        _, _, admin = self.serve(gateway_to(first))
        host, port = first.split(":")
        at = admin.split(":")
        self.assertEqual(self.complete("drain", "--admin", at[0], ":", at[1], host, ":", port[:2]),
                         [port])

    def test_a_name_is_never_run(self):
        program = self.directory / "weir"
        marker = self.directory / "was-run"
        program.write_text(f"#!/bin/sh\necho '$(touch {marker})'\necho '`touch {marker}`'\n")
        program.chmod(0o755)
        self.complete("services", "", program=str(program))
        self.assertFalse(marker.exists())


class Zsh(Case):
    def setUp(self):
        super().setUp()
        if shutil.which("zsh") is None:
            self.skipTest("skipped: needs zsh")

    def zsh(self, script: str, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(["zsh", "-f", "-c", script, "zsh", *words], capture_output=True,
                              text=True, timeout=30, check=False)

    def complete(self, *typed: str) -> list[str]:
        # What the completion system would give the function, and a compadd that shows what it got.
        script = ('compdef() { :; }; _files() { print -- files $@; }; compset() { :; }\n'
                  'compadd() { shift; print -l -- ${(P)1}; }\n'
                  'eval "$($1 completion zsh)"; words=($@); CURRENT=$#; _weir')
        done = self.zsh(script, BINARY, *typed)
        self.assertEqual((done.returncode, done.stderr), (0, ""), typed)
        return done.stdout.split()

    def test_the_script_is_valid(self):
        path = self.directory / "_weir"
        path.write_text(run("completion", "zsh").stdout)
        done = subprocess.run(["zsh", "-n", str(path)], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_words(self):
        self.assertIn("services", self.complete(""))
        self.assertEqual(self.complete("lab", ""), ["web", "traffic"])
        self.assertIn("--check", self.complete("status", "-"))
        self.assertEqual(self.complete("up", "--ports", ""), ["auto"])
        self.assertEqual(self.complete("up", "--ports="), ["auto"])
        self.assertEqual(self.complete("check", "-c", ""), ["files"])
        self.assertIn("reset", self.complete("breaker", "--json", "x", ""))
        _, table = self.up()
        self.assertEqual(self.complete("services", "--data", table["data"], ""),
                         ["add", "remove", "web-server", "payment-service"])


class Words(Case):
    def test_nothing_of_help_is_missing(self):
        bash, zsh, man = (run(*words).stdout for words in
                          (("completion", "bash"), ("completion", "zsh"), ("man",)))
        every = every_command()
        self.assertGreater(len(every), 15)
        for path, options in every:
            for script in (bash, zsh):
                listed = re.search(rf"^    '{' '.join(path)}'\) echo '(-[^']*)'", script,
                                   re.MULTILINE)
                self.assertIsNotNone(listed, path)
                self.assertEqual(sorted(listed.group(1).split()), sorted(options), path)
            if path:
                heading = '.SS "weir ' + " ".join(path) + '"\n'
                self.assertIn(heading, man)
                section = man.partition(heading)[2].partition("\n.SS ")[0]
            else:
                section = man.partition(".SH OPTIONS\n")[2].partition("\n.SH ")[0]
            for option in options:
                self.assertIn("\\fB" + option.replace("-", "\\-") + "\\fR", section, path)
        self.assertNotIn("complete KIND", man)
        self.assertNotIn("__complete", help_of())

    def test_every_command_is_in_the_readme(self):
        text = (ROOT / "README.md").read_text()
        for path, _ in every_command():
            if len(path) == 1:
                self.assertIn(f"`weir {path[0]}", text)

    def test_every_command_has_help_with_an_example(self):
        for path, _ in every_command():
            self.assertIn("xample", help_of(*path), path)

    def test_the_hidden_command_is_silent_whatever_happens(self):
        done = run("__complete", "service", "--admin", "127.0.0.1:1")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        done = run("__complete", "service", "--admin", "nowhere")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


class Man(Case):
    def roff(self, *command: str) -> str:
        if shutil.which(command[0]) is None:
            self.skipTest(f"skipped: needs {command[0]}")
        path = self.directory / "weir.1"
        path.write_text(run("man").stdout)
        done = subprocess.run([*command, str(path)], capture_output=True, text=True, timeout=30,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_groff_has_no_complaints(self):
        self.roff("groff", "-man", "-ww", "-z")

    def test_man_shows_it(self):
        text = self.roff("man", "-l", "-P", "cat", "-E", "UTF-8")
        for words in ("a resilience gateway", "weir drain", "--check", "ENVIRONMENT"):
            self.assertIn(words, text)

    def test_mandoc_has_no_complaints(self):
        self.roff("mandoc", "-T", "lint", "-W", "warning")
