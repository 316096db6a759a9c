# SPDX-License-Identifier: MIT
"""Exercises that check themselves: `verify("01.3", answer)` says `not yet: ...` or `right, because ...`, never raises.

The right answer is worked out from the trace each time, so that a trace may change and the exercise stays right.
To add an exercise: a function under its number, in the module of its part of the course, and a cell with that number.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import cardlib

TRACES = Path(__file__).resolve().parent.parent.parent / "traces"
Value = int | float | str


@dataclass(frozen=True)
class Solved:
    """The right answer, what helps to find it, and why it is right. A fraction may be off by one per cent.

    `slips` has a sentence for each wrong answer that a person comes to by a known mistake.
    """

    value: Value
    hint: str
    because: str
    slips: Mapping[Value, str] = field(default_factory=dict)


EXERCISES: dict[str, Callable[[Path], Solved]] = {}


def verify(exercise: str, answer: object) -> None:
    """Say whether an answer is right; if it is not, give a hint."""
    if not isinstance(exercise, str) or exercise not in EXERCISES:
        print("not yet: there is no exercise of that number")
        return
    try:
        solved = EXERCISES[exercise](TRACES)
    except Exception as fault:  # a changed trace may hold anything
        print(f"not yet: this needs {fault}")
        return
    if _is_right(answer, solved.value):
        print(f"right, because {solved.because}")
        return
    print(f"not yet: {_mistake(answer, solved) or solved.hint}")


def _mistake(answer: object, solved: Solved) -> str:
    """The sentence for a known mistake, or nothing."""
    for value, sentence in solved.slips.items():
        if _is_right(answer, value):
            return sentence
    return ""


def _is_right(answer: object, right: Value) -> bool:
    try:
        return same(answer, right)
    except Exception:  # whatever was handed in, a learner gets a hint and not a traceback
        return False


def same(answer: object, right: Value) -> bool:
    """Whether an answer means the same: 2 and "2", "9f38" and "9F 38", bytes and their hex."""
    if answer is None or isinstance(answer, bool):
        return False
    if isinstance(right, str):
        text = answer.hex() if isinstance(answer, bytes | bytearray) else answer
        return isinstance(text, str) and _plain(text) == _plain(right)
    number = _number(answer)
    if number is None:
        return False
    return number == right if isinstance(right, int) else math.isclose(number, right, rel_tol=0.01)


def _plain(text: str) -> str:
    return "".join(text.split()).upper()


def _number(answer: object) -> float | int | None:
    """A number from what a person may write for one; None if it is none."""
    if isinstance(answer, str):
        try:
            return float(answer)
        except ValueError:
            return None
    try:
        return operator.index(answer)  # type: ignore[arg-type]
    except TypeError:
        return float(answer) if isinstance(answer, float) else None


def exercise(number: str) -> Callable[[Callable[[Path], Solved]], Callable[[Path], Solved]]:
    """Put a function under the number by which notebooks call it."""

    def listed(solve: Callable[[Path], Solved]) -> Callable[[Path], Solved]:
        EXERCISES[number] = solve
        return solve

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
