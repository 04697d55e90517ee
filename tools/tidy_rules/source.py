"""What the rules look at: the files of a checkout, and C++ text without comments and literals."""

import re
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", "weir-data", ".cache"}
CPP_SUFFIXES = {".cpp", ".hpp", ".h", ".cc"}


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    message: str
    warning: bool = False

    def __str__(self) -> str:
        mark = "warning: " if self.warning else ""
        return f"{self.path}:{self.line}: {self.rule}: {mark}{self.message}"


# One alternative a token kind that may hide quotes, slashes or braces. Identifiers and numbers are
# matched whole so that the ' in 1'000 and the R in FOR"x" are not taken for something else.
_TOKEN = re.compile(
    r"""
      (?P<raw>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
    | (?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
    | (?P<text>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"|(?:u8|[uUL])?'(?:\\.|[^'\\\n])*')
    | (?P<word>[A-Za-z_]\w*|\.?\d(?:'?\w|[eEpP][+-]|\.)*)
    """,
    re.VERBOSE | re.DOTALL,
)


def _blank(match: re.Match) -> str:
    if match.lastgroup == "word":
        return match.group()
    whole = match.group()
    if match.group("comment") is not None:
        return re.sub(r"[^\n]", " ", whole)
    # Literals keep their quotes, so that what is around them still reads as an expression.
    return '"' + re.sub(r"[^\n]", " ", whole[1:-1]) + '"'


class SourceFile:
    """One file. `path` is relative to the root, with forward slashes."""

    def __init__(self, root: Path, path: str):
        self.path = path
        self._full = root / path

    @cached_property
    def text(self) -> str | None:
        """The content, or None when the file is not UTF-8 text."""
        raw = self._full.read_bytes()
        if b"\0" in raw[:8192]:
            return None
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return None

    @cached_property
    def lines(self) -> list[str]:
        return (self.text or "").split("\n")

    @cached_property
    def code(self) -> str:
        """C++ text of the same shape, with comments and the insides of literals blanked."""
        return _TOKEN.sub(_blank, self.text or "")

    @cached_property
    def statements(self) -> str:
        """`code` with preprocessor lines blanked too: only what the grammar of braces sees."""
        def blank(match: re.Match) -> str:
            return re.sub(r"[^\n]", " ", match.group())
        return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", blank, self.code, flags=re.MULTILINE)

    @property
    def suffix(self) -> str:
        return Path(self.path).suffix

    @property
    def is_cpp(self) -> bool:
        return self.suffix in CPP_SUFFIXES

    @property
    def is_header(self) -> bool:
        return self.suffix in {".hpp", ".h"}

    @property
    def is_python(self) -> bool:
        return self.suffix == ".py"


class Tree:
    """The files a commit of this checkout would hold: tracked, or new and not ignored."""

    def __init__(self, root: Path):
        self.root = root
        self.files = [SourceFile(root, path) for path in self._paths()]

    def _paths(self) -> list[str]:
        candidates = self._known_to_git() if (self.root / ".git").exists() else None
        if candidates is None:
            candidates = {
                path.relative_to(self.root).as_posix() for path in self.root.rglob("*")
                if not SKIPPED_FOLDERS & set(path.relative_to(self.root).parts)}
        return [path for path in sorted(candidates)
                if (self.root / path).is_file() and not (self.root / path).is_symlink()]

    def _known_to_git(self) -> set[str] | None:
        """None when git is absent or refuses (a checkout of another user): the folder is walked."""
        try:
            listing = subprocess.run(
                ["git", "ls-files", "-z", "-co", "--exclude-standard"],
                cwd=self.root, capture_output=True, check=True, text=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        return set(listing.split("\0")) - {""}

    @property
    def cpp(self) -> list[SourceFile]:
        return [file for file in self.files if file.is_cpp]


def line_of(text: str, offset: int) -> int:
    """The line number, from 1, of a place in `text`."""
    return text.count("\n", 0, offset) + 1
