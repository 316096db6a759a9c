# SPDX-License-Identifier: MIT
"""What differs in every two payments, and what it means where it does not: a replayed number, a counter set back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...apps.iso7816 import CHALLENGES
from ...core.model import Difference, Exchange, Node

Told = tuple[
    Difference, bytes | None, bytes | None
]  # and both values of what should differ, else None
# Unpredictable numbers, counters, cryptograms and signatures over them, dates and times, entropy.
_FRESH = """
9F37 9F36 9F26 9F4B 9F4C 9F6A 9F60 9F61 9F41 91 9A 9F21 DF8301 DF8302 DF8303 DF8304 DF8305
"""
FRESH = frozenset(_FRESH.split())
ATC = "9F36"
LENGTHS = ("Lc", "Le")  # follow from what they count
MAY_REPEAT = (
    "9A",
    "9F21",
    "9F41",
    "DF8303",
    "DF8304",
    "DF8305",
    *LENGTHS,
)  # a day, a counter of the terminal, times
HEADER = ("CLA", "INS", "P1", "P2", "SW")


def is_fresh(exchange: Exchange, node: Node) -> bool:
    """Whether an element differs in every two transactions."""
    if node.tag:
        return node.tag in FRESH
    ins = exchange.command.ins if exchange.command else None
    return node.name in LENGTHS or (ins in CHALLENGES and node.name not in HEADER)


def follows(row: Told) -> bool:
    """Whether it is among what changes with all the rest, as a cryptogram does: told behind what it follows from."""
    return row[1] is not None or row[2] is not None


def is_one_run(rows: Sequence[Told]) -> bool:
    """Whether of the elements that must differ between two runs more are equal than not."""
    unlike = {told.element for told, x, _ in rows if x is not None and told.kind != "repeated"}
    unlike = {element for element in unlike if element.split()[0] not in MAY_REPEAT}
    return len({told.element for told, _, _ in rows if told.kind == "repeated"} - unlike) > len(
        unlike
    )


def folded(rows: Sequence[Told], everything: bool) -> tuple[list[Difference], Counter[str]]:
    """What is told, and how often what was folded: what is new and as long as the other, a counter that rises."""
    cards = any(
        told.element.startswith(("5A ", "57 ")) for told, _, _ in rows
    )  # of two, counters say nothing
    before = {(told.element, x) for told, x, _ in rows if x is not None}
    stood: dict[tuple[str, bytes], bytes] = {}
    found, hidden = [], Counter[str]()
    for told, x, y in rows:
        tag = told.element.partition(" ")[0]
        if everything or not follows((told, x, y)):
            found += [told] if told.kind != "repeated" else []
        elif tag in MAY_REPEAT or (tag == ATC and cards):
            hidden[told.element] += told.kind != "repeated"
        elif x is None or y is None:
            found.append(told)
        elif (told.element, y) in before or stood.setdefault((told.element, y), x) != x:
            found.append(replace(told, kind="repeated"))
        elif len(x) != len(y) or (tag == ATC and y < x):
            found.append(told)
        else:
            hidden[told.element] += 1
    return found, +hidden
