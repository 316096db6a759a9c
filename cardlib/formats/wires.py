# SPDX-License-Identifier: MIT
"""Logs of what listens on the wire or in the air, or of chips between program and card.

Each is a table of rules; what a chip's frames hold is in nfc_chips and pn53x.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .nfc_chips import Nci
from .pn53x import Pn53x
from .rules import rule
from .textformat import TextFormat

_CYCLES = r"(?P<at_cycles>\d{1,10}) {0,10}\| {0,10}(?P<end_cycles>\d{1,10}) {0,4}\| {0,4}"
_MICROS = r"(?P<at_us>\d{1,10}\.\d) {0,10}\| {0,10}(?P<end_us>\d{1,10}\.\d) {0,4}\| {0,4}"
_BYTES = (
    r" {0,4}\|([^|]*)\|(?![^|]*[0-9A-Fa-f]{2} {2})[^|]*"
    r"(?:\|(?P<note>[^|]*))?(?:\|.*)?"
)

# A row as it stands in an excerpt without the header.
_LIST_ROW = re.compile(
    r"[\s\[\]+=#]{0,12}(\d{1,10}(?:\.\d)?) {0,10}\| {0,10}(\d{1,10}(?:\.\d)?) {0,4}\|"
    r" {0,4}(?:Rdr|Tag) {0,4}\|([^|]{1,200})"
)
_LIST_HEAD = re.compile(r"(?:Start|Gap) {0,4}\| {0,10}(?:End|Duration) {0,4}\| Src")
_LIST_BYTE = re.compile(r"[0-9A-Fa-f]{2}")
_CYCLES_OF_A_MICROSECOND = 13.56
_CYCLES_OF_A_BYTE = 9 * 128  # with its parity, at 106 kbit/s (ISO/IEC 14443-3, 6.2.1)
_FULL_ROW = 16
_MIN_ROWS = 4


def _shows_gaps(texts: Sequence[str]) -> bool:
    """Whether rows without a header begin with gap and duration instead of two times.

    A duration fits the number of bytes; times of beginnings grow.
    """
    starts: list[float] = []
    durations = 0
    ends = 0
    for text in texts:
        if _LIST_HEAD.search(text):
            return False
        row = _LIST_ROW.match(text)
        if row is None:
            continue
        first, second = float(row[1]), float(row[2])
        if "." in row[1]:
            first *= _CYCLES_OF_A_MICROSECOND
            second *= _CYCLES_OF_A_MICROSECOND
        starts.append(first)
        size = len(_LIST_BYTE.findall(row[3]))
        if first == 0 or size >= _FULL_ROW:
            continue  # says nothing
        expected = size * _CYCLES_OF_A_BYTE
        if abs(second - expected) < abs(second - first - expected):
            durations += 1
        else:
            ends += 1
    growing = sum(later > earlier for earlier, later in pairwise(starts))
    is_order_random = len(starts) >= _MIN_ROWS and growing * 4 < (len(starts) - 1) * 3
    return durations > ends or is_order_random


PM3_LIST = TextFormat(
    NAME="Proxmark3 list",
    CLOCK="rf",
    PROVEN=False,
    sign=re.compile(
        rf"^\s{{0,20}}(?:\[[+=#]\] ?)?\s{{0,20}}{_LIST_HEAD.pattern}|^{_LIST_ROW.pattern}"
    ),
    is_untimed=_shows_gaps,
    prefix=re.compile(r"\[[+=#]\] ?|# {0,20}"),
    row=re.compile(
        r"(?:\[[+=#]\] ?|# {0,20})?\| {0,20}\| {0,8}\|([^|]*)\|"
        r"(?![^|]*[0-9A-Fa-f]{2} {2}).*"
    ),
    marks=re.compile(r"[!'\[\]]|\(\d\)"),
    columns=False,
    width=18,
    rules=(
        rule("reader", "rf", rf"{_CYCLES}Rdr{_BYTES}", rows=True),
        rule("card", "rf", rf"{_CYCLES}Tag{_BYTES}", rows=True),
        rule("reader", "rf", rf"{_MICROS}Rdr{_BYTES}", rows=True),
        rule("card", "rf", rf"{_MICROS}Tag{_BYTES}", rows=True),
        rule("none", "time", r"Gap {0,4}\| {0,10}Duration(?P<untimed>).*"),
        rule(
            "none",
            "skip",
            r"(?:.{0,30}\|  ?\*  ?|.{0,40}Frame Delay Time).*|-{5,20}[|+].*|[+=] .*",
        ),
        rule("none", "bad", r"[\d.]{1,12} {0,12}\|.*"),
    ),
)

# A frame in brackets, behind its size. With parity, the size counts other bytes: not compared.
_SIZE = r" {1,30}\((?P<size>\d{1,6}) {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*"
_SIZE_WITH_PARITY = r" {1,30}\(\d{1,6} {1,6}bytes\) \[([0-9A-Fa-f]*) *\].*"
_SIZE_AND_TIME = (
    r" \[(?P<size>\d{1,6}) bytes\] \(\+(?P<plus_ms>\d{1,9}) *ms\) \[([0-9A-Fa-f ]*)\].*"
)

CHAMELEON = TextFormat(
    NAME="Chameleon log",
    CLOCK="host",
    PROVEN=False,
    sign=re.compile(r" ms>:CODEC [RT]X |CODEC [RT]X DATA: |LOG_INFO_CODEC_[RT]X_DATA"),
    prefix=re.compile(
        r"(?P<at_ms>\d{1,12}) ms <.{1,12} ms>:|\[\d{1,12}\] |\d{1,9} -- LOG_INFO_CODEC_"
    ),
    rules=(
        rule("reader", "rf", rf"CODEC RX(?: SNI READER)?{_SIZE}"),
        rule("card", "rf", rf"CODEC (?:TX|RX SNI CARD){_SIZE}"),
        rule("reader", "rf", rf"CODEC RX (?:SNI READER )?W/PARITY{_SIZE_WITH_PARITY}"),
        rule("card", "rf", rf"CODEC (?:TX|RX SNI CARD) W/PARITY{_SIZE_WITH_PARITY}"),
        rule("reader", "rf", r"CODEC RX DATA: (.*)"),
        rule("card", "rf", r"CODEC TX DATA: (.*)"),
        rule("reader", "rf", rf"RX_DATA{_SIZE_AND_TIME}"),
        rule("card", "rf", rf"TX_DATA{_SIZE_AND_TIME}"),
        rule("none", "bad", r"CODEC .*|[RT]X_DATA.*"),
    ),
)

LIBNFC = TextFormat(
    NAME="libnfc log",
    CLOCK="none",
    PROVEN=False,
    sign=re.compile(r"libnfc\.\S{1,30}\s{1,8}[TR]X: "),
    prefix=re.compile(r"(?:debug|info|error)\s{1,8}libnfc\.\S{1,30}\s{1,8}"),
    unwrap=Pn53x,
    rules=(
        rule("reader", "block", r"TX: (.*)"),
        rule("card", "block", r"RX: (.*)"),
    ),
)

NCI = TextFormat(
    NAME="Android NCI log",
    CLOCK="host",
    PROVEN=False,
    sign=re.compile(r"NxpNci[XR] {0,4}: len ="),
    prefix=re.compile(
        r"(?:\d\d-\d\d )?"
        r"(?:(?P<at_clock>\d\d:\d\d:\d\d\.\d{3})"
        r"(?: {1,8}(?P<who>\d{1,10}) {1,8}\d{1,10})?.{0,40}?)?"
        r"(?=NxpNci)"
    ),
    unwrap=Nci,
    rules=(
        rule("reader", "block", r"NxpNciX {0,4}: len = {0,6}(?P<size>\d{1,4}) > (\w*)"),
        rule("card", "block", r"NxpNciR {0,4}: len = {0,6}(?P<size>\d{1,4}) > (\w*)"),
        rule("none", "bad", r"NxpNci[XR].*"),
    ),
)

WIRES = (PM3_LIST, CHAMELEON, LIBNFC, NCI)
