# SPDX-License-Identifier: MIT
"""What happens to a passport at the border: it is read whole."""

from __future__ import annotations

import spellings

from traces.makers.eac import ModernInspection, ModernPassport, private, public
from traces.makers.passport import COM, SOD, Inspection, Passport, Transmit
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


DG1, DG2, DG14, DG15 = 0x0101, 0x0102, 0x010E, 0x010F
NOT_SUPPORTED = bytes.fromhex("6A80")


class Border:
    """A border control with PACE, on one tape."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.seed = seed
        self.tape = Tape(name, seed, "contactless")

    def meet(self, card: Transmit) -> ModernInspection:
        """The document is laid on the reader, and says which protocols it has."""
        self.tape.power_on(ATR)
        inspection = ModernInspection(self.tape.over(card), self.seed + 1000)
        inspection.access()
        return inspection

    def written(self) -> bytes:
        return spellings.card(self.tape, self.name)


def _opened(border: Border, card: Transmit) -> ModernInspection:
    inspection = border.meet(card)
    inspection.pace()
    inspection.select()
    return inspection


def _read_all(inspection: ModernInspection, *files: int) -> None:
    for file in files:
        inspection.read(file)


def passport_pace() -> bytes:
    """PACE, both proofs of the chip, and the data."""
    border = Border("passport_pace", 42)
    inspection = _opened(border, ModernPassport(42).answer)
    _read_all(inspection, COM, SOD, DG14)
    inspection.authenticate_chip(public(private("passport chip, agreement")))
    _read_all(inspection, DG15)
    inspection.challenge()
    _read_all(inspection, DG1, DG2)
    return border.written()


def copied() -> bytes:
    """The data of a passport on another chip: its signature is right, its answer is not."""
    border = Border("attack_passport_copy", 43)
    inspection = _opened(border, ModernPassport(43, owner="another chip").answer)
    _read_all(inspection, COM, SOD, DG15)
    inspection.challenge()
    _read_all(inspection, DG1, DG2)
    return border.written()


def _without_pace(card: Transmit) -> Transmit:
    """A man in the middle who refuses PACE, so that the terminal takes what it can break into."""

    def transmit(command: bytes) -> bytes:
        if command[:4] == bytes.fromhex("0022C1A4"):
            return NOT_SUPPORTED
        return card(command)

    return transmit


def downgraded() -> bytes:
    """The terminal falls back to basic access control, although the chip has PACE."""
    border = Border("attack_passport_downgrade", 44)
    inspection = border.meet(_without_pace(ModernPassport(44).answer))
    if not inspection.pace():
        inspection.begin()
    _read_all(inspection, COM, SOD, DG15)
    inspection.challenge()
    _read_all(inspection, DG1)
    return border.written()


def fixed_nonce() -> bytes:
    """The same nonce twice: two visits to the border."""
    border = Border("attack_passport_nonce", 45)
    chip = ModernPassport(45, fixed_nonce=bytes.fromhex("3F00C4D39D153F2B2A214A078D899B22"))
    for _ in range(2):
        inspection = _opened(border, chip.answer)
        _read_all(inspection, COM, DG1)
    return border.written()


def not_asked() -> bytes:
    """The data are read and the chip is believed."""
    border = Border("passport_not_asked", 46)
    inspection = _opened(border, ModernPassport(46).answer)
    _read_all(inspection, COM, SOD, DG1, DG2)
    return border.written()


MAKERS = {
    "passport_read.card.jsonl": passport_read,
    "passport_pace.card.jsonl": passport_pace,
    "attack_passport_copy.card.jsonl": copied,
    "attack_passport_downgrade.card.jsonl": downgraded,
    "attack_passport_nonce.card.jsonl": fixed_nonce,
    "passport_not_asked.card.jsonl": not_asked,
}
