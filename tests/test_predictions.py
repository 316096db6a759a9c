# SPDX-License-Identifier: MIT
"""Predictions and progress: committed before the result, kept on this computer, printed as a page to hand in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notebooks import exercises
from notebooks.exercises import ledger, predictions

CHOICE, NUMBER = "34.a", "02.a"


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of its own for what is noted."""
    monkeypatch.setattr(predictions, "_guesses", {})
    monkeypatch.setattr(exercises.engine, "_TRIED", {})
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


@pytest.mark.parametrize("number", ["", "34.z", None, 34, [], "34.1"])
def test_no_such_prediction(number: Any, capsys: pytest.CaptureFixture[str]) -> None:
    for ask in (exercises.predict, exercises.reveal):
        ask(number)
        assert capsys.readouterr().out == "there is no prediction of that number\n"


@pytest.mark.parametrize("guess", ["", "z", 3, [], {}, b"a", True, object(), len, lambda: 1 / 0])
def test_a_guess_that_is_none_asks_again(guess: Any, capsys: pytest.CaptureFixture[str]) -> None:
    exercises.predict(CHOICE, guess)
    assert "kept" not in capsys.readouterr().out
    exercises.reveal(CHOICE)
    assert capsys.readouterr().out.startswith("your prediction: none was made\n")


@pytest.mark.parametrize(
    ("number", "guess", "said"),
    [
        (CHOICE, "b", "no, it is still there in another form (it came true)"),
        (CHOICE, "(A)", "yes (it came otherwise)"),
        (NUMBER, 8, "8 (it came true)"),
        (NUMBER, "7", "7 (it came otherwise)"),
    ],
)
def test_what_was_committed_stands_beside_the_result(
    number: str, guess: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    exercises.predict(number, guess)
    assert capsys.readouterr().out.startswith("kept.")
    exercises.reveal(number)
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"your prediction: {said}"
    assert second.startswith("the result: ") and ", because " in second


def test_there_are_sixty_with_choices_that_differ() -> None:
    rows = predictions.questions()
    assert len(rows) >= 60
    for number, row in rows.items():
        choices = row.get("choices", [])
        assert len(choices) != 1 and len(set(choices)) == len(choices), number
        if choices:
            assert row["right"] in "abcdef"[: len(choices)], number
        assert row["question"].endswith(("?", ".")) and row["because"], number
    rights = [row["right"] for row in rows.values() if row.get("choices")]
    assert max(rights.count(sign) for sign in "abc") < 0.6 * len(rights)


def solve() -> None:
    for number in ("00.1", "01.1"):
        solved = exercises.EXERCISES[number](exercises.TRACES)
        assert solved.reason
        exercises.verify(number, 999_999)
        exercises.verify(number, solved.value, solved.reason.letter(number))


def test_progress_is_kept_and_printed(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solve()
    exercises.predict(CHOICE, "a")
    capsys.readouterr()
    exercises.progress("Ann <b>", tmp_path / "mine.html")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "exercises: 2 of 2 that were tried are solved"
    assert said[1].startswith("predictions: 0 of 1 came true")
    page = (tmp_path / "mine.html").read_text("utf-8")
    assert "Ann &lt;b&gt;" in page and "<td>01.1</td><td>right</td><td>2</td><td>1</td>" in page
    assert "how to get from a capture to a readable dialogue in two cells" in page  # 00 is complete
    assert "http" not in page and "<script" not in page
    assert json.loads(file.read_text("utf-8"))["exercises"]["00.1"]["right"] is True


@pytest.mark.parametrize("text", ["", "{", "[]", '{"exercises": 3}', '{"exercises": {"00.1": 5}}'])
def test_a_spoiled_file_counts_as_empty(
    text: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text, "utf-8")
    exercises.progress(page=tmp_path / "mine.html")
    assert capsys.readouterr().out.startswith("nothing was tried yet")
    solve()
    assert len(ledger.kept()["exercises"]) == 2


def test_nothing_is_written_outside_of_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_memory", {})
    for named in ("", "off"):
        monkeypatch.setenv("COURSE_PROGRESS", named)
        assert ledger._file() is None or "ipykernel" in __import__("sys").modules
