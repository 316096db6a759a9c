# SPDX-License-Identifier: MIT
"""Generic hex text: a mark of direction and hex on each line, or bare lines that alternate. No times.

The marks are those that people use in issue threads, blogs and tools; docs/formats.md lists them with examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from ..apdu import legal_status, parse_command
from ..dictionary import instruction_case
from ..model import Clock, Coverage, Frame, Problem, Sender, Session
from .lines import Found, Line, carries_hex, head_lines, hex_of, items, unreadable

NAME = "hex pairs"
CLOCK: Clock = "none"
PROVEN = True

_READER = (
    "c-?apdu|capdu|apdu|sending|send|sent|command|cmd|request|req|transmit|tx|in|out->|to card|"
    "发送|命令|senden|befehl|kommando|c"
)
_CARD = (
    "r-?apdu|rapdu|received|receive|recv|response|resp|reply|answer|result|rx|out|from card|sw|"
    "接收|返回|响应|应答|empfangen|antwort|r"
)
_MARKS = (
    re.compile(r"\s{0,8}(?:(=+>|-+>|>{1,4})|(<=+|<-+|<{1,4}))\s*:?\s*(.*)"),
    re.compile(rf"\s{{0,8}}\[(?:({_READER})|({_CARD}))\]\s*(.*)", re.I),
    re.compile(rf"[\s\[(*-]{{0,8}}(?:({_READER})|({_CARD}))[\])]?\s{{0,8}}(?:[=-]+>|<[=-]+|[:：=])\s*(.*)", re.I),
    re.compile(r"\s{0,8}(?:(command)|(response)) ((?:[0-9A-F]{2} ?)+)$", re.I),
    re.compile(r"\s{0,8}(?:(发送|命令)|(接收|返回|响应|应答))\s*(.*)"),
)
_ATR = re.compile(r"\s{0,8}(?:card\s)?atr\s{0,8}[:=]?\s*(.*)", re.I)
_STAMP = re.compile(r"\s{0,8}\[?(?:\d{4}-\d\d-\d\d[T ])?\d{1,2}:\d\d:\d\d(?:[.,:]\d{1,9})?\]?\s+")
_TAG = re.compile(r"\s{0,8}(?:\[(?:TTL|\+)\]|transceive(?:\(\d\))?)\s")
_STATUS_FIRST = re.compile(r"([69][0-9A-Fa-f]{3}): ?([0-9A-Fa-f ]*)$")  # as pySim-shell prints an answer
_DECIMAL = re.compile(r"\[\d{1,3}(?:, ?\d{1,3})*,? ?\]$")
_SKIPPED = re.compile(r"\s*(?:#|//|;|%|--(?!-*>)|$)")
_PAIR = re.compile(
    r"(?:0[xX])?(?:[0-9A-Fa-f]{2}|(?=.?\d)[\dA-FOIl]{2})(?![a-z])"
)  # O for 0, or digits of other scripts


def recognises(head: bytes) -> float:
    """The share of lines that are hex with a mark, or bare hex, less a little so that exact formats come first."""
    texts = [text for text in head_lines(head) if not _SKIPPED.match(text)][:400]
    if any("\0" in text for text in texts):
        return 0.0
    marks = [_mark(text) for text in texts]
    marked = sum(found is not None and (hex_of(found[1]), _decimals(found[1])) != (None, None) for found in marks)
    bare = sum(len(hex_of(text) or b"") >= 2 for text in texts) if marked < 2 else 0
    best = max(marked, bare)
    return 0.7 * best / len(texts) if best >= 2 or (best and len(texts) == 1) else 0.0


def _mark(text: str) -> tuple[Sender, str] | None:
    """The direction that a line is marked with, and what follows the mark."""
    stamp = _STAMP.match(text)
    if stamp:
        text = text[stamp.end() :]
    tag = _TAG.match(text)
    text = text[tag.end() :] if tag else text
    for pattern in _MARKS:
        match = pattern.match(text)
        if match:
            return ("reader" if match[1] else "card"), match[3]
    return None


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """A frame a line. A mark with nothing behind it, nor hex below it, is a frame without bytes: it is not here."""
    reader = _Reader()
    empty: Frame | None = None
    for item in items(file, coverage, reader.read):
        if empty and not (isinstance(item, Frame) and item.index == empty.index):
            reader.open = reader.open and isinstance(item, Frame)
            yield empty
        empty = item if isinstance(item, Frame) and not item.data else None
        if not empty:
            yield item
    if empty:
        yield empty


class _Reader:
    """Reads line by line; knows whose turn it is, and the mark that stands alone above the line."""

    def __init__(self) -> None:
        self.last: Sender = "card"
        self.marked, self.open, self.decimal = False, False, False

    def read(self, line: Line, index: int) -> Found:
        """What is in a line, or the kind of line that it is."""
        if _SKIPPED.match(line.text):
            return "blank or comment"
        is_open, self.open = self.open, False
        found = _mark(line.text)
        if found:
            return self._marked(line, index, *found)
        atr = _ATR.match(line.text)
        text = atr[1] if atr else line.text
        data = hex_of(text)
        if data and atr:
            return [line.frame(index, "card", "atr", data)]
        if data:
            return self._bare(line, index, data, is_open)
        if not (carries_hex(line.text) or (atr and _PAIR.match(text))):
            return "other text"
        self.last = "card" if self.last == "reader" else "reader"
        return unreadable(line, "hex digits that are no whole bytes")

    def _marked(self, line: Line, index: int, sender: Sender, text: str) -> Found:
        first = _STATUS_FIRST.match(text) if sender == "card" else None
        data = hex_of(first[2] + first[1] if first else text)
        listed = bool(_DECIMAL.match(text.strip())) and (self.decimal or _is_decimal(text))
        if listed:
            data, self.decimal = _decimals(text), True
        if data is None and not (listed or carries_hex(text) or _PAIR.match(text)):
            return "other text"
        self.last = sender
        if data is None:
            return unreadable(line, "not hex behind a mark of direction")
        self.marked, self.open = True, not data
        return [line.frame(index, sender, "apdu", data)]

    def _bare(self, line: Line, index: int, data: bytes, is_open: bool) -> Found:
        """Hex without a mark: what the mark above it announced, or the next of lines that alternate."""
        if is_open:
            return [line.frame(index - 1, self.last, "apdu", data)]
        if self.marked:
            return unreadable(line, "hex without a mark of direction, among lines that have one")
        self.last = _turn(self.last, data)
        return [line.frame(index, self.last, "apdu", data)]


def _is_decimal(text: str) -> bool:
    """Whether a list of numbers can be no list of bytes in hex."""
    return bool(_DECIMAL.match(text.strip())) and any(len(word) != 2 for word in text.strip(" []").split(", "))


def _decimals(text: str) -> bytes | None:
    """The bytes of a list of decimal numbers."""
    numbers = [int(word) for word in re.findall(r"\d{1,3}", text)] if _DECIMAL.match(text.strip()) else [256]
    return bytes(numbers) if max(numbers) < 256 else None


def _turn(last: Sender, data: bytes) -> Sender:
    """Lines without marks alternate, unless a line cannot be what is expected."""
    asks = len(data) >= 4 and not parse_command(data).error and _is_known(data[0], data[1])
    answers = len(data) >= 2 and legal_status(data[-2] << 8 | data[-1])
    if asks == answers:
        return "reader" if last == "card" else "card"
    return "reader" if asks else "card"


def _is_known(cla: int, ins: int) -> bool:
    return instruction_case(cla, ins, "iso7816", "telecom", "emv") is not None
