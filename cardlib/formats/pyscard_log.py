# SPDX-License-Identifier: MIT
"""What pyscard's ConsoleCardConnectionObserver prints. No times, no ATR; the status word may lose a leading zero."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from ..codec import parse_hex
from ..model import Clock, Coverage, Frame, Problem, Session
from .lines import Found, Item, Line, carries_hex, head_lines, items, unreadable

NAME = "pyscard observer"
CLOCK: Clock = "none"

_EVENT = re.compile(r"(connecting to|reconnecting to|disconnecting from|release from) ?(.*)", re.S)
_ANSWER = re.compile(r"< {0,4}((?:[0-9A-F]{2} )*|\[\] ) {0,4}([0-9A-F]{1,2}) {1,4}([0-9A-F]{1,2})\s*$")


def recognises(head: bytes) -> float:
    """Sure where an answer without data reads "[]", or a connection is opened and commands follow."""
    texts = head_lines(head)[:400]
    arrows = sum(text.startswith(("> ", "< ")) for text in texts)
    marks = sum(bool(_EVENT.match(text)) or (text.startswith("<  [] ") and _data(text) is not None) for text in texts)
    return 0.9 if arrows and marks and arrows + marks >= 0.5 * sum(map(bool, texts)) else 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """A frame a line; a new connection opens a session."""
    return items(file, coverage, _read)


def _read(line: Line, index: int) -> Found:
    text = line.text
    event = _EVENT.match(text)
    if event:
        head: list[Item] = [Session(0, meta=(("reader", event[2]),))] if event[1] == "connecting to" else []
        return [*head, line.frame(index, "none", "event", b"", None, text[:200])]
    if text.startswith((">", "<")):
        data = _data(text)
        if data is None:
            return unreadable(line, "not hex behind > or <")
        return [line.frame(index, "reader" if text[0] == ">" else "card", "apdu", data)]
    return unreadable(line, "hex without > or < before it") if carries_hex(text) else "other text"


def _data(text: str) -> bytes | None:
    """The bytes of a line; an answer ends in its two status bytes, which may be written with one digit each."""
    if text[0] == ">":
        return parse_hex(text[1:])
    match = _ANSWER.match(text)
    if match:
        data = b"" if "[" in match[1] else bytes.fromhex(match[1])
        return data + bytes((int(match[2], 16), int(match[3], 16)))
    return parse_hex(text[1:]) if not re.search(r"\b[0-9A-Fa-f]\b", text[1:]) else None
