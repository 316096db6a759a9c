# SPDX-License-Identifier: MIT
"""What a learner has done: exercises and predictions, kept in a file beside the notebooks; nothing leaves the computer.

`progress()` prints a summary and writes a page to hand in. COURSE_PROGRESS names another file, or is "off".
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from cardlib.core.escape import escape

HERE = Path(__file__).resolve().parent.parent
DEFAULT = HERE / "my_progress.json"
OFF = "off"

Kept = dict[str, dict[str, dict[str, Any]]]
_memory: Kept = {}


def _file() -> Path | None:
    """Where it is kept; nowhere outside of a notebook, unless a file is named."""
    named = os.environ.get("COURSE_PROGRESS", "")
    if named == OFF or (not named and "ipykernel" not in sys.modules):
        return None
    return Path(named or DEFAULT)


def kept() -> Kept:
    """Everything that was noted: by kind, then by number. A file that cannot be read counts as empty."""
    file = _file()
    if file is None:
        return _memory
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        kind: {number: row for number, row in rows.items() if isinstance(row, dict)}
        for kind, rows in found.items()
        if isinstance(rows, dict)
    }


def _keep(everything: Kept) -> None:
    file = _file()
    if file is None:
        return
    try:
        beside = file.with_suffix(".new")
        beside.write_text(json.dumps(everything, indent=1), "utf-8")
        beside.replace(file)
    except OSError:  # a folder that cannot be written to: the exercise goes on
        return


def note(kind: str, number: str, is_right: bool, hints: int = 0) -> None:
    """One more try of an exercise or a prediction; what was right once stays right."""
    everything = kept()
    row = everything.setdefault(kind, {}).setdefault(number, {"tries": 0, "hints": 0, "right": False})
    if row.get("right"):
        return
    row["tries"] = int(row.get("tries", 0)) + 1
    row["hints"] = max(int(row.get("hints", 0)), hints)
    row["right"] = is_right
    _keep(everything)


def progress(name: str = "", page: str | Path = "my_progress.html") -> None:
    """Print what was done so far, and write a page to hand in."""
    everything = kept()
    exercises = everything.get("exercises", {})
    predictions = everything.get("predictions", {})
    if not exercises and not predictions:
        print("nothing was tried yet: answer an exercise, then come back")
        return
    solved = sum(bool(row.get("right")) for row in exercises.values())
    hit = sum(bool(row.get("right")) for row in predictions.values())
    print(f"exercises: {solved} of {len(exercises)} that were tried are solved")
    print(f"predictions: {hit} of {len(predictions)} came true (a wrong one teaches more)")
    Path(page).write_text(_page(name, exercises, predictions), encoding="utf-8")
    print(f"to hand in: {Path(page).name}")


def _page(name: str, exercises: dict[str, dict[str, Any]], predictions: dict[str, dict[str, Any]]) -> str:
    able = "".join(f"<li>{escape(line, 'html')}</li>" for line in _able(exercises))
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Progress</title>
<h1>What I have done in the course</h1>
<p>Name: {escape(name, "html") or "_" * 30}</p>
<h2>What I can do now</h2>
<ul>{able or "<li>No notebook is complete yet.</li>"}</ul>
<h2>Exercises</h2>
{_table(exercises)}
<h2>Predictions</h2>
{_table(predictions)}
<p>Counted on this computer by the notebooks themselves. It is a record of work, no proof of it.</p>
</html>
"""


def _table(rows: dict[str, dict[str, Any]]) -> str:
    lines = []
    for number in sorted(rows):
        row = rows[number]
        outcome = "right" if row.get("right") else "not yet"
        cells = (number, outcome, str(row.get("tries", 0)), str(row.get("hints", 0)))
        lines.append("<tr>" + "".join(f"<td>{escape(cell, 'html')}</td>" for cell in cells) + "</tr>")
    head = "<tr><th>number</th><th>outcome</th><th>tries</th><th>hints</th></tr>"
    return f'<table border="1">{head}{"".join(lines)}</table>'


def _able(exercises: dict[str, dict[str, Any]]) -> list[str]:
    """What the notebooks promise in which every exercise is solved."""
    from .engine import EXERCISES

    lines: list[str] = []
    for path in sorted(HERE.glob("[0-9][0-9]_*.ipynb")):
        numbers = [number for number in EXERCISES if number[:2] == path.stem[:2]]
        if numbers and all(exercises.get(number, {}).get("right") for number in numbers):
            lines += _promises(path)
    return lines


def _promises(path: Path) -> list[str]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    for cell in cells:
        source = "".join(cell["source"])
        if source.startswith("## You will learn"):
            return [line[2:] for line in source.splitlines() if line.startswith("- ")]
    return []
