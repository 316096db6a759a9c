# SPDX-License-Identifier: MIT
"""What scsniff prints: the bytes between card and reader, as they came."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from ..core.model import Clock, Coverage, Frame, Problem, Session
from .contact import named
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


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """The pieces that its lines hold, by what they are."""
    return named(_TABLE.frames(file, coverage))
