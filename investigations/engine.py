# SPDX-License-Identifier: MIT
"""Investigations: a folder with a letter and captures; hints have a price, and a false accusation costs.

A case is made from its name and a seed, so each student may have their own captures: `make case NAME=wedge SEED=anna`.
What is true follows from the seed, and stands in no file of the folder.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CASES = HERE / "cases"
sys.path[:0] = [
    place
    for place in (str(HERE.parent), str(HERE.parent / "traces" / "recipes"))
    if place not in sys.path
]

NAMES = ("purse", "car_park", "passports", "wedge", "batch", "ninth")  # from novice to expert
SHIPPED = "class"  # the seed of the folders that stand in the project
LETTER, SEED, HINTS = "letter.md", "seed.txt", "hints_taken.txt"
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
CULPRIT, MECHANISM, PLACES, LEAD, LIMIT = 3, 1, 3, 1, 1  # points

Place = tuple[str, int, str, int, int]  # file, exchange, side, first byte, one behind the last


@dataclass(frozen=True)
class Truth:
    """What a verdict is compared with.

    `mechanism` has groups of words, one of each must stand in the learner's words. `evidence` has groups of places,
    and so have the leads that are to be excluded: one place of a group is enough.
    """

    culprits: frozenset[str]
    mechanism: tuple[tuple[str, ...], ...]
    evidence: tuple[tuple[Place, ...], ...]
    excluded: Mapping[str, tuple[Place, ...]]
    limits: tuple[str, ...]

    @property
    def most(self) -> int:
        """The points of a complete verdict."""
        return CULPRIT + MECHANISM + PLACES + LEAD * len(self.excluded) + LIMIT


@dataclass(frozen=True)
class Case:
    """A case as it is made: what is given to the learner, the hints, and what is true."""

    level: str
    letter: str
    files: Mapping[str, bytes]
    hints: tuple[str, str, str]
    truth: Truth | None  # None: nobody knows; graded by the rubric alone


@dataclass(frozen=True)
class Score:
    """The points of a verdict, with a line for each part."""

    points: float
    most: int
    lines: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return "\n".join([*self.lines, f"{self.points:g} of {self.most} points"])


@cache
def made(name: str, seed: str = SHIPPED) -> Case:
    """The case of that name, for a seed."""
    if name not in NAMES:
        raise ValueError(f"there is no case {name!r}: choose one of {', '.join(NAMES)}")
    if not NAME.fullmatch(seed):
        raise ValueError("a seed is up to 40 letters, digits, - and _")
    make: Callable[[str], Case] = import_module(f"investigations.{name}").make
    return make(seed)


def write(name: str, seed: str = SHIPPED, folder: Path | None = None) -> Path:
    """Write the folder of a case; ValueError if there is one with something in it."""
    case = made(name, seed)
    place = folder or CASES / f"{name}-{seed}"
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise ValueError(f"{place.name} is not empty")
    place.mkdir(parents=True, exist_ok=True)
    (place / LETTER).write_text(case.letter, encoding="utf-8", newline="\n")
    (place / SEED).write_text(f"{name} {seed}\n", encoding="utf-8", newline="\n")
    for file, data in case.files.items():
        (place / file).write_bytes(data)
    return place


def opened(folder: str | Path) -> Case:
    """The case that a folder belongs to; a name alone means the folder of the project."""
    place = Path(folder)
    if str(folder) in NAMES:
        place = CASES / f"{folder}-{SHIPPED}"
    name, _, seed = (place / SEED).read_text("utf-8").strip().partition(" ")
    return made(name, seed)


def _taken(folder: str | Path) -> Path:
    if str(folder) in NAMES:
        return CASES / f"{folder}-{SHIPPED}" / HINTS
    return Path(folder) / HINTS


def hint(folder: str | Path) -> None:
    """Print the next hint; each costs a point of the verdict."""
    try:
        case, file = opened(folder), _taken(folder)
        taken = _count(file)
        number = min(taken, len(case.hints) - 1)
        if taken < len(case.hints):
            file.write_text(f"{taken + 1}\n", encoding="utf-8")
        print(f"hint {number + 1} of {len(case.hints)} (a point each): {case.hints[number]}")
    except (OSError, ValueError) as fault:
        print(f"no hint: {_line(fault)}")


def _count(file: Path) -> int:
    try:
        return max(0, min(3, int(file.read_text("utf-8"))))
    except (OSError, ValueError):
        return 0


def verdict(
    folder: str | Path,
    culprit: Any,
    mechanism: str = "",
    evidence: Iterable[Any] = (),
    excluded: Mapping[str, Iterable[Any]] | None = None,
    cannot_say: Iterable[str] = (),
) -> Score | None:
    """Judge a verdict and print its points; whatever is wrong with its form is said in a line."""
    try:
        case = opened(folder)
        names = [culprit] if isinstance(culprit, str) else [str(name) for name in culprit]
        places = [_place(one) for one in evidence]
        leads = {
            str(name): [_place(one) for one in found] for name, found in (excluded or {}).items()
        }
        limits = [cannot_say] if isinstance(cannot_say, str) else [str(word) for word in cannot_say]
        score = judged(case, names, str(mechanism), places, leads, limits, _count(_taken(folder)))
    except (OSError, ValueError, TypeError, AttributeError) as fault:
        print(f"no verdict: {_line(fault)}")
        return None
    print(score)
    return score


def _line(fault: Exception) -> str:
    return " ".join(str(fault).split())[:160] or type(fault).__name__


def _place(one: Any) -> Place:
    """A place as a learner writes it: ("c07.pcscd.log", 12, "response", 0, 2)."""
    if not isinstance(one, tuple | list) or len(one) != 5:
        raise ValueError(
            'a place is ("file", exchange, "command" or "response", first byte, one behind the last)'
        )
    file, exchange, side, start, stop = one
    numbers = (exchange, start, stop)
    if not isinstance(file, str) or not all(isinstance(number, int) for number in numbers):
        raise ValueError("in a place, exchange and bytes are whole numbers, and the file is a text")
    if side not in ("command", "response"):
        raise ValueError('the side of a place is "command" or "response"')
    return file, exchange, side, start, stop


def judged(
    case: Case,
    culprits: list[str],
    mechanism: str,
    evidence: list[Place],
    excluded: Mapping[str, list[Place]],
    cannot_say: list[str],
    hints: int = 0,
) -> Score:
    """The points of a verdict."""
    truth = case.truth
    if truth is None:
        return Score(
            0, 0, ("nobody knows the answer of this case: hand in half a page, for the rubric",)
        )
    named = {_plain(name) for name in culprits}
    right = {_plain(name) for name in truth.culprits}
    accused = len(named - right)
    met = sum(any(map(lambda place: overlaps(place, group), evidence)) for group in truth.evidence)
    cleared = sum(
        any(overlaps(place, found) for place in places)
        for name, found in truth.excluded.items()
        for places in [excluded.get(name, [])]
    )
    explained = bool(mechanism) and all(
        any(word in _plain(mechanism) for word in group) for group in truth.mechanism
    )
    honest = any(word in _plain(" ".join(cannot_say)) for word in truth.limits)
    parts = [
        (
            "culprit",
            CULPRIT * len(named & right) / len(right),
            f"{len(named & right)} of {len(right)}",
        ),
        ("false accusations", -accused, str(accused)),
        ("mechanism", MECHANISM * explained, "yes" if explained else "not yet"),
        ("places", PLACES * met / len(truth.evidence), f"{met} of {len(truth.evidence)}"),
        ("leads excluded", LEAD * cleared, f"{cleared} of {len(truth.excluded)}"),
        ("limits", LIMIT * honest, "yes" if honest else "what can nobody say from these captures?"),
        ("hints", -hints, str(hints)),
    ]
    lines = tuple(f"{name:18} {points:+5.1f}   {words}" for name, points, words in parts)
    return Score(round(sum(points for _, points, _ in parts), 1), truth.most, lines)


def overlaps(place: Place, group: Iterable[Place]) -> bool:
    """Whether a place shares bytes with one of a group."""
    file, exchange, side, start, stop = place
    return any(
        (file, exchange, side) == other[:3] and max(start, other[3]) < min(stop, other[4])
        for other in group
    )


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("_", " ").replace("-", " ").split())
