# SPDX-License-Identifier: MIT
"""How long the library is: lines of each Python file and of each room, against the limits of a file and a function."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent.parent / "cardlib"
MAX_FILE = 400
MAX_FUNCTION = 50


def lines() -> dict[str, int]:
    """Lines of each Python file of the library; the data files of applications are not counted."""
    files = sorted(LIBRARY.rglob("*.py"))
    return {
        file.relative_to(LIBRARY).as_posix(): len(file.read_text("utf-8").splitlines())
        for file in files
    }


def long_functions() -> list[str]:
    """Every function that is longer than the limit, with its file and length."""
    too_long = []
    for name in lines():
        tree = ast.parse((LIBRARY / name).read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > MAX_FUNCTION:
                    too_long.append(f"{name}: {node.name} has {size} lines")
    return too_long


def main() -> None:
    counts = lines()
    rooms: Counter[str] = Counter()
    for name, count in counts.items():
        remark = f"  longer than {MAX_FILE}" if count > MAX_FILE else ""
        print(f"{count:6}  {name}{remark}")
        rooms[name.partition("/")[0]] += count
    print()
    for room, count in rooms.items():
        print(f"{count:6}  {room}")
    print(f"{sum(counts.values()):6}  all")
    for row in long_functions():
        print(row)


if __name__ == "__main__":
    main()
