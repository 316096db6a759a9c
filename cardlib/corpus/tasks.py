# SPDX-License-Identifier: MIT
"""What a process does with a few captures: make their part of the dataset, or judge them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..core.errors import CaptureError
from ..core.escape import escape
from ..core.model import Capture, record
from ..road.pipeline import read
from ..show.lines import more
from ..show.tables import cell
from .inputs import Input
from .needed import needed
from .parts import Place, part_writer
from .rows import COLUMNS, Rows, rows_of

Begun = Callable[[int], None]  # is told the number of each file before it is read
FileRow = tuple[Any, ...]

READ, UNREADABLE, FAILED = "read", "unreadable", "failed"
_MOST_LINES = 10  # about files that were not read
_COUNTED = ("exchanges", "acts", "findings", "problems")


@record
class Limits:
    """What one file may take: seconds, and mebibytes of memory beside what the library itself has."""

    seconds: float = 120.0
    mebibytes: int = 1024


@record
class Question:
    """What is asked about captures instead of their rows: what rules are given, and a key for what is not told.

    `rules`: the numbers of those that look at all captures of a task together; without, each is judged alone.
    """

    given: dict[str, Any]
    salt: str
    rules: tuple[str, ...] = ()


@record
class Task:
    """Files that are read together, and what becomes of them: a part of a dataset, with its name.

    `failed` are the reasons why files are not read, by their number here; `is_trial`: nothing is written.
    """

    key: str
    inputs: tuple[Input, ...]
    folder: str
    version: str
    reveal: bool = False
    limits: Limits = Limits()
    failed: tuple[tuple[int, str], ...] = ()
    is_trial: bool = False
    question: Question | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Task:
        """The task that `to_json` wrote."""
        inputs = tuple(Input(**item) for item in data["inputs"])
        failed = tuple((int(number), str(why)) for number, why in data["failed"])
        changed: dict[str, Any] = {
            "inputs": inputs,
            "limits": Limits(**data["limits"]),
            "failed": failed,
        }
        if data["question"] is not None:
            rules = tuple(data["question"]["rules"])
            changed["question"] = Question(**{**data["question"], "rules": rules})
        return cls(**{**data, **changed})


def done(task: Task, begun: Begun) -> list[FileRow]:
    """Make the part of a task but for its table `files`, whose rows are returned."""
    if task.is_trial:
        return [row for row, _ in _read(task, begun)]
    rows = []
    with part_writer(Place(Path(task.folder), task.reveal), task.key, COLUMNS) as writer:
        for row, tables in _read(task, begun):
            writer.add(tables)
            rows.append(row)
    return rows


def _read(task: Task, begun: Begun) -> Iterator[tuple[FileRow, Rows]]:
    """The files of a task, each with its row and those that it gives to the other tables."""
    failed = dict(task.failed)
    for number, item in enumerate(task.inputs):
        if number in failed:
            yield file_row(item, FAILED, failed[number]), {}
        else:
            begun(number)
            yield _rows_of_file(item, task.reveal)


def _rows_of_file(item: Input, reveal: bool) -> tuple[FileRow, Rows]:
    try:
        capture = capture_of(item)
    except CaptureError as fault:
        return file_row(item, UNREADABLE, fault.reason), {}
    except OSError as fault:
        return file_row(item, UNREADABLE, f"cannot be read: {fault.strerror or fault}"), {}
    tables = rows_of(capture, item.name, reveal)
    counts = {table: len(tables[table]) for table in _COUNTED}
    return file_row(item, READ, "", capture, counts, shown_name(tables)), tables


def shown_name(tables: Rows) -> str | None:
    """The name of a file as its rows have it: without what is secret; None without rows."""
    for rows in tables.values():
        if rows:
            name: str = rows[0][0]
            return name
    return None


def capture_of(item: Input, keys: Sequence[str] = ()) -> Capture:
    """The capture in a file, wherever it is; CaptureError says why it cannot be read. `keys`: files of them."""
    if "://" not in item.place:
        return read(item.place, keys=keys)
    fsspec = needed("fsspec")
    with fsspec.open(item.place, "rb") as file:
        return read(file, keys=keys, name=item.name)


def left_out_lines(files: Sequence[tuple[str, str, str]], how: str) -> list[str]:
    """Status, name and reason of files that were not read, a line each; `how` to see those that are too many."""
    rows = []
    for status, name, reason in files[:_MOST_LINES]:
        rows.append(f"{status}: {escape(name)}: {escape(reason)}")
    return [*rows, *more(len(files) - _MOST_LINES, "file", how)]


def file_row(
    item: Input,
    status: str,
    detail: str,
    capture: Capture | None = None,
    counts: dict[str, int] | None = None,
    name: str | None = None,
) -> FileRow:
    """The row of a file in `files`: what became of it, and how much is in it."""
    counts = counts or dict.fromkeys(_COUNTED, 0)
    return (
        name or cell(item.name),
        item.size,
        item.changed,
        status,
        cell(detail),
        capture.format if capture else "",
        len(capture.sessions) if capture else 0,
        *(counts[table] for table in _COUNTED),
    )
