# SPDX-License-Identifier: MIT
"""What scsniff prints: the bytes between card and reader, as they came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from ..model import Clock, Coverage, Frame, FrameKind, Problem, Session
from .rules import TextFormat, rule

NAME = "scsniff"
CLOCK: Clock = "host"
PROVEN = True

_HEX = r" {1,4}\| ([0-9A-Fa-f ]*)"
_TABLE = TextFormat(
    NAME,
    CLOCK,
    PROVEN,
    re.compile(r"\| CARD(?:<<<|>>>) \| "),
    (
        rule("reader", "block", r"\| CARD<<<" + _HEX),
        rule("card", "block", r"\| CARD>>>" + _HEX),
        rule("none", "block", r"\| (?:CARD<\?>|NOISE\?\?)" + _HEX),
        rule("none", "skip", r"== Waiting for reset(?P<reader>).*"),
        rule("none", "event", r"== (?P<note>Switching .{0,200})"),
        rule("none", "bad", r"\| .*|.{0,300}\| (?:CARD|NOISE).*"),
    ),
    re.compile(r"\+(?P<at_s>\d{1,9}\.\d{1,9})s "),
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
