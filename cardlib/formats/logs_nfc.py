# SPDX-License-Identifier: MIT
"""Logs of programs that drive an NFC chip themselves, each a table of rules. See docs/formats.md."""

from __future__ import annotations

import re

from .logs_pcsc import DATE_AND_TIME
from .pn53x import HostFrames
from .rules import rule
from .textformat import TextFormat

_TRANSPORT = r"nfc\.clf\.transport\b[^<>]{0,40}?"
_TAG = r"nfc\.tag\.tt4\b[^<>]{0,40}?"

NFCPY = TextFormat(
    NAME="nfcpy log",
    CLOCK="host",
    PROVEN=False,
    sign=re.compile(
        r"\bnfc\.clf\.transport\b[^<>]{0,40}(?:>>>|<<<) 0000[0-9a-f]{2}"
        r"|\bnfc\.tag\.tt4\b[^<>]{0,40}(?:>>|<<) [0-9a-f]{4}"
    ),
    prefix=re.compile(  # what Python's logging is told to write in front
        rf"(?:(?P<at_ms>\d{{1,12}}) ms |\W?(?P<at_clock>{DATE_AND_TIME})\b)?"
        r".{0,120}?(?=\bnfc\.(?:clf\.transport|tag\.tt4)\b)"
    ),
    unwrap=HostFrames,
    rules=(  # the program logs APDUs, or the frames that hold them, or both
        rule("card", "ats", rf"{_TAG}rcvd RATS response: ([0-9a-f]+)", level=1),
        rule("reader", "apdu", rf"{_TAG}>> ([0-9a-f]+)", level=1),
        rule("card", "apdu", rf"{_TAG}<< ([0-9a-f]+)", level=1),
        rule("reader", "block", rf"{_TRANSPORT}>>> ([0-9a-f]+)", level=2),
        rule("card", "block", rf"{_TRANSPORT}<<< ([0-9a-f]+)", level=2),
        rule("none", "bad", rf"(?:{_TAG}|{_TRANSPORT})[<>].*"),
    ),
)

ANTICOLLISION = TextFormat(
    NAME="libnfc anticollision",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"^\s{0,60}(?:Sent|Received) bits: {1,8}[0-9a-fA-F]{2}"),
    rules=(
        rule("reader", "rf", r"Sent bits: {1,8}([0-9a-fA-F][0-9a-fA-F ]*)(?:\(\d bits\))?"),
        rule("card", "rf", r"Received bits: {1,8}([0-9a-fA-F][0-9a-fA-F ]*)(?:\(\d bits\))?"),
        rule("none", "bad", r"(?:Sent|Received) bits:.*"),
        rule("none", "skip", r"(?:UID|ATQA|SAK|ATS):.*"),  # the same again
    ),
)

NFC = (NFCPY, ANTICOLLISION)
