"""Who may include whom: the floors of architecture.md, and one home for each library."""

import re
from collections.abc import Iterator

from tidy_rules.source import Finding, SourceFile, Tree

# Lowest first. A file sees its own folder and strictly lower floors; neighbours on one floor never
# see each other.
FLOOR_LIST = [
    "base",
    "telemetry balance sqlplan scaling",
    "runtime config",
    "net db kafka supervise upstream",
    "http pgwire grpc redis store",
    "gateway sql kv events control chaos load observe",
    "rehearse simulate lab term",
    "admin",
    "app",
]
FLOORS = {folder: floor for floor, row in enumerate(FLOOR_LIST) for folder in row.split()}

# Of the two floors below it the admin API sees plain structs and commands only, so that no panel
# of the dashboard can reach into a proxy's life.
ADMIN_NARROW_FLOORS = {5, 6}
ADMIN_SUFFIXES = ("_view.hpp", "_command.hpp")

# header pattern -> path prefixes that may include it. No prefix: nobody may.
LIBRARY_HOMES = [
    (r"ares(_\w+)?\.h$", ["src/net/resolver"]),
    (r"yaml-cpp/", ["src/config/document", "api/embed"]),
    (r"CLI/", ["src/app/"]),
    (r"spdlog/", ["src/telemetry/log"]),
    (r"boost/json|boost/system", ["src/base/json"]),
    (r"boost/(asio|beast|cobalt)|asio\.hpp", []),
    (r"openssl/", ["src/net/tls_", "src/base/hash", "src/http/websocket"]),
    (r"nghttp2/", ["src/http/h2_"]),
    (r"(postgresql/)?libpq|sqlite3\.h$", ["src/db/"]),
    (r"pg_query", ["src/sqlplan/parse"]),
    (r"librdkafka/", ["src/kafka/"]),
    (r"hiredis/", ["src/redis/"]),
    (r"grpc(pp)?/|google/protobuf/", ["src/grpc/"]),
    (r"sodium", ["src/store/credentials"]),
    (r"maxminddb\.h$", ["src/observe/traffic"]),
    (r"(soci|prometheus|opentelemetry)/", []),
]

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)


def _includes(file: SourceFile) -> Iterator[tuple[int, str, str]]:
    """Line, quote character and name of each include. A commented include is not one."""
    code_lines = file.code.split("\n")
    for number, line in enumerate(file.lines, 1):
        match = _INCLUDE.match(line)
        if match and code_lines[number - 1].lstrip().startswith("#"):
            yield number, match.group(1), match.group(2)


def _folder(file: SourceFile) -> str | None:
    parts = file.path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def floor(tree: Tree) -> Iterator[Finding]:
    """a file in src/X includes its own folder and strictly lower floors only"""
    known = set()
    for file in tree.cpp:
        folder = _folder(file)
        if folder is None:
            continue
        if folder not in FLOORS:
            if folder not in known:
                known.add(folder)
                yield Finding(file.path, 1, "floor", f"src/{folder} has no floor; add it to "
                              "tools/tidy_rules/floors.py and architecture.md")
            continue
        for line, quote, name in _includes(file):
            message = _judge(folder, name, quote)
            if message:
                yield Finding(file.path, line, "floor", message)


def _judge(folder: str, name: str, quote: str) -> str | None:
    target = name.split("/")[0]
    if "/" not in name:
        return f'write "{folder}/{name}": includes start at src/' if quote == '"' else None
    if target not in FLOORS or target == folder:
        return None
    mine, other = FLOORS[folder], FLOORS[target]
    if other >= mine:
        where = "the same floor" if other == mine else "a higher floor"
        return f"{folder} (F{mine}) may not include {name}: {target} is on {where} (F{other})"
    if folder == "admin" and other in ADMIN_NARROW_FLOORS and not name.endswith(ADMIN_SUFFIXES):
        return f"admin sees only *_view.hpp and *_command.hpp of {target} (F{other}), not {name}"
    return None


def library_home(tree: Tree) -> Iterator[Finding]:
    """third-party headers appear only in the folder that wraps the library"""
    homes = [(re.compile(pattern), prefixes) for pattern, prefixes in LIBRARY_HOMES]
    for file in tree.cpp:
        if not file.path.startswith("src/"):
            continue
        for line, _, name in _includes(file):
            if name.split("/")[0] in FLOORS and name.endswith(".hpp"):
                continue
            for pattern, prefixes in homes:
                if pattern.match(name) and not file.path.startswith(tuple(prefixes)):
                    place = " and ".join(f"{prefix}*" for prefix in prefixes) or "no file"
                    yield Finding(file.path, line, "library-home",
                                  f"<{name}> belongs in {place} only")


RULES = [floor, library_home]
