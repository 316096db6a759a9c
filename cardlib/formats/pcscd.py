# SPDX-License-Identifier: MIT
"""The log of `pcscd --foreground --apdu`: microseconds since the line before, then what was sent and answered.

An exchange that the log shows at other levels too (CCID "->", T=1 "sending:") is read once, at the APDU level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from ..codec import parse_hex
from ..model import Clock, Coverage, Frame, FrameKind, Problem, Sender, Session
from .lines import Found, Line, carries_hex, head_lines, items, unreadable

NAME = "pcscd log"
CLOCK: Clock = "host"

SATURATED = "99999999"  # the daemon writes this where 100 s or more have passed
_LINE = re.compile(
    r"([^\[\]]{1,120} pcscd\[\d{1,10}\]: )?"
    r"(?:(\d{8}) )?(?:\[\w{1,20}\] )?(?:\S{1,60}:\d{1,6}:\w{1,60}\(\) )?(.*)",
    re.S,
)
_UNITS: tuple[tuple[str, Sender, FrameKind], ...] = (
    ("APDU: ", "reader", "apdu"),
    ("SW: ", "card", "apdu"),
    ("Card ATR: ", "card", "atr"),
)
_OTHER_LEVELS = ("->", "<-", "sending:", "received:")


def recognises(head: bytes) -> float:
    """Sure where lines carry APDU: or SW: behind the delta of eight digits or the prefix of the journal."""
    found = [_LINE.match(text) for text in head_lines(head)[:2000]]
    units = sum(bool(m and (m[1] or m[2]) and m[3].startswith(("APDU: ", "SW: "))) for m in found)
    return 0.95 if units >= 2 else 0.9 * units


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """A frame for each APDU, answer and ATR; times are sums of the deltas, until one of them is saturated."""
    return items(file, coverage, _Reader().read)


class _Reader:
    """Reads line by line; knows the sum of the deltas, or None after one that says nothing."""

    def __init__(self) -> None:
        self.clock: int | None = 0

    def read(self, line: Line, index: int) -> Found:
        """What is in a line, or the kind of line that it is."""
        match = _LINE.match(line.text)
        delta, text = (match[2], match[3]) if match else (None, line.text)
        if delta != SATURATED:
            self.clock = None if self.clock is None else self.clock + int(delta or 0)
            return self._unit(line, text, delta, index)
        self.clock = None
        detail = "100 s or more since the line before: no times from here to the next card"
        saturated = Problem("clock", detail, line.unit, line.start, line.stop, gap=False)
        unit = self._unit(line, text, delta, index)
        return [saturated, *(unit if isinstance(unit, list) else ())]

    def _unit(self, line: Line, text: str, delta: str | None, index: int) -> Found:
        for label, sender, kind in _UNITS:
            if text.startswith(label):
                data = parse_hex(text[len(label) :].rstrip(" |"))
                if data is None:
                    return unreadable(line, f"not hex behind {label}")
                return [line.frame(index, sender, kind, data, self._time(kind, delta))]
        if any(label in text for label, _, _ in _UNITS):
            return unreadable(line, "something before the label that the daemon does not write")
        if not text.startswith(_OTHER_LEVELS) and carries_hex(text):
            return unreadable(line, "hex without a label: a label that is damaged, or a line that was wrapped")
        return "log text"

    def _time(self, kind: FrameKind, delta: str | None) -> int | None:
        if kind == "atr" and self.clock is None:
            self.clock = 0
            return 0
        return None if self.clock is None or delta is None else self.clock * 1000
