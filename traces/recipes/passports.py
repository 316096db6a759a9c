# SPDX-License-Identifier: MIT
"""What happens to a passport at the border: it is read whole."""

from __future__ import annotations

import spellings

from traces.makers.passport import COM, SOD, Inspection, Passport
from traces.makers.times import Tape

ATR = bytes.fromhex("3B80800101")
GROUPS = (0x0101, 0x010B, 0x010F, 0x0102)


def _read(name: str, passport: Passport, seed: int) -> bytes:
    """A border control: EF.COM, EF.SOD, the data groups, and a challenge."""
    tape = Tape(name, seed, "contactless")
    tape.power_on(ATR)
    inspection = Inspection(tape.over(passport.answer), seed + 1000)
    inspection.begin()
    for file in (COM, SOD, *GROUPS[:3]):
        inspection.read(file)
    inspection.challenge()
    inspection.read(GROUPS[3])
    return spellings.card(tape, name)


def passport_read() -> bytes:
    """A passport that is what it says."""
    return _read("passport_read", Passport(41), 41)


MAKERS = {"passport_read.card.jsonl": passport_read}
