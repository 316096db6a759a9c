# SPDX-License-Identifier: MIT
"""A card that cannot be authenticated offline, and a payment of 9.80 that is approved offline all the same."""

from __future__ import annotations

from contact_card import CDOL1, Card
from tape import Tape

SEED = 4
PAN = "4761340000000050"
ATR = "3BE500FF8131FE45" + b"NOODA".hex() + "5A"
CVM = "1E03" + "1F03"  # signature, else none
ACTIONS = ("7040640800", "0010000000", "7040649800")  # bit 8 of byte 1 is missing: "not authenticated" changes nothing


def make() -> Tape:
    """The session."""
    tape = Tape("no_oda", SEED, "T=1", ATR)
    card = Card(tape, PAN, "1800", "0007", {"9F02": "000000000980", "9F37": "0B6E42F9"})
    card.select()
    card.start("08010100" + "10010200")
    card.record(1, 1, card.holder())
    card.record(2, 1, card.static(CVM, ACTIONS))
    card.record(2, 2, card.lists())
    card.generate("40", CDOL1, "40", "900000", {"95": "8000000000", "9F34": "1E0300"})
    return tape
