# SPDX-License-Identifier: MIT
"""Predictions: `predict("21.a", "b")` commits before a cell is run, `reveal("21.a")` shows it beside the result.

The questions are rows of predictions.toml: choices with the letter of the right one, or a number.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from . import ledger
from .answers import called, same
from .engine import LETTERS

ROWS = Path(__file__).with_name("predictions.toml")
_guesses: dict[str, object] = {}


@cache
def questions() -> dict[str, dict[str, Any]]:
    """All predictions by their numbers."""
    return tomllib.loads(ROWS.read_text("utf-8"))


def _row(number: object) -> dict[str, Any] | None:
    """The row of a prediction; says so where there is none."""
    row = questions().get(number) if isinstance(number, str) else None
    if row is None:
        print("there is no prediction of that number")
    return row


def predict(number: str, guess: object = None) -> None:
    """Ask, or keep what was predicted. Only what was committed before the result counts."""
    row = _row(number)
    if row is None:
        return
    guess, fault = called(guess)
    if guess is None:
        print(fault or _asked(row))
        return
    letter = _letter(guess)
    choices = dict(zip(LETTERS, row.get("choices", ()), strict=False))
    if choices and letter not in choices:
        print(f"choose a letter, {', '.join(choices)}:\n{_asked(row)}")
        return
    if not choices and not _is_number(guess):
        print(f"a number is wanted:\n{_asked(row)}")
        return
    _guesses[number] = letter if choices else guess
    ledger.note("predictions", number, _is_right(number, row))
    print("kept. Now run the next cell, and look whether it comes true")


def _letter(guess: object) -> str:
    return guess.strip(" ().").lower() if isinstance(guess, str) else ""


def _is_number(guess: object) -> bool:
    return isinstance(guess, int | float | str) and not isinstance(guess, bool) and _float(guess) is not None


def _float(guess: int | float | str) -> float | None:
    try:
        return float(guess)
    except (ValueError, OverflowError):
        return None


def _asked(row: dict[str, Any]) -> str:
    """The question, its choices, and what to do."""
    lines = [f"  {letter}  {text}" for letter, text in zip(LETTERS, row.get("choices", ()), strict=False)]
    what = "its letter" if lines else "a number"
    return "\n".join([row["question"], *lines, f"Commit: put {what} into guess, and run this cell again."])


def _is_right(number: str, row: dict[str, Any]) -> bool:
    return same(_guesses.get(number), row["right"])


def reveal(number: str) -> None:
    """What was predicted, beside what came."""
    row = _row(number)
    if row is None:
        return
    if number in _guesses:
        outcome = "it came true" if _is_right(number, row) else "it came otherwise"
        print(f"your prediction: {_spelled(row, _guesses[number])} ({outcome})")
    else:
        print("your prediction: none was made")
    print(f"the result: {_spelled(row, row['right'])}, because {row['because']}")


def _spelled(row: dict[str, Any], guess: object) -> str:
    """A choice in words, or a number."""
    choices = dict(zip(LETTERS, row.get("choices", ()), strict=False))
    return choices.get(str(guess), str(guess)[:40])
