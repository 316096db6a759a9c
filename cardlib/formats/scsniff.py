# SPDX-License-Identifier: MIT
"""What scsniff prints: the bytes between card and reader, as they came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, FrameKind, Problem, Session
from .rules import rule
from .textformat import TextFormat

NAME = "scsniff"
CLOCK: Clock = "host"
PROVEN = True

_TABLE = TextFormat(
    NAME=NAME,
    CLOCK=CLOCK,
    PROVEN=PROVEN,
    sign=re.compile(r"\| CARD(?:<<<|>>>) \| "),
    prefix=re.compile(r"\+(?P<at_s>\d{1,9}\.\d{1,9})s "),
    rules=(
        rule("reader", "block", r"\| CARD<<< {1,4}\| ([0-9A-Fa-f ]*)"),
        rule("card", "block", r"\| CARD>>> {1,4}\| ([0-9A-Fa-f ]*)"),
        rule("none", "block", r"\| (?:CARD<\?>|NOISE\?\?) {1,4}\| ([0-9A-Fa-f ]*)"),
        rule("none", "skip", r"== Waiting for reset(?P<reader>).*"),
        rule("none", "event", r"== (?P<note>Switching .{0,200})"),
        rule("none", "bad", r"\| .*|.{0,300}\| (?:CARD|NOISE).*"),
    ),
)
recognises = _TABLE.recognises

_PPSS = b"\xff"  # ISO/IEC 7816-3, 9.2
_ATR_TS = (b"\x3b", b"\x3f")  # ISO/IEC 7816-3, 8.1


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """What the card sends first, and after a reset, is its ATR; what begins with FF next is PPS."""
    expected: FrameKind = "atr"
    for item in _TABLE.frames(file, coverage):
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
