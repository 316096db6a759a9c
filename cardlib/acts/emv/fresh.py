# SPDX-License-Identifier: MIT
"""What differs in every two payments, and what it means where it does not.

A number that comes again was replayed; a counter that goes back was set back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...apps.iso7816 import CHALLENGES
from ...core.model import Difference, Exchange, Node

# A difference with both values of an element that should differ, else None.
Told = tuple[Difference, bytes | None, bytes | None]
# Unpredictable numbers, counters, cryptograms and signatures over them, dates and times, entropy.
_FRESH = """
9F37 9F36 9F26 9F4B 9F4C 9F6A 9F60 9F61 9F41 91 9A 9F21 DF8301 DF8302 DF8303 DF8304 DF8305
"""
FRESH = frozenset(_FRESH.split())
ATC = "9F36"
# They follow from what they count.
LENGTHS = ("Lc", "Le")
# A day, times, a counter of the terminal, times of relay resistance.
MAY_REPEAT = ("9A", "9F21", "9F41", "DF8303", "DF8304", "DF8305", *LENGTHS)
HEADER = ("CLA", "INS", "P1", "P2", "SW")
CARD_NUMBERS = ("5A ", "57 ")


def is_fresh(exchange: Exchange, node: Node) -> bool:
    """Whether an element differs in every two transactions."""
    if node.tag:
        return node.tag in FRESH
    if node.name in LENGTHS:
        return True
    ins = exchange.command.ins if exchange.command else None
    return ins in CHALLENGES and node.name not in HEADER


def follows(row: Told) -> bool:
    """Whether an element changes with all the rest, as a cryptogram does.

    It is shown behind what it follows from.
    """
    _, a, b = row
    return a is not None or b is not None


def is_one_run(rows: Sequence[Told]) -> bool:
    """Whether more of the elements that must differ between two runs are equal than differ."""
    changed = set()
    repeated = set()
    for difference, a, _ in rows:
        if difference.kind == "repeated":
            repeated.add(difference.element)
        elif a is not None and _tag(difference) not in MAY_REPEAT:
            changed.add(difference.element)
    return len(repeated - changed) > len(changed)


def _tag(difference: Difference) -> str:
    """The tag or name of an element, without its place."""
    return difference.element.partition(" ")[0]


def _is_card_number(row: Told) -> bool:
    difference, _, _ = row
    return difference.element.startswith(CARD_NUMBERS)


def folded(rows: Sequence[Told], everything: bool) -> tuple[list[Difference], Counter[str]]:
    """The differences to show, and how often each element was folded away.

    Folded is what is new and as long as the other, and a counter that rises.
    """
    # Of two cards, counters say nothing.
    is_two_cards = any(map(_is_card_number, rows))
    seen_in_a = {(difference.element, a) for difference, a, _ in rows if a is not None}
    partners: dict[tuple[str, bytes], bytes] = {}
    shown: list[Difference] = []
    hidden = Counter[str]()
    for difference, a, b in rows:
        element = difference.element
        tag = _tag(difference)
        is_counter = tag == ATC
        is_repeated = difference.kind == "repeated"
        if everything or not follows((difference, a, b)):
            if not is_repeated:
                shown.append(difference)
        elif tag in MAY_REPEAT or (is_counter and is_two_cards):
            hidden[element] += int(not is_repeated)
        elif a is None or b is None:
            shown.append(difference)
        elif (element, b) in seen_in_a or partners.setdefault((element, b), a) != a:
            # A value of b that stood in a before, or beside another value of a.
            shown.append(replace(difference, kind="repeated"))
        elif len(a) != len(b) or (is_counter and b < a):
            shown.append(difference)
        else:
            hidden[element] += 1
    # Without the elements that were counted zero times.
    return shown, +hidden
