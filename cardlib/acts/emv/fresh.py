# SPDX-License-Identifier: MIT
"""What differs in every two payments, and what it means where it does not.

A number that comes again was replayed; a counter that goes back was set back.
"""

from __future__ import annotations

from ...apps.iso7816 import CHALLENGES
from ...core.model import Exchange, Node

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
# PAN and track 2: where they differ, there are two cards.
CARD_NUMBERS = ("5A", "57")


def is_fresh(exchange: Exchange, node: Node) -> bool:
    """Whether an element differs in every two transactions."""
    if node.tag:
        return node.tag in FRESH
    if node.name in LENGTHS:
        return True
    ins = exchange.command.ins if exchange.command else None
    return ins in CHALLENGES and node.name not in HEADER
