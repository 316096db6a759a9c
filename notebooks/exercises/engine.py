# SPDX-License-Identifier: MIT
"""Exercises that check themselves: `verify("01.3", answer, reason)` says `not yet: ...` or `right, because ...`.

The right answer is worked out from the trace each time, so that a trace may change and the exercise stays right.
To add an exercise: a function under its number, in the module of its part of the course, and a cell with that number.
The function computes the value, the first hint and the known mistakes; words.toml has the other hints and the reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import cardlib

from . import ledger
from .answers import Value, called, complaint, same

TRACES = Path(__file__).resolve().parent.parent.parent / "traces"
WORDS = Path(__file__).with_name("words.toml")
LETTERS = "abcdef"
MOST_TRIES = 8  # different values of one exercise, after which reading is better than guessing


@dataclass(frozen=True)
class Reason:
    """A sentence that follows from the right value, and others that do not, each with what is wrong with it."""

    right: str
    wrong: Mapping[str, str]
    question: str = "And which sentence is true?"

    def choices(self, number: str) -> dict[str, str]:
        """The sentences by letter, in an order that tells nothing."""
        sentences = sorted((self.right, *self.wrong), key=lambda text: sha256((number + text).encode()).digest())
        return dict(zip(LETTERS, sentences, strict=False))

    def letter(self, number: str) -> str:
        """The letter of the right sentence."""
        return next(letter for letter, text in self.choices(number).items() if text == self.right)


@dataclass(frozen=True)
class Solved:
    """The right answer, what helps to find it, and why it is right. A fraction may be off by one per cent.

    `slips` has a sentence for each wrong answer that a person comes to by a known mistake. `more` are the second and
    third hint. `unit` is that of the question: an answer may come in another one. `reason` is asked beside the value.
    """

    value: Value
    hint: str
    because: str
    slips: Mapping[Value, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    reason: Reason | None = None
    unit: str = ""

    @property
    def hints(self) -> tuple[str, ...]:
        """The hints, from a nudge to the way."""
        return (self.hint, *self.more)


WRONG_REASON = "wrong reason"
EXERCISES: dict[str, Callable[[Path], Solved]] = {}
_TRIED: dict[str, set[str]] = {}


def verify(exercise: str, answer: object, reason: object = None) -> None:
    """Say whether an answer and its reason are right; if not, what is wrong, or a hint."""
    if not isinstance(exercise, str) or exercise not in EXERCISES:
        print("not yet: there is no exercise of that number")
        return
    tried = _TRIED.setdefault(exercise, set())
    closed = _closed(tried)
    if closed and answer is not None:
        print(f'not yet: {closed}, then call again("{exercise}")')
        return
    try:
        solved = EXERCISES[exercise](TRACES)
    except Exception as fault:  # a changed trace may hold anything
        print(f"not yet: {_missing(fault)}")
        return
    said = _judged(exercise, solved, *called(answer), reason)
    is_right = said.startswith("right")
    if answer is not None:
        ledger.note("exercises", exercise, is_right, min(len(tried), len(solved.hints)))
    print(said)


def _closed(tried: set[str]) -> str:
    """Why an exercise takes nothing more: guessing is no way to solve it."""
    if WRONG_REASON in tried:
        return "a reason was chosen, and three of four are wrong; read why, and go back to the bytes"
    if len(tried) >= MOST_TRIES:
        return f"{len(tried)} values were tried, and guessing ends here; go back to the bytes"
    return ""


def again(exercise: str) -> None:
    """Begin an exercise again, after too many tries."""
    _TRIED.pop(exercise, None)
    print(f"{exercise} begins again: first say how you will find the answer, then compute it")


def _missing(fault: Exception) -> str:
    """What an exercise lacks, in one line: a trace, a data element, a package."""
    said = " ".join(str(fault).split())
    return said if said.startswith("this needs") else f"this needs {said.removeprefix('needs ')}"


def _judged(exercise: str, solved: Solved, answer: object, fault: str, reason: object) -> str:
    """What is said about an answer."""
    if fault:
        return f"not yet: {fault}"
    tried = _TRIED.setdefault(exercise, set())
    if answer is None:
        return f"not yet: {solved.hint}{_choices(exercise, solved)}"
    if same(answer, solved.value, solved.unit):
        return _reasoned(exercise, solved, answer, reason)
    sentence = _mistake(answer, solved) or complaint(answer, solved.value, solved.unit)
    if not sentence:
        sentence = solved.hints[min(len(tried), len(solved.hints) - 1)]
    tried.update(_key(answer))
    return f"not yet: {sentence}"


def _key(answer: object) -> list[str]:
    """What an answer is counted by; nothing for one that is no value."""
    if isinstance(answer, bool) or not isinstance(answer, str | int | float | bytes):
        return []
    try:
        return [repr(answer)[:80]]
    except ValueError:  # a number with thousands of digits
        return ["a long number"]


def _reasoned(exercise: str, solved: Solved, answer: object, reason: object) -> str:
    """The value is right; the reason may be missing, wrong or right."""
    if solved.reason is None:
        return f"right, because {solved.because}"
    choices = solved.reason.choices(exercise)
    letter = str(reason).strip(" ().").lower() if isinstance(reason, str) else ""
    sentence = choices.get(letter, "")
    if sentence == solved.reason.right:
        return f"right, because {solved.because}"
    if sentence:
        _TRIED[exercise].add(WRONG_REASON)
        return f"not yet: the value is right, the reason is not: {solved.reason.wrong[sentence]}"
    return f"not yet: the value is right, the reason is missing{_choices(exercise, solved)}"


def _choices(exercise: str, solved: Solved) -> str:
    """The sentences to choose from, a line each."""
    if solved.reason is None:
        return ""
    lines = [f"  {letter}  {text}" for letter, text in solved.reason.choices(exercise).items()]
    return "\n".join(["", f"{solved.reason.question} Put its letter into reason.", *lines])


def _mistake(answer: object, solved: Solved) -> str:
    """The sentence for a known mistake, or nothing."""
    for value, sentence in solved.slips.items():
        if same(answer, value, solved.unit):
            return sentence
    return ""


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads(WORDS.read_text("utf-8"))


def _with_words(number: str, solved: Solved) -> Solved:
    """A solution with the hints and the reason of its row in words.toml, where it has none of its own."""
    row = _words().get(number)
    if row is None or solved.reason is not None:
        return solved
    reason = Reason(row["right"], dict(row["wrong"]))
    return replace(solved, more=tuple(row["more"]), reason=reason)


def exercise(number: str) -> Callable[[Callable[[Path], Solved]], Callable[[Path], Solved]]:
    """Put a function under the number by which notebooks call it."""

    def listed(solve: Callable[[Path], Solved]) -> Callable[[Path], Solved]:
        def worded(traces: Path) -> Solved:
            return _with_words(number, solve(traces))

        EXERCISES[number] = worded
        return worded

    return listed


# ---------------------------------------------------------------- what the exercises look at


def read(traces: Path, name: str) -> cardlib.Capture:
    """A trace; FileNotFoundError says which one is missing."""
    path = traces / name
    if not path.is_file():
        raise FileNotFoundError(f"the trace {name}, which is not in the folder of traces")
    return cardlib.read(path)


def with_ins(capture: cardlib.Capture, ins: int) -> list[cardlib.Exchange]:
    """The exchanges with an instruction."""
    return [e for e in capture.exchanges if e.command is not None and e.command.ins == ins]


def read_node(
    exchanges: Iterable[cardlib.Exchange], tag: str, inside: int = 1
) -> tuple[cardlib.Exchange, cardlib.Node]:
    """The first data element with a tag in a half (0: commands, 1: answers), and the exchange that it is in."""
    for found in exchanges:
        for half in cardlib.decode(found).children:
            node = half.find(tag) if half.name == ("command", "response")[inside] else None
            if node is not None:
                return found, node
    raise LookupError(f"data element {tag}, which is not in the trace")


def ms(ns: int | None) -> float:
    """Nanoseconds as milliseconds; no time counts as none."""
    return (ns or 0) / 1e6
