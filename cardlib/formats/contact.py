# SPDX-License-Identifier: MIT
"""Logs of the bytes on the contacts of a card: which of them are the ATR and a PPS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..core.model import Frame, FrameKind, Session
from .lines import Item

_PPSS = b"\xff"  # ISO/IEC 7816-3, 9.2
_ATR_TS = (b"\x3b", b"\x3f")  # ISO/IEC 7816-3, 8.1


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
