# SPDX-License-Identifier: MIT
"""The course for a class: nothing is given away, everything runs, and the lessons name what there is."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

import nbformat
import pytest
from test_live_stack import PRESENT, alone
from test_notebooks import PATHS, code, tags

from notebooks import build, student

ROOT = Path(__file__).resolve().parent.parent
STEMS = [path.stem for path in PATHS]
QUICK = "01_apdu_and_tlv_by_hand"
LESSONS = re.split(r"^## Lesson ", (ROOT / "docs" / "teaching.md").read_text("utf-8"), flags=re.M)[
    1:
]

each_lesson = pytest.mark.parametrize(
    "lesson", LESSONS, ids=[text.splitlines()[0] for text in LESSONS]
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("class") / "student"
    student.write(folder)
    return folder


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.ipynb").write_text("my work")
    for taken in (tmp_path, tmp_path / "mine.ipynb"):
        with pytest.raises(SystemExit, match="is not empty"):
            student.write(taken)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.ipynb"]


def test_nothing_is_given_away(course: Path) -> None:
    books = {
        path.stem: nbformat.read(path, as_version=4)
        for path in sorted((course / "notebooks").glob("*.ipynb"))
    }
    assert list(books) == STEMS
    for stem, book in books.items():
        cells = [cell for cell in book.cells if cell.cell_type == "code"]
        assert [cell.source for cell in cells] == [
            cell.source for cell in code(stem) if "solution" not in tags(cell)
        ]
        assert all(cell.outputs == [] and cell.execution_count is None for cell in cells)
    assert not list(course.rglob("teaching.md")) and not list(course.rglob("__pycache__"))


@pytest.mark.parametrize(
    "stem", [pytest.param(stem, marks=() if stem == QUICK else pytest.mark.long) for stem in STEMS]
)
def test_it_runs_and_only_exercises_say_not_yet(course: Path, stem: str) -> None:
    live = PRESENT and any(map(build.volatile, code(stem)))
    with alone() if live else nullcontext():
        book = build.run(course / "notebooks" / f"{stem}.ipynb")
    asked = 0
    for cell in (cell for cell in book.cells if cell.cell_type == "code"):
        shown = build.texts(cell)
        said = [text for kind, text in shown if kind == "stdout" and "not yet" in text]
        assert bool(said) == ("exercise" in tags(cell)), cell.source
        assert not said or said[0].startswith("not yet: ")
        assert any(kind == "error" for kind, _ in shown) == ("raises-exception" in tags(cell)), (
            shown
        )
        asked += bool(said)
    assert asked == sum("exercise" in tags(cell) for cell in code(stem))


def test_there_are_sixteen_lessons_and_every_notebook_has_its_own() -> None:
    assert [text.split(":")[0] for text in LESSONS] == [str(number) for number in range(1, 17)]
    named = [
        name
        for text in LESSONS
        for name in re.findall(r"^- \[.*?\]\(\.\./notebooks/(\w+)\.ipynb\)", text, re.M)
    ]
    assert sorted(named) == STEMS


@each_lesson
def test_a_lesson_takes_ninety_minutes(lesson: str) -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", lesson, re.M)
    assert len(rows) >= 3 and sum(int(minutes) for minutes, _ in rows) == 90
    names = re.findall(r"\.\./notebooks/(\w+)\.ipynb\), (\d+) minutes", lesson)
    needed = {path.stem: nbformat.read(path, as_version=4).metadata.minutes for path in PATHS}
    assert names and all(needed[name] == int(minutes) for name, minutes in names)
    assert sum(int(minutes) for _, minutes in names) <= 65


@each_lesson
def test_a_lesson_names_its_traces_what_comes_before_and_what_is_handed_in(lesson: str) -> None:
    stems = re.findall(r"\.\./notebooks/(\w+)\.ipynb\), \d", lesson)
    needs = {
        need
        for path in PATHS
        if path.stem in stems
        for need in nbformat.read(path, as_version=4).metadata.needs
    }
    traces = re.search(r"^\*\*Traces:\*\* (.+?)\n\n", lesson, re.M | re.S)
    assert traces and set(re.findall(r"`([^`]+)`", traces[1])) == {
        need for need in needs if need not in STEMS
    }
    before = re.search(r"^\*\*Before:\*\* (.+?)\n-", lesson, re.M | re.S)
    assert before and all(
        int(number) < int(lesson.split(":")[0]) for number in re.findall(r"lesson (\d)", before[1])
    )
    assert re.search(r"^\*\*Handed in:\*\* .{60}", lesson, re.M)
