"""Sizes: lines of a file, lines of a function, columns of a line."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tidy_rules.source import Finding, SourceFile, Tree

FILE_WARN = 400
FILE_FAIL = 600
FUNCTION_FAIL = 70
COLUMNS = 100

_SIZED_SUFFIXES = {".cpp", ".hpp", ".h", ".cc", ".py", ".sh"}
_LENGTH_REASON = re.compile(r"^\s*(?://|#) length: \S", re.MULTILINE)


def file_length(tree: Tree) -> Iterator[Finding]:
    """a file has at most 600 lines, and from 400 on it is worth splitting"""
    for file in tree.files:
        if file.suffix not in _SIZED_SUFFIXES or file.text is None:
            continue
        count = len(file.text.splitlines())
        if count > FILE_FAIL and not _LENGTH_REASON.search(file.text):
            yield Finding(file.path, FILE_FAIL + 1, "file-length",
                          f"{count} lines, more than {FILE_FAIL}: split it, or give the reason "
                          "in a line `// length: …`")
        elif FILE_WARN < count <= FILE_FAIL:
            yield Finding(file.path, FILE_WARN + 1, "file-length",
                          f"{count} lines, more than {FILE_WARN}", warning=True)


def line_length(tree: Tree) -> Iterator[Finding]:
    """a line of C++ or Python has at most 100 columns (an address alone may be longer)"""
    for file in tree.files:
        if not (file.is_cpp or file.is_python):
            continue
        for number, line in enumerate(file.lines, 1):
            if len(line) > COLUMNS and not re.match(r"^\s*(//|#)\s*\S*https?://\S+$", line):
                yield Finding(file.path, number, "line-length",
                              f"{len(line)} columns, more than {COLUMNS}")


def function_length(tree: Tree) -> Iterator[Finding]:
    """a function, a test body included, has at most 70 lines, rows of a table not counted"""
    for file in tree.files:
        if file.is_cpp:
            functions = cpp_functions(file)
        elif file.is_python and file.text is not None:
            functions = _python_functions(file)
        else:
            continue
        for function in functions:
            count = function.last - function.first + 1 - function.table_lines
            if count > FUNCTION_FAIL:
                yield Finding(file.path, function.first, "function-length",
                              f"{function.name} has {count} lines, more than {FUNCTION_FAIL}")


@dataclass(frozen=True)
class Function:
    name: str
    first: int
    last: int
    table_lines: int = 0


def _python_functions(file: SourceFile) -> Iterator[Function]:
    try:
        tree = ast.parse(file.text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(node.name, node.lineno, node.end_lineno)


# --- C++: a stack of braces, each opened by what stands before it -----------------------------

@dataclass
class Block:
    """What a brace opened: function, block (inside one), scope (class or namespace), value."""

    kind: str
    name: str
    first: int
    offset: int
    table_lines: int = 0


def cpp_functions(file: SourceFile) -> list[Function]:
    """Functions at namespace or class level; lambdas and local classes belong to theirs.

    The text before a brace, back to the last `;`, `{`, `}` or access label, says what it opens.
    When the braces of a file do not balance (macros can do that) nothing is reported for it.
    """
    text = file.statements
    found: list[Function] = []
    stack: list[Block] = []
    start = 0
    line = 1
    parens = 0
    for match in re.finditer(r"[{}();\n]", text):
        symbol = match.group()
        if symbol == "\n":
            line += 1
        elif symbol == "(":
            parens += 1
        elif symbol == ")":
            parens -= 1
        elif symbol == ";":
            if parens == 0:
                start = match.end()
        elif symbol == "{":
            block = _open(stack, text[start:match.start()], line, parens)
            block.offset = match.end()
            stack.append(block)
            if block.kind != "value":
                start, parens = match.end(), 0
        else:
            if not stack:
                return []
            block = stack.pop()
            if block.kind == "function":
                found.append(Function(block.name, block.first, line, block.table_lines))
            elif stack:
                stack[-1].table_lines += _table_lines(block, line, text[block.offset:match.start()])
            if block.kind != "value":
                start, parens = match.end(), 0
    return [] if stack else found


def _table_lines(block: Block, last: int, inside: str) -> int:
    """Rows a closed block adds to those of the block around it. A table holds no statement."""
    if block.kind == "value" and ";" not in inside:
        return max(0, last - block.first - 1)
    return block.table_lines


def _open(stack: list[Block], head: str, line: int, parens: int) -> Block:
    """The block whose `{` follows `head`; its offset is not known here."""
    def block(kind: str, name: str = "", first: int = line) -> Block:
        return Block(kind, name, first, 0)

    if stack and stack[-1].kind == "value":
        return block("value")
    if stack and stack[-1].kind in {"function", "block"}:
        # `= {`, `rows({`, `for (auto row : {`: a value. Anything else in a function is code.
        is_value = re.search(r"[=(,]\s*$|\bfor\s*\([^;]*:\s*$", head)
        return block("value" if is_value else "block")
    if parens > 0:
        return block("value")
    head = re.sub(r"\b(public|private|protected)\s*:(?!:)", lambda m: " " * len(m.group()), head)
    first = line - head.lstrip().count("\n")
    plain = _without_angles(re.sub(r"\[\[.*?\]\]", " ", head, flags=re.DOTALL))
    plain = re.sub(r"\boperator\s*[^\w\s(]+|\boperator\s*\(\s*\)", "operator_", plain)
    if re.search(r"\bnamespace\b", plain) or re.fullmatch(r'\s*extern\s*"\s*"\s*', plain):
        return block("scope")
    if "=" in _outside_parens(plain):
        return block("value")
    if "(" in plain and _initialises_member(plain):
        return block("value")
    if "(" in _after_attributes(plain):
        return block("function", _function_name(plain), first)
    if re.search(r"\b(class|struct|union|enum|concept)\b", plain):
        return block("scope")
    return block("value")


def _without_angles(head: str) -> str:
    """Drops template parameters and arguments; comparisons hardly occur before a body."""
    previous = None
    while previous != head:
        previous = head
        head = re.sub(r"<[^<>;{}]*>", " ", head)
    return head


def _outside_parens(head: str) -> str:
    previous = None
    while previous != head:
        previous = head
        head = re.sub(r"\([^()]*\)", " ", head)
    return head


def _initialises_member(head: str) -> bool:
    """`Type::Type(int x) : a_(x), b_` before a brace: the brace is b_'s, not the body's."""
    outside = _outside_parens(head)
    return bool(re.search(r"(?<!:):(?!:)[^:]*?(?:^|[:,\s])[A-Za-z_][\w:]*\s*$", outside)
                and re.search(r"\)\s*(noexcept\s*)?:(?!:)", head)
                and not re.search(r"\)\s*$", head))


def _after_attributes(head: str) -> str:
    """Without `alignas(64)` and `__attribute__((x))`, whose parentheses belong to no function."""
    return re.sub(r"\b(alignas|__attribute__|requires)\s*\((?:[^()]|\([^()]*\))*\)", " ", head)


def _function_name(head: str) -> str:
    match = re.search(r"([~\w:]+)\s*\(([^()]*)", head)
    if not match:
        return "this function"
    name, arguments = match.group(1), match.group(2)
    if re.fullmatch(r"TEST(_[FP])?|TYPED_TEST(_P)?|RC_GTEST_\w+", name):
        return f"{name}({' '.join(arguments.split())})"
    return name


RULES = [file_length, line_length, function_length]
