"""Proves each rule: a clean tree is clean, a planted violation is found where it was planted.

Each case is a small tree on top of a clean one, the rule it must trip and the line; a case without
a rule is a trap that must stay silent. Violations are spelled in pieces where this file would trip
its own rules.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tidy_rules.source import Finding

HEADER = "#pragma once\n"
CLEAN = {
    "src/base/error.hpp": HEADER + "namespace weir::base { struct Error {}; }\n",
    "src/http/connection.hpp": HEADER + '#include "base/error.hpp"\n',
    "docs/walks/http.md": "First `http/connection`, then `base/error.hpp`, then `http/conn*`.\n",
    "README.md": "hello\n",
}


@dataclass(frozen=True)
class Case:
    name: str
    files: dict[str, str]
    rule: str | None
    line: int = 1


def _body(lines: int) -> str:
    return "  call();\n" * lines


def _cpp(text: str, path: str = "src/base/a.cpp") -> dict[str, str]:
    return {path: text}


def _test(body: str) -> dict[str, str]:
    return _cpp("TEST(A, B) {\n" + body + "}\n", "src/base/a_test.cpp")


FLOOR_CASES = [
    Case("higher floor", _cpp('\n#include "http/connection.hpp"\n'), "floor", 2),
    Case("same floor", _cpp('#include "balance/a.hpp"\n', "src/telemetry/a.cpp"), "floor"),
    Case("angle brackets do not hide it", _cpp("#include <http/connection.hpp>\n"), "floor"),
    Case("no folder", _cpp('#include "error.hpp"\n'), "floor"),
    Case("unknown folder", _cpp("int a;\n", "src/attic/a.cpp"), "floor"),
    Case("admin sees a proxy", _cpp('#include "gateway/http_proxy.hpp"\n', "src/admin/a.cpp"),
         "floor"),
    Case("admin sees views", _cpp('#include "gateway/route_view.hpp"\n'
                                  '#include "control/scale_command.hpp"\n', "src/admin/a.cpp"),
         None),
    Case("a comment includes nothing", _cpp('/*\n#include "http/connection.hpp"\n*/\n'), None),
    Case("library away from home", _cpp("#include <spdlog/spdlog.h>\n"), "library-home"),
    Case("library at home", _cpp("#include <spdlog/spdlog.h>\n", "src/telemetry/log.cpp"), None),
    Case("library nobody may use", _cpp("#include <boost/asio.hpp>\n"), "library-home"),
]

NAME_CASES = [
    Case("banned file", {"docs/string_ut" + "ils.md": "x\n"}, "banned-name"),
    Case("banned folder", {"web/src/com" + "mon/a.ts": "x\n"}, "banned-name"),
    Case("part of a word", {"docs/uncommon.md": "x\n"}, None),
    Case("no pragma once", {"src/base/a.hpp": "// #pragma once\nint a();\n"}, "pragma-once"),
    Case("sleeping test", _cpp("\nvoid f() { usl" + "eep(5); }\n", "src/base/a_test.cpp"),
         "test-sleep", 2),
    Case("thread sleeps", _cpp("auto f = [] { std::this_thread::sl" + "eep_for(1s); };\n",
                               "src/base/a_test.cpp"), "test-sleep"),
    Case("a lane's sleep is awaited", _cpp("T f() { co_await sleep(5ms); }\n",
                                           "src/base/a_test.cpp"), None),
    Case("a word in a comment", _cpp("// sl" + "eep(1) would be wrong\n", "src/base/a_test.cpp"),
         None),
    Case("path of a machine", {"docs/a.md": "\nsee /wo" + "rk/x\n"}, "machine-path", 2),
    Case("a folder of that name", {"docs/a.md": "see build/wo" + "rk/x\n"}, None),
]

SIZE_CASES = [
    Case("long file", _cpp("int a;\n" * 601), "file-length", 601),
    Case("long file with a reason", _cpp("// length: one table\n" + "int a;\n" * 700), None),
    Case("long line", _cpp("int a; //" + "x" * 92 + "\n"), "line-length"),
    Case("100 columns of two bytes", _cpp("//" + "é" * 98 + "\n"), None),
    Case("long python line", {"tools/a.py": "a = '" + "x" * 100 + "'\n"}, "line-length"),
    Case("long python function", {"tools/a.py": "def f():\n" + "    f()\n" * 70},
         "function-length"),
    Case("long function", _cpp("\nint f(int a) {\n" + _body(69) + "}\n"), "function-length", 2),
    Case("70 lines", _cpp("int f(int a) {\n" + _body(68) + "}\n"), None),
    Case("long test", _cpp("TEST(A, B) {\n" + _body(70) + "}\n", "src/base/a_test.cpp"),
         "function-length"),
    Case("long method", _cpp("namespace x {\nclass A final : public B<int> {\n  int f() const {\n"
                             + _body(70) + "  }\n};\n}\n"), "function-length", 3),
    Case("long constructor", _cpp("A::A(int x)\n    : a_(x), b_{x} {\n" + _body(70) + "}\n"),
         "function-length"),
    Case("long operator", _cpp("bool operator==(A a, A b) {\n" + _body(70) + "}\n"),
         "function-length"),
    Case("braces in text", _cpp('auto s = "{{{";\nint f() {\n' + _body(70) + "}\n"),
         "function-length", 2),
    Case("separators in numbers", _cpp("int a = 1'000;\nint f() {\n" + _body(70) + "}\n"),
         "function-length", 2),
    Case("table", _cpp("constexpr std::array<Row, 90> kRows = {{\n" + "  {f(1), 2},\n" * 90
                       + "}};\n"), None),
    Case("table without =", _cpp("const std::vector<Row> kRows{\n" + "  {f(1), 2},\n" * 90
                                 + "};\n"), None),
    Case("table in a call", _cpp("const auto kRows = rows({\n" + "  {1, 2},\n" * 90 + "});\n"),
         None),
    Case("tables in a test", _test(
        "  const Row rows[] = {\n" + "      {f(1), {2, 3}},\n" * 90 + "  };\n"
        + "  for (const auto& row : {1,\n" + "  2,\n" * 80 + "  3}) {\n    f(row);\n  }\n"), None),
    Case("code beside a table", _test(
        "  const Row rows[] = {\n" + "      {1, 2},\n" * 9 + "  };\n" + _body(70)),
         "function-length"),
    Case("a lambda is no table", _cpp("void f() {\n  g({[] {\n" + _body(70) + "  }});\n}\n"),
         "function-length"),
    Case("enum", _cpp("enum class A : int {\n" + "  kB,\n" * 90 + "};\n"), None),
    Case("macro", _cpp("#define A(x) \\\n  if (x) { \\\n  b(\nint f() {\n}\n"), None),
]

COROUTINE_CASES = [
    Case("capturing coroutine", _cpp("\nauto f = [&x]() -> Task<void> { co_await x; };\n"),
         "coroutine-lambda", 2),
    Case("parameters instead", _cpp("auto f = [](X& x) -> Task<void> { co_await x; };\n"), None),
    Case("capturing, not suspending", _cpp("Task<int> f() { g([&] { return 1; }); "
                                           "co_return 1; }\n"), None),
    Case("a coroutine inside a capture", _cpp("auto f = [&] { run([](X& x) -> Task<void> "
                                              "{ co_await x; }(y)); };\n"), None),
    Case("subscripts and attributes", _cpp("Task<int> f() { [[maybe_unused]] int a[3] = {}; "
                                           "b[c] (d); co_return a[0]; }\n"), None),
    Case("in a call", _cpp("Task<void> f() {\n  spawn(gate,\n        [this]() -> Task<void> "
                           "{ co_await x(); });\n}\n"), "coroutine-lambda", 3),
]

WALK_CASES = [
    Case("stale walk", {"docs/walks/http.md": "\n\nThen `http/gone`.\n"}, "walk-file", 3),
    Case("stale pattern", {"docs/walks/http.md": "Then `base/pick_*`.\n"}, "walk-file"),
    Case("other words in backticks", {"docs/walks/http.md": "GET `app/x/y` and `a/b`.\n"}, None),
]

CASES = FLOOR_CASES + NAME_CASES + SIZE_CASES + COROUTINE_CASES + WALK_CASES


def run(check: Callable[[Path], list[Finding]]) -> int:
    """Exit status; prints only what went wrong, and the count."""
    failed = 0
    for case in [Case("clean tree", {}, None), *CASES]:
        with tempfile.TemporaryDirectory(prefix="tidy-") as folder:
            root = Path(folder)
            for path, text in (CLEAN | case.files).items():
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            found = [(item.rule, item.line) for item in check(root) if not item.warning]
        expected = [(case.rule, case.line)] if case.rule else []
        if found != expected:
            failed += 1
            print(f"self-test: {case.name}: expected {expected}, found {found}")
    total = len(CASES) + 1
    print(f"tidy self-test: {total - failed} passed, {failed} failed")
    return 1 if failed else 0
