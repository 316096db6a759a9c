# SPDX-License-Identifier: MIT
"""Two wrong PINs, then the cardholder gives up: the terminal asks the card to decline, and it does."""

from __future__ import annotations

from contact_card import ATR, CDOL1, Card
from contact_purchase import AFL, PAN
from tape import Tape, tlv

SEED = 2
CVM = "0103"  # PIN in clear, and nothing else
ACTIONS = ("F040640800", "0010880000", "F040649800")  # to be denied: verification failed, or PIN not entered


def make() -> Tape:
    """The session."""
    tape = Tape("contact_wrong_pin", SEED, "T=0", ATR)
    card = Card(tape, PAN, "3C00", "0013", {"9F02": "000000012900", "9F37": "91D4B3C8"})
    card.select()
    card.start(AFL)
    card.all_records(CVM, ACTIONS)
    tape.ask("80CA9F17", answer=tlv("9F17", "03"))
    card.verify("2580", 0x63C2)
    card.verify("1470", 0x63C1)
    tape.pause(6000)
    card.generate("00", CDOL1, "00", "860002", {"95": "0000888000", "9F34": "010301"})
    return tape
