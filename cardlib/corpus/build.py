# SPDX-License-Identifier: MIT
"""Making a dataset, or going on with one: what is there and still true stays, the rest is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core.errors import CardlibError
from ..core.model import record
from ..core.version import VERSION
from .engine import results_of
from .inputs import Where, chunks_of, inputs_of, key_of
from .parts import FILES, SCHEMA, Place
from .tasks import READ, Limits, Task

_STATUS = FILES.index("status")
_EXCHANGES = FILES.index("exchanges")


# Is told what was done: files, how many of them could not be read, exchanges.
Progress = Callable[[int, int, int], None]


@record
class Plan:
    """What a dataset consists of, and what of it is still to be made."""

    place: Place
    keys: tuple[str, ...]
    tasks: tuple[Task, ...]
    files: int
    files_done: int


def plan(where: Where, folder: Path, reveal: bool, limits: Limits) -> Plan:
    """The parts of a dataset, and the tasks for those that are missing; CardlibError where nothing is to be read."""
    place = Place(folder, reveal)
    settings = f"{SCHEMA} {VERSION} {reveal}"
    inside = str(folder.resolve())
    items = [item for item in inputs_of(where) if not item.place.startswith(f"{inside}/")]
    done = place.keys()
    keys, tasks = [], []
    files_done = 0
    for chunk in chunks_of(items):
        key = key_of(chunk, settings)
        keys.append(key)
        if key in done:
            files_done += len(chunk)
        else:
            tasks.append(Task(key, tuple(chunk), str(folder), VERSION, reveal, limits))
    return Plan(place, tuple(keys), tuple(tasks), len(items), files_done)


def build(planned: Plan, jobs: int | None, client: Any, progress: Progress) -> None:
    """Make what is missing; CardlibError says what stopped it, and what is done by then stays."""
    place = planned.place
    place.begin({"schema": SCHEMA, "cardlib": VERSION, "reveal": place.reveal})
    place.keep_only(planned.keys)
    progress(planned.files_done, 0, 0)
    missing = 0
    for task, rows in results_of(planned.tasks, jobs, client):
        if rows is None:
            missing += len(task.inputs)
            continue
        place.publish(task.key, rows)
        failed = sum(row[_STATUS] != READ for row in rows)
        progress(len(rows), failed, sum(row[_EXCHANGES] for row in rows))
    if missing:
        raise CardlibError(f"{missing} files were not read, their workers died: start again")
