# SPDX-License-Identifier: MIT
"""Logs of the bytes on the contacts of a card: which of them are the ATR and a PPS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, FrameKind, Session, record
from .lines import Item
from .textformat import TextFormat

_PPSS = b"\xff"  # ISO/IEC 7816-3, 9.2
_ATR_TS = (b"\x3b", b"\x3f")  # ISO/IEC 7816-3, 8.1


@record
class Contact:
    """A format whose lines are read by a table, and hold pieces of what goes over the contacts."""

    table: TextFormat

    @property
    def NAME(self) -> str:
        """The name of the format."""
        return self.table.NAME

    @property
    def CLOCK(self) -> Clock:
        """Whose times it has."""
        return self.table.CLOCK

    @property
    def PROVEN(self) -> bool:
        """Whether a file that the real program wrote was read."""
        return self.table.PROVEN

    def recognises(self, head: bytes) -> float:
        """As the table."""
        return self.table.recognises(head)

    def frames(self, file: BinaryIO, coverage: Coverage) -> Iterator[Item]:
        """The frames of the table, by what they are."""
        return named(self.table.frames(file, coverage))


def named(items: Iterable[Item]) -> Iterator[Item]:
    """What the card sends first, and after a reset, is its ATR; what begins with FF next is PPS."""
    expected: FrameKind = "atr"
    for item in items:
        if isinstance(item, Session):
            expected = "atr"
        elif isinstance(item, Frame) and item.kind == "block":
            if expected == "atr" and item.sender == "card" and item.data[:1] in _ATR_TS:
                item = replace(item, kind="atr")
                expected = "pps"
            elif expected != "block":  # a PPS may come even where the ATR is missing
                expected = _pps_or_block(item)
                item = replace(item, kind=expected)
        yield item


def _pps_or_block(frame: Frame) -> FrameKind:
    if frame.data[:1] == _PPSS:
        return "pps"
    return "block"
