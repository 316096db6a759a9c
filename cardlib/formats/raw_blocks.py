# SPDX-License-Identifier: MIT
"""Blocks of ISO/IEC 14443-4 that a program exchanges through a chip which sends any bytes."""

from __future__ import annotations

from ..core.block import NO_CRC, radio_block, radio_crc_fits
from ..core.facts import instruction_case
from ..core.model import ANY_CARD, FrameKind, Sender
from .rules import Unwrapped

_RATS = 0xE0  # ISO/IEC 14443-4, 5.1
_RATS_SIZES = (2, 4)  # without and with CRC
_MIN_APDU = 4


class RawBlocks:
    """Tells blocks from commands of memory cards, which go through the same chip.

    A RATS that was answered shows that blocks follow, or else a block with a known command. The
    chip adds the CRC where the frame does not hold it.
    """

    def __init__(self) -> None:
        self.is_active = False  # the card takes blocks
        self.asked = ""  # by the last command; empty: it is not known, or was answered

    def command(self, data: bytes) -> Unwrapped:
        """What goes to the card; None: it is no block."""
        if data[:1] == bytes([_RATS]) and len(data) in _RATS_SIZES:
            self.asked = "ATS"
            return None
        if not self._is_block(data):
            self.asked = "other"
            return None
        self.asked = "block"
        self.is_active = True
        return _block("reader", data)

    def answer(self, data: bytes) -> Unwrapped:
        """What comes from the card; None: it is no block."""
        asked = self.asked
        self.asked = ""
        size = len(data)
        if asked in ("ATS", "") and size > 1 and data[0] in (size, size - 2):
            self.is_active = True
            kind: FrameKind = "ats"
            return "card", kind, data
        is_block = bool(radio_block(data, radio_crc_fits(data)).kind)
        if is_block and (asked == "block" or (self.is_active and not asked)):
            return _block("card", data)
        return None

    def _is_block(self, data: bytes) -> bool:
        has_crc = radio_crc_fits(data)
        block = radio_block(data, has_crc)
        if self.is_active or block.kind != "I":
            return self.is_active and bool(block.kind)
        information = data[block.start : block.stop]
        if len(information) < _MIN_APDU:
            return False
        cla, ins = information[:2]
        return instruction_case(cla, ins, ANY_CARD, "telecom", "emv") is not None


def _block(sender: Sender, data: bytes) -> Unwrapped:
    if radio_crc_fits(data):
        return sender, "block", data
    return sender, "block", data, NO_CRC
