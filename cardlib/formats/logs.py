# SPDX-License-Identifier: MIT
"""Logs of programs that talk to cards, each a table of rules. See docs/formats.md."""

from __future__ import annotations

import re

from .logs_pcsc import (
    OPENSC_DEBUG,
    OPENSC_TOOL,
    PCSC_SPY_OUTPUT,
    PCSC_SPY_RAW,
    PCSCD,
    PYSCARD_OBSERVER,
    SCDAEMON,
    SCRIPTOR,
)
from .rules import rule
from .textformat import TextFormat

_DURATION = r"\((?:(?P<plus_s>\d{1,9})s)?(?:(?P<plus_ms>\d{1,9})ms)?\)"

GLOBALPLATFORM_PRO = TextFormat(
    NAME="GlobalPlatformPro",
    CLOCK="round-trip",
    PROVEN=False,
    sign=re.compile(r"A>> T=|A<< \(\d|^<< \(\d{1,6}ms\)"),
    prefix=re.compile(r"# "),
    rules=(
        rule(
            "card",
            "atr",
            r'SCardConnect\("(?P<reader>[^"]{0,200})", [^)]{0,40}\) -> T=\w{1,3}, (\w*)',
        ),
        rule(
            "reader",
            "apdu",
            r"A>> T=\w{1,3} \(4\+(?P<size>\d{4})\) "
            r"(\w{8})(?: (\w{2}|\w{6}))?(?: (?P<data>\w{2,}))?(?: (\w{2,6}))?",
        ),
        rule(
            "card", "apdu", rf"A<< \((?P<size>\d{{4}})\+2\) {_DURATION} (?P<data>\w*) ?\b(\w{{4}})"
        ),
        rule("none", "bad", r"A(?:>>|<<).*"),
        rule("reader", "apdu", r">> ([0-9A-Fa-f ]*)"),
        rule("card", "apdu", rf"<< {_DURATION} ([0-9A-Fa-f ]*)"),
    ),
)

JCSHELL = TextFormat(
    NAME="JCShell",
    CLOCK="round-trip",
    PROVEN=False,
    sign=re.compile(r"^\(\d{1,9} usec\)"),
    rules=(
        rule("card", "atr", r"ATR[=:] {0,4}([0-9A-Fa-f ]*)"),
        rule("reader", "apdu", r"=> (.*)", rows=True),
        rule("card", "apdu", r"<= (.*)", rows=True),
        rule("none", "time", r"\((?P<plus_us>\d{1,9}) usec\)"),
        rule("none", "skip", r"\w{0,8}> .*|/.*"),
    ),
)

GPSHELL = TextFormat(
    NAME="GPShell",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"^\s{0,8}Wrapped command --> "),
    rules=(
        rule("reader", "apdu", r"Wrapped command --> *(.*)"),
        rule("card", "apdu", r"Response <-- *(.*)"),
        rule(
            "none",
            "skip",
            r"(?:Command -->|Unwrapped response <--) .*|[a-z]\w{2,30}(?: -.*)?",
        ),
    ),
)

CARDPEEK_REPLAY = TextFormat(
    NAME="cardpeek replay",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"^# cardpeek trace file"),
    rules=(
        rule("card", "atr", r"R:(.*)"),
        rule("reader", "apdu", r"C:(\w*):(?P<sw1>\w\w)(?P<sw2>\w\w):(?P<answer>\w*)"),
        rule("none", "skip", r"#.*"),
        rule("none", "bad", r".+"),
    ),
)

FLIPPER_RESPONSE = TextFormat(
    NAME="Flipper APDU response",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"^Filetype: APDU Script Response"),
    rules=(
        rule("reader", "apdu", r"In: *(.*)"),
        rule("card", "apdu", r"Out: *(.*)"),
    ),
)

LOGS = (
    PCSCD,
    OPENSC_DEBUG,
    OPENSC_TOOL,
    GLOBALPLATFORM_PRO,
    PYSCARD_OBSERVER,
    SCRIPTOR,
    SCDAEMON,
    PCSC_SPY_OUTPUT,
    PCSC_SPY_RAW,
    JCSHELL,
    GPSHELL,
    CARDPEEK_REPLAY,
    FLIPPER_RESPONSE,
)
