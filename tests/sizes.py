"""`python -m tests.sizes`: files of at most 400 lines, functions of at most 80. Exit code 1 names the longer."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("bot", "pipeline", "db", "migrations", "local", "tests")
FILE_LINES, FUNCTION_LINES = 400, 80


def too_long(path: Path) -> Iterator[str]:
    """A sentence for the file, and for each function in it, that is over its limit."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines; {FILE_LINES} are the most"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name} has {size} lines; {FUNCTION_LINES} are the most"


def main() -> int:
    found = [
        sentence
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for sentence in too_long(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    ]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
