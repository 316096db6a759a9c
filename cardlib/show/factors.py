# SPDX-License-Identifier: MIT
"""Factors of authentication for people: how many kinds each session proved, then a line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..acts.factors import Factor
from .lines import NOTEBOOK, fold, lines_html, marked, places

NONE = "no factor of authentication is shown here"
_MARKS = {"proved": "ok ", "claimed": " - ", "failed": "!! "}


class Factors(list[Factor]):
    """The factors of a capture; prints a line each."""

    def __str__(self) -> str:
        return fold(digest(self), NOTEBOOK)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return lines_html(digest(self))


def digest(factors: Iterable[Factor]) -> Iterator[str]:
    """Session by session: which kinds were proved, then each statement with its bytes."""
    by_session: dict[int, list[Factor]] = {}
    for factor in factors:
        by_session.setdefault(factor.session, []).append(factor)
    if not by_session:
        yield NONE
    for session, shown in by_session.items():
        yield f"session {session}: {_kinds(shown)}"
        for factor in shown:
            yield marked(_MARKS[factor.outcome], _line(factor))


def _kinds(factors: Iterable[Factor]) -> str:
    """The kinds that were proved, then those that are only claimed."""
    kinds: dict[str, list[str]] = {"proved": [], "claimed": []}
    for factor in factors:
        names = kinds.get(factor.outcome)
        if names is not None and factor.kind not in names:
            names.append(factor.kind)
    claimed = [kind for kind in kinds["claimed"] if kind not in kinds["proved"]]
    words = f"proved: {', '.join(kinds['proved']) or 'nothing'}"
    if claimed:
        words += f"; only claimed: {', '.join(claimed)}"
    return words


def _line(factor: Factor) -> str:
    tries = ""
    if factor.tries is not None:
        tries = f", tries left: {factor.tries}"
    return f"{factor.kind} {factor.outcome}: {factor.text}{tries}{places(factor.evidence)}"
