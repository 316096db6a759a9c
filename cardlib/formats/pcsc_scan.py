# SPDX-License-Identifier: MIT
"""What pcsc_scan prints: readers and the cards in them, and no exchange."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from ..core.codec import parse_hex
from ..core.model import Clock, Coverage, Frame, Problem, Session
from .card_reports import SCAN_SIGN, CardReports
from .lines import Line, LineContent, items, unreadable
from .speech import may_be_said
from .style import head_lines

NAME = "pcsc_scan output"
CLOCK: Clock = "none"
PROVEN = False

_ABOUT = "log text"
_HEAD_LINES = 2000
_READER = re.compile(r"\s{0,8}Reader \d{1,3}: (.{1,200}?)\s{0,8}$")
_ATR = re.compile(r"\s{0,8}ATR: (.*)")
_NO_CARD = re.compile(r"\s{0,8}Card state: .{0,60}(?:removed|No card)")
_DATE = re.compile(  # above each change; numbers may look like hex
    r"\s{0,8}\w{3},? .{0,30}\d{1,2}:\d\d:\d\d.{0,20}|\s{0,8}Event number: \d{1,9}"
)


def recognises(head: bytes) -> float:
    """Sure where a card or a reader is shown, and no line may be traffic."""
    texts = head_lines(head)[:_HEAD_LINES]
    if not any(map(SCAN_SIGN.match, texts)):
        return 0.0
    reports = CardReports()
    has_card = False
    for text in texts:
        if _ATR.match(text):
            has_card = True
        elif not reports.holds(text) and _may_be_traffic(text):
            return 0.0
    if has_card:
        return 0.9
    return 0.0


def _may_be_traffic(text: str) -> bool:
    if _READER.match(text) or _DATE.match(text):
        return False
    return may_be_said(text)


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """The ATR of each card, once, in a session that names its reader."""
    return items(file, coverage, _Scan().read)


class _Scan:
    """Reads line by line; knows the reader that the lines are about, and the card in each."""

    def __init__(self) -> None:
        self.reader = ""
        self.cards: dict[str, bytes] = {}  # by reader

    def read(self, line: Line, index: int) -> LineContent:
        """The ATR in a line, or what kind of line it is."""
        reader = _READER.match(line.text)
        if reader:
            self.reader = reader[1]
            return _ABOUT
        if _NO_CARD.match(line.text):
            self.cards.pop(self.reader, None)
            return _ABOUT
        atr = _ATR.match(line.text)
        if atr is None:
            return _ABOUT
        data = parse_hex(atr[1])
        if not data:
            return unreadable(line, "not an ATR in hex")
        if self.cards.get(self.reader) == data:
            return _ABOUT  # its analysis
        if len(self.cards) > _HEAD_LINES:
            self.cards.clear()
        self.cards[self.reader] = data
        meta: tuple[tuple[str, str], ...] = ()
        if self.reader:
            meta = (("reader", self.reader),)
        return [Session(0, clock=CLOCK, meta=meta), line.frame(index, "card", "atr", data)]
