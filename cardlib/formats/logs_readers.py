# SPDX-License-Identifier: MIT
"""Logs of programs that people read cards with, each a table of rules. See docs/formats.md."""

from __future__ import annotations

import re

from .logs_pcsc import DATE_AND_TIME
from .rules import rule
from .textformat import TextFormat

_LOGGER = r".{0,100}?"  # what another program wrote in front

GOLDEN_READER = TextFormat(
    NAME="Golden Reader Tool log",
    CLOCK="host",
    PROVEN=False,
    sign=re.compile(r"APDU: (?:Request|Response)\s{0,8}$"),
    prefix=re.compile(  # the time since the start is left aside: a clock with a date follows
        rf"{_LOGGER}\d{{2}}:\d{{2}}:\d{{2}}\.\d{{3}} {{1,8}}[A-Z]{{3,10}} {{1,8}}"
        r"(?P<who>P\d{1,10} T\d{1,10}) "
        rf"(?P<at_clock>{DATE_AND_TIME}): "
    ),
    sticky=True,
    rules=(
        rule("reader", "apdu", r"APDU: Request", rows=True),
        rule("card", "apdu", r"APDU: Response", rows=True),
        rule("none", "bad", r"APDU: (?:Request|Response).+"),
    ),
)

_APPLET = r" {1,20}[A-Za-z][\w.-]{0,20}(?: [\w.-]{1,20}){0,3} "

KEYROOST = TextFormat(
    NAME="keyroost trace",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(rf"^.{{0,100}}?(?:>{_APPLET}>> |<{_APPLET}<< )[0-9A-F]{{2}}(?: |$)"),
    prefix=re.compile(rf"{_LOGGER}(?=>{_APPLET}>> |<{_APPLET}<< )"),
    rules=(
        rule(
            "reader",
            "apdu",
            rf">{_APPLET}>> ((?:[0-9A-F]{{2}} ?)+)(?P<cut>\[\d{{1,9}} data bytes redacted\])?",
        ),
        rule(
            "card",
            "apdu",
            rf"<{_APPLET}<< (?P<cut>\[\d{{1,9}} data bytes redacted\] )((?:[0-9A-F]{{2}} ?){{2}})",
        ),
        rule("card", "apdu", rf"<{_APPLET}<< ((?:[0-9A-F]{{2}} ?)+)"),
        rule("none", "skip", rf"<{_APPLET}<< SW = .*"),  # the answer above has it
        rule("none", "skip", rf">{_APPLET}>> (?=[^0-9A-F]|[0-9A-F][^0-9A-F]).*"),  # its name
        rule("none", "bad", rf"[<>]{_APPLET}[<>]{{2}} .*"),
    ),
)

_LEFT_OUT = r"(?P<cut>\(\.{3}\))"  # behind the first 16 bytes

CARDPEEK_LOG = TextFormat(
    NAME="cardpeek log",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"\b(?:INFO|DEBUG) {1,8}(?:send|[Rr]ecv): [0-9A-F]{4}"),
    prefix=re.compile(
        rf"{_LOGGER}\b(?:INFO|DEBUG|WARNING|ERROR) {{1,8}}"
        r"(?=send: |[Rr]ecv: |ATR is|Attempt|Reconn)"
    ),
    rules=(
        rule("none", "skip", r"(?:Attempting to connect to '(?P<reader>[^']{0,200})')"),
        rule("none", "skip", r"Reconnected reader(?P<reader>)"),
        rule("card", "atr", r"ATR is (?P<size>\d{1,3}) bytes: ([0-9A-F]*)"),
        rule("reader", "apdu", rf"send: ([0-9A-F]*){_LEFT_OUT}?(?: \[[^\]]{{0,20}}\])?"),
        rule(  # the status word comes first
            "card",
            "apdu",
            r"[Rr]ecv: (?P<sw1>[0-9A-F]{2})(?P<sw2>[0-9A-F]{2}) ([0-9A-F]*)"
            rf"{_LEFT_OUT}?(?: \[.{{0,200}})?",
        ),
        rule("none", "bad", r"(?:send|[Rr]ecv|ATR is \d{1,3} bytes):.*"),
    ),
)

PM3_APDU = TextFormat(
    NAME="Proxmark3 APDU log",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"^.{0,100}?(?:\[[+=]\] ?[<>]{3,4} ?[0-9A-Fa-f]{2}|>>>>\[sel)"),
    prefix=re.compile(
        rf"{_LOGGER}(?:\[[+=#!?-]\] ?(?=[<>]{{3,4}} ?|\( ?select)|"
        r"(?=>>>>\[sel|<<<< |APDU response))|# {0,20}"
    ),
    rules=(
        rule("none", "skip", r"(?:\[\w{1,10}\] )?(?:pm3|proxmark3) ?-{0,2}>.*"),  # what was typed
        rule("none", "skip", r"\( ?select(?P<reader>)[, a-zA-Z]{0,20}\)"),
        rule("none", "skip", r"<{3,4} status: .*|APDU response: .*"),
        rule(  # the field is switched on: another session
            "reader", "apdu", r">{3,4} ?\[sel(?P<reader>)[^\]]{0,20}\] ?([0-9A-Fa-f ]+)"
        ),
        rule("reader", "apdu", r">{3,4} ?(?:\[[^\]]{0,20}\] ?)?([0-9A-Fa-f ]+)"),
        rule("card", "apdu", r"<{3,4} ?([0-9A-Fa-f ]+)(?:\|.*)?"),
        rule("none", "bad", r"(?:>{3,4}|<{3,4}).*"),
    ),
)

FLIPPER_CLI = TextFormat(
    NAME="Flipper CLI",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"\b(?:Sending APDU: ?[0-9A-Fa-f]{2}|Detected tag: Iso1)"),
    prefix=re.compile(rf"{_LOGGER}(?=\b(?:Sending APDU|Response|[TR]x|Detected tag): ?)"),
    rules=(
        rule("none", "skip", r"\S{0,12}>: .*"),  # what was typed
        rule("none", "event", r"(?P<note>detecting tag(?P<reader>))"),
        rule("none", "event", r"(?P<note>Detected tag: (?P<reader>)\w{1,30})"),
        rule("reader", "apdu", r"Sending APDU: ?([0-9A-Fa-f]+) ?to Tag"),
        rule("card", "apdu", r"Response: ?([0-9A-Fa-f ]+)"),
        rule("reader", "apdu", r"Tx: ([0-9A-Fa-f ]+)"),
        rule("card", "apdu", r"Rx: ([0-9A-Fa-f ]+)"),
        rule("none", "event", r"(?P<note>No response|Error: \".{0,60})"),
        rule("none", "bad", r"(?:Sending APDU|Response|[TR]x):.*"),
    ),
)

COMMUNICATOR = TextFormat(
    NAME="ntag424-java log",
    CLOCK="host",
    PROVEN=False,
    sign=re.compile(r"\bBytes(?:Sending|Received): [0-9A-Fa-f]{4}"),
    prefix=re.compile(
        rf"(?:\d\d-\d\d )?(?:(?P<at_clock>{DATE_AND_TIME})\b)?.{{0,200}}?"
        r"(?=\b(?:Bytes(?:Sending|Received)|Decrypted data|Data before encryption): ?)"
    ),
    rules=(
        rule("reader", "apdu", r"BytesSending: ?([0-9A-Fa-f][0-9A-Fa-f ]*)"),
        rule("card", "apdu", r"BytesReceived: ?([0-9A-Fa-f][0-9A-Fa-f ]*)"),
        rule("none", "skip", r"(?:Decrypted data|Data before encryption):.*"),
        rule("none", "bad", r"Bytes(?:Sending|Received):.*"),
    ),
)

READERS = (
    GOLDEN_READER,
    KEYROOST,
    CARDPEEK_LOG,
    PM3_APDU,
    FLIPPER_CLI,
    COMMUNICATOR,
)
