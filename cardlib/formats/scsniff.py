# SPDX-License-Identifier: MIT
"""What scsniff prints: the bytes between card and reader, as they came."""

from __future__ import annotations

import re

from .contact import named
from .rules import rule
from .textformat import TextFormat

SCSNIFF = TextFormat(
    NAME="scsniff",
    CLOCK="host",
    PROVEN=True,
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
    finish=named,
)
