# SPDX-License-Identifier: MIT
"""The inventory of algorithms for people: a line each, what is no longer trusted first; and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..acts.algorithms import Algorithm
from ..core.escape import counted
from .lines import MAX_ROWS, NOTEBOOK, fold, lines_html, marked, more, places
from .tables import algorithm_rows

TITLE = "algorithms and lengths of keys"
NONE = "no algorithm can be seen here"
SOURCES = (
    "trusted to protect new data: NIST SP 800-57 part 1 rev. 5 and SP 800-131A rev. 2; BSI TR-02102-1;"
    " against quantum computers: NIST IR 8547 (draft)"
)
_GONE = "no longer"
_MARKS = {_GONE: "!! ", "beyond 2030": "ok "}


class Inventory(list[Algorithm]):
    """The algorithms of a capture, and its path; prints a line each."""

    def __init__(self, rows: Iterable[Algorithm], file: str = "") -> None:
        super().__init__(rows)
        self.file = file

    def __str__(self) -> str:
        return fold(digest(self), NOTEBOOK)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return lines_html(digest(self))

    def table(self) -> Any:
        """One row an algorithm, with its evidence, as a DataFrame."""
        return algorithm_rows(self, self.file)


def digest(rows: Iterable[Algorithm]) -> Iterator[str]:
    """What is no longer trusted, then the rest, then where the years come from."""
    ordered = sorted(rows, key=lambda row: row.worth.nist != _GONE)
    if not ordered:
        yield NONE
        return
    gone = sum(row.worth.nist == _GONE for row in ordered)
    vulnerable = sum(bool(row.worth.quantum) for row in ordered)
    yield (
        f"{TITLE}: {counted(len(ordered), 'row')}, {gone} no longer trusted by NIST,"
        f" {vulnerable} that a quantum computer breaks"
    )
    for row in ordered[:MAX_ROWS]:
        yield marked(_MARKS.get(row.worth.nist, " - "), _line(row))
    yield from more(len(ordered) - MAX_ROWS, "row")
    yield SOURCES


def _line(row: Algorithm) -> str:
    """One algorithm: what it did, what it is worth, where it can be seen."""
    words = [f"{row.use.purpose}: {row.title}"]
    if row.use.bits is None:
        words[0] += " (length of the key not shown)"
    if row.use.how == "offered":
        words.append("offered")
    if row.worth.strength is not None:
        strength = "broken, or below 2^80"
        if row.worth.strength:
            strength = f"about 2^{row.worth.strength}"
        words.append(f"strength {strength}")
    words += [f"NIST: {row.worth.nist}", f"BSI: {row.worth.bsi}"]
    if row.worth.quantum:
        words.append("quantum: broken")
    if row.count > 1:
        words.append(f"{row.count} times")
    return ", ".join(words) + places([row.use.evidence])
