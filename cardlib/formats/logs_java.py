# SPDX-License-Identifier: MIT
"""Logs of libraries for programs in Java and Dart, each a table of rules. See docs/formats.md."""

from __future__ import annotations

import re

from .logs_pcsc import DATE_AND_TIME
from .rules import rule
from .textformat import TextFormat

# javax.smartcardio: toString says how many bytes there are, of an answer the status word too.
# The JDK writes Commmand with three m.
JAVA_SMARTCARDIO = TextFormat(
    NAME="javax.smartcardio",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"ResponseAPDU: \d{1,6} bytes, SW=|Comm{1,2}andAPDU: \d{1,6} bytes, nc="),
    prefix=re.compile(r".{0,120}?(?=Comm{1,2}andAPDU: |ResponseAPDU: )"),
    rules=(
        rule(
            "reader",
            "apdu",
            r"Comm{1,2}andAPDU: (?P<note>\d{1,6} bytes, nc=\d{1,6}, ne=\d{1,6})",
        ),
        rule("reader", "apdu", r"Comm{1,2}andAPDU: ((?:[0-9A-Fa-f]{2}[ :]?)+)"),
        rule(
            "card",
            "apdu",
            r"ResponseAPDU: (?P<whole>\d{1,6}) bytes, SW=(?P<sw1>[0-9A-Fa-f]{2})"
            r"(?P<sw2>[0-9A-Fa-f]{2})",
        ),
        rule("card", "apdu", r"ResponseAPDU: ((?:[0-9A-Fa-f]{2}[ :]?)+)"),
        rule("none", "bad", r"(?:Comm{1,2}and|Response)APDU: .*"),
    ),
)

DMRTD = TextFormat(
    NAME="dmrtd log",
    CLOCK="host",
    PROVEN=False,
    sign=re.compile(r"Sending \d{1,6} byte\(s\) to ICC: data="),
    prefix=re.compile(
        r".{0,60}?\bicc [A-Z]{3,8}: "
        rf"(?:(?P<at_clock>{DATE_AND_TIME}): ?)?"
    ),
    row=re.compile(r"(?:.{0,60}?\bicc [A-Z]{3,8}: .{0,40}?)?data='([0-9a-fA-F]*)'"),
    columns=False,
    rules=(
        rule(
            "reader",
            "apdu",
            r"Sending (?P<size>\d{1,6}) byte\(s\) to ICC: data='(?P<data>[0-9a-fA-F]*)'",
        ),
        rule("card", "apdu", r"Received (?P<size>\d{1,6}) byte\(s\) from ICC", rows=True),
        # What stands behind this was opened by the keys of secure messaging: no traffic.
        rule("none", "skip", r"Received response from ICC: .*|data=(?!').*"),
        rule("none", "bad", r"(?:Sending|Received) .{0,12} byte.*"),
    ),
)

JAVA = (JAVA_SMARTCARDIO, DMRTD)
