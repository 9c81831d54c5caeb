"""Lists every text that a person may read, to be read aloud: ``python -m tests.support.sentences``.

Errors, help, page strings, phrases of reports and findings; a line each, with file and line. A word
or two as arguments keep the rooms whose path holds one of them.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_SAID = re.compile(r"^[\w./:%{}-]*$|^[A-Z_ ]+$|\b(SELECT|INSERT|CREATE|PRAGMA)\b")
IN_SCRIPTS = re.compile(r'"([^"\n]+)"|`([^`]+)`|>([^<>{}]+)<')


def texts_of_python(path: Path) -> Iterator[tuple[int, str]]:
    """String constants that are no docstring, and the docstrings of commands, which are help."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            command = isinstance(node, ast.FunctionDef) and any(
                "command" in ast.unparse(each) for each in node.decorator_list
            )
            if isinstance(first, ast.Expr) and not command:
                silent.add(id(first.value))
        if isinstance(node, ast.Module | ast.ClassDef):  # what stands below a constant or a field
            silent |= {id(each.value) for each in node.body if isinstance(each, ast.Expr)}
        if isinstance(node, ast.JoinedStr):
            silent |= {id(each) for each in node.values}
            yield node.lineno, "".join(map(_piece, node.values))
    for node in ast.walk(tree):
        said = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if said and id(node) not in silent:
            yield node.lineno, node.value


def _piece(value: ast.expr) -> str:
    if isinstance(value, ast.Constant):
        return str(value.value)
    return "{…}"


def texts_of_script(path: Path) -> Iterator[tuple[int, str]]:
    """Literals and text of JavaScript and HTML, without comments."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        code = re.sub(r"^\s*(//|/?\*).*|\s//\s.*", "", line)
        for found in IN_SCRIPTS.finditer(code):
            yield number, next(filter(None, found.groups()), "")


def sentences(words: list[str]) -> Iterator[str]:
    """``file:line: text`` of all that has at least two words."""
    for folder in ("imuhip", "dashboard"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if words and not any(word in name for word in words):
                continue
            read = {".py": texts_of_python, ".js": texts_of_script, ".html": texts_of_script}
            for line, text in sorted(read.get(path.suffix, lambda _: iter(()))(path)):
                said = " ".join(text.split())
                if " " in said and not NOT_SAID.search(said):
                    yield f"{name}:{line}: {said}"


if __name__ == "__main__":
    listed = "".join(f"{each}\n" for each in sentences(sys.argv[1:]))
    sys.stdout.buffer.write(listed.encode(errors="backslashreplace"))
