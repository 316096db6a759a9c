# SPDX-License-Identifier: MIT
"""What scsniff prints: the bytes between card and reader, as they came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, FrameKind, Problem, Session
from .described import described

NAME = "scsniff"
CLOCK: Clock = "host"
PROVEN = True

[_TABLE] = described(
    r"""
format scsniff, host, proven
sign \| CARD(?:<<<|>>>) \|[ ]
prefix \+(?P<at_s>\d{1,9}\.\d{1,9})s[ ]
reader block \| CARD<<< {1,4}\| ([0-9A-Fa-f ]*)
card block \| CARD>>> {1,4}\| ([0-9A-Fa-f ]*)
none block \| (?:CARD<\?>|NOISE\?\?) {1,4}\| ([0-9A-Fa-f ]*)
none skip == Waiting for reset(?P<reader>).*
none event == (?P<note>Switching .{0,200})
none bad \| .*|.{0,300}\| (?:CARD|NOISE).*
"""
)
recognises = _TABLE.recognises


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """What the card sends first, and after a reset, is its ATR; what begins with FF next is PPS, ATR or not."""
    due: FrameKind = "atr"
    for item in _TABLE.frames(file, coverage):
        if isinstance(item, Session):
            due = "atr"
        elif isinstance(item, Frame) and item.kind == "block":
            if due == "atr" and item.sender == "card" and item.data[:1] in (b"\x3b", b"\x3f"):
                item, due = replace(item, kind="atr"), "pps"
            elif due != "block":
                due = "pps" if item.data[:1] == b"\xff" else "block"
                item = replace(item, kind=due)
        yield item
