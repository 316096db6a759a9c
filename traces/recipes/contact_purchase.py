# SPDX-License-Identifier: MIT
"""A purchase with the card in the slot: DDA, PIN in clear, asked online, approved."""

from __future__ import annotations

from contact_card import ATR, CDOL1, CDOL2, Card
from tape import Tape, tlv

SEED = 1
PAN = "4761739001010119"
AFL = "08010100" + "10010201" + "18010300"
CVM = "4103" + "4203" + "1E03" + "1F03"  # PIN in clear, else PIN online, else signature, else none
ACTIONS = ("F040640800", "0010000000", "F040649800")


def make() -> Tape:
    """The session."""
    tape = Tape("contact_purchase", SEED, "T=0", ATR)
    card = Card(tape, PAN, "3C00", "0012", {})
    card.select()
    card.start(AFL)
    card.all_records(CVM, ACTIONS)
    tape.ask("80CA9F17", answer=tlv("9F17", "03"))
    card.verify("1234")
    checks = {"95": "0000008000", "9F34": "410302"}
    cryptogram = card.generate("80", CDOL1, "80", "A40002", checks)
    card.issuer_answers(cryptogram, b"00")
    card.generate("40", CDOL2, "40", "640002", checks | {"8A": "3030", "9B": "F800"})
    return tape
