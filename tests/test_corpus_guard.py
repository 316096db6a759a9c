# SPDX-License-Identifier: MIT
"""A file that hangs, swells or kills the process that reads it costs itself, and no neighbour."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from cardlib.core.errors import CardlibError
from cardlib.core.version import VERSION
from cardlib.corpus import guard
from cardlib.corpus.guard import Crew, Fault, Helper
from cardlib.corpus.inputs import Input, inputs_of
from cardlib.corpus.parts import FILES, Place
from cardlib.corpus.tasks import FAILED, READ, UNREADABLE, FileRow, Limits, Task, file_row

pytest.importorskip("pyarrow")
ROOT = Path(__file__).resolve().parent.parent
TRACE = ROOT / "traces" / "contact_purchase.hex.txt"
LONGEST = 3600.0  # seconds that a machine may need for what does not hang

# A file by whose name the reader of captures can be told what to do, put into the process as Python starts.
UNSOUND = """
import os, pathlib, time
import cardlib.corpus.tasks as tasks
read = tasks.read
def unsound(place, **more):
    name = os.path.basename(place)
    if name == "dies.log":
        os._exit(9)
    if name == "swells.log":
        bytearray(1 << 44)
    if name == "hangs.log":
        pathlib.Path(place + ".begun").touch()
        time.sleep(1 << 20)
    return read(place, **more)
tasks.read = unsound
"""


@pytest.fixture
def unsound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of captures, for processes in which some of them do harm."""
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "sitecustomize.py").write_text(UNSOUND)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path / "python"), str(ROOT))))
    (tmp_path / "captures").mkdir()
    Place(tmp_path / "out").begin({"schema": 1})
    return tmp_path


def task(folder: Path, *names: str, seconds: float = 120.0) -> Task:
    """A task for copies of one trace with these names."""
    for name in names:
        shutil.copy(TRACE, folder / "captures" / name)
    items = tuple(inputs_of(folder / "captures"))
    return Task("key", items, str(folder / "out"), VERSION, limits=Limits(seconds))


def guarded(task: Task) -> list[FileRow]:
    """Do a task with processes of its own."""
    crew = Crew()
    try:
        return crew.do(task)
    finally:
        crew.end()


def told(rows: list[FileRow]) -> dict[str, tuple[str, str]]:
    """Status and reason by name."""
    by_column = [dict(zip(FILES, row, strict=True)) for row in rows]
    return {row["file"]: (row["status"], row["detail"]) for row in by_column}


def test_a_file_that_kills_and_one_that_swells_cost_themselves(unsound: Path) -> None:
    (unsound / "captures" / "empty.log").touch()
    rows = told(guarded(task(unsound, "a.log", "dies.log", "swells.log", "z.log")))
    assert rows["a.log"] == rows["z.log"] == (READ, "")
    assert rows["dies.log"] == (FAILED, "the process that read it died")
    assert rows["swells.log"] == (FAILED, "it needs more memory than it may have")
    assert rows["empty.log"][0] == UNREADABLE
    part = Place(unsound / "out").part("exchanges", "key")
    assert part.exists()
    assert [file for file in part.parent.iterdir() if file != part] == []


class Patient(Helper):
    """A process whose clock the test sets: it has all the time it needs until it hangs, and then no more.

    The seconds of its limits are said, and never waited for.
    """

    hanging: Path | None = None

    def do(self, task: Task) -> list[FileRow] | Fault:
        self.places = [Path(item.place) for item in task.inputs]
        return super().do(task)

    def _next(self, seconds: float) -> dict[str, Any]:
        if self.hanging:
            while not self.hanging.exists() and self._process.poll() is None:
                time.sleep(0.01)
            return super()._next(0.01)
        message = super()._next(LONGEST)
        if "begun" in message:
            place = self.places[message["begun"]]
            if place.name == "hangs.log":
                self.hanging = place.with_name("hangs.log.begun")
        return message


@pytest.mark.long
def test_a_file_that_hangs_costs_itself(unsound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "Helper", Patient)
    rows = told(guarded(task(unsound, "a.log", "hangs.log", "z.log", seconds=20)))
    assert rows["a.log"] == rows["z.log"] == (READ, "")
    assert rows["hangs.log"] == (FAILED, "it takes longer than 20 seconds")


def test_a_dataset_that_cannot_be_written_ends_it_all(unsound: Path) -> None:
    shutil.rmtree(unsound / "out" / "exchanges")
    with pytest.raises(CardlibError, match="the dataset cannot be written: No such file"):
        guarded(task(unsound, "a.log"))


class Scripted:
    """A process that does what a script says, task by task, instead of reading."""

    script: list[list[FileRow] | Fault]
    seen: list[Task]

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def do(self, task: Task) -> list[FileRow] | Fault:
        self.seen.append(task)
        return self.script.pop(0)

    def end(self) -> None:
        pass


def scripted(monkeypatch: pytest.MonkeyPatch, *script: list[FileRow] | Fault) -> list[Task]:
    """Let processes follow a script; what they were asked to do is listed."""
    seen: list[Task] = []
    monkeypatch.setattr(Scripted, "script", list(script), raising=False)
    monkeypatch.setattr(Scripted, "seen", seen, raising=False)
    monkeypatch.setattr(guard, "Helper", Scripted)
    return seen


ITEMS = tuple(Input(f"{number}.log", f"/{number}.log", 1, "") for number in range(3))
TASK = Task("key", ITEMS, "/out", VERSION)
ROWS = [file_row(item, READ, "") for item in ITEMS]


def test_what_fails_in_company_is_tried_alone_and_kept_if_it_is_innocent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = scripted(monkeypatch, Fault(1, "it hangs"), ROWS[1:2], ROWS)
    assert guarded(TASK) == ROWS
    assert [task.is_trial for task in seen] == [False, True, False]
    assert seen[1].inputs == ITEMS[1:2]
    assert seen[2].failed == ()


def test_what_fails_alone_too_is_left_out_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, Fault(1, "it hangs"), Fault(0, "it hangs alone"), ROWS)
    assert guarded(TASK) == ROWS
    assert seen[2].failed == ((1, "it hangs alone"),)


def test_what_fails_in_company_again_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, Fault(2, "first"), ROWS[2:], Fault(2, "again"), ROWS)
    assert guarded(TASK) == ROWS
    assert seen[3].failed == ((2, "again"),)


NONE = Fault(-1, "no process for reading captures could be started")


def test_without_a_process_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, NONE, NONE, NONE)
    with pytest.raises(CardlibError, match="no process for reading captures"):
        guarded(TASK)
    assert len(seen) == 3


def test_a_process_that_dies_before_it_reads_costs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, NONE, NONE, ROWS)
    assert guarded(TASK) == ROWS
    assert [task.failed for task in seen] == [(), (), ()]


def test_a_trial_without_a_process_costs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scripted(monkeypatch, Fault(1, "it hangs"), NONE, ROWS[1:2], ROWS)
    assert guarded(TASK) == ROWS
    assert [task.failed for task in seen] == [(), (), (), ()]


def test_what_is_stopped_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    crew = Crew()

    class Stopped(Scripted):
        def do(self, task: Task) -> list[FileRow] | Fault:
            crew.end()
            return super().do(task)

    seen = scripted(monkeypatch, Fault(1, "the process that read it died"))
    monkeypatch.setattr(guard, "Helper", Stopped)
    with pytest.raises(CardlibError, match="the work was stopped"):
        crew.do(TASK)
    assert len(seen) == 1


def test_a_process_that_starts_while_the_work_ends_is_ended() -> None:
    crew = Crew()
    crew.end()
    with pytest.raises(CardlibError, match="the work was stopped"):
        crew.do(TASK)
    assert crew._helpers == []


def test_a_dataset_that_cannot_be_written_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = scripted(monkeypatch, Fault(-1, "the dataset cannot be written: full", True))
    with pytest.raises(CardlibError, match="cannot be written: full"):
        guarded(TASK)
    assert len(seen) == 1


def test_a_process_that_was_ended_takes_no_task() -> None:
    helper = Helper(Limits())
    helper.end()
    assert helper.do(TASK) == Fault(-1, "no process for reading captures could be started")


def test_no_process_is_left_when_the_work_ends(unsound: Path) -> None:
    crew = Crew()
    crew.do(task(unsound, "a.log"))
    (helper,) = crew._helpers
    assert helper._process.poll() is None
    crew.end()
    assert helper._process.poll() is not None
