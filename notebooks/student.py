# SPDX-License-Identifier: MIT
"""The course for a class: `python notebooks/student.py [FOLDER]`, FOLDER is `student` if none is named.

A copy of what a student needs, in which notebooks have neither solutions nor outputs. It works as this folder does:
`make lab`. The functions behind the exercises are in it, because they work out the answers from the traces.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FOLDERS = ("cardlib", "docs", "investigations", "notebooks", "traces", ".jupyter")
FILES = (
    "LICENSE",
    "LICENSE-CC-BY-4.0",
    "Makefile",
    "README.md",
    "constraints.txt",
    "environment.yml",
    "pyproject.toml",
)
CACHES = ("__pycache__", ".*")
OF_TEACHERS = ("student.py", "build.py", "teaching.md", "my_progress.*", "hints_taken.txt")


def stripped(book: Any) -> Any:
    """A notebook without solutions and outputs; what is asked stays."""
    book.cells = [cell for cell in book.cells if "solution" not in cell.metadata.get("tags", [])]
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return book


def write(folder: Path) -> list[Path]:
    """Fill a new folder; returns its notebooks. SystemExit if there is something in it: it may be somebody's work."""
    import nbformat

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SystemExit(f"{folder} is not empty: name another folder, or remove this one")
    for name in FOLDERS:
        names = CACHES if name == "cardlib" else (*CACHES, *OF_TEACHERS)
        ignored = shutil.ignore_patterns(*names)
        shutil.copytree(ROOT / name, folder / name, ignore=ignored, dirs_exist_ok=True)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    books = sorted((folder / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    for path in books:
        text = nbformat.writes(stripped(nbformat.read(path, as_version=4)))  # type: ignore[no-untyped-call]
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return books


def main(names: list[str]) -> int:
    """Write, and say what was written."""
    folder = Path(names[0] if names else "student")
    print(f"{folder}: {len(write(folder))} notebooks without solutions and outputs; for students: make lab")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
