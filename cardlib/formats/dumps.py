# SPDX-License-Identifier: MIT
"""Hex dumps: bytes that come in rows below the line that announces them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..core.codec import parse_hex
from ..core.model import Frame, Problem
from .lines import Line
from .rules import Rule

PARITY_ERROR = "wrong parity"
_MAX_BYTES = 1 << 17  # twice the longest APDU
_LONGEST_ROW = 16
_TEXT_DIFFERS = "the text beside the hex shows other bytes"
_TEXT_MISSING = "a row has no text beside its hex: it may be cut"
_RADIO_WIDTH = 18  # of a Proxmark3 list, where ! is a wrong parity bit


@dataclass(slots=True)
class Dump:
    """The rows that were taken below a line, and what that line said of them."""

    rule: Rule
    first: Line
    size: int | None  # as announced
    status_word: bytes  # stands in the first line, belongs behind the rows
    time_ns: int | None
    end_ns: int | None
    width: int  # bytes in a full row
    has_text: bool  # the rows show their bytes as text too
    marks: re.Pattern[str] | None  # may stand among the bytes
    stop: int
    used: int  # bytes of the file
    data: bytearray = field(default_factory=bytearray)
    text_fault: str = ""  # what is wrong with the text beside the hex
    is_row_full: bool = False  # another may follow
    note: str = ""

    def add(self, text: str) -> bool:
        """Take the bytes of a row; False: it is none of this dump."""
        missing: int | None = None
        if self.size is not None:
            missing = self.size - len(self.data)
        if self.width == _RADIO_WIDTH and "!" in text:
            self.note = PARITY_ERROR
        if self.marks:
            text = self.marks.sub("", text)
        was_last_row = bool(self.data) and not self.is_row_full
        if missing == 0 or was_last_row or len(self.data) > _MAX_BYTES:
            return False
        row = row_of(text, missing, self.has_text)
        if row is None:
            return False
        data, text_fault = row
        self.data += data
        self.is_row_full = len(data) == self.width
        self.text_fault = self.text_fault or text_fault
        return True

    def is_complete(self, is_broken: bool) -> bool:
        """Whether all bytes are here; `is_broken`: the line below may have been a row."""
        if not self.data and not self.status_word:
            return False
        if self.size is not None:
            return len(self.data) == self.size
        return bool(self.data) and not (is_broken and self.is_row_full)

    def frame(self, index: int) -> Frame:
        """The frame that its rows are."""
        return Frame(
            index,
            self.time_ns,
            self.rule.sender,
            self.rule.frame_kind(),
            bytes(self.data) + self.status_word,
            self.first.unit,
            self.first.start,
            self.stop,
            self.note,
            self.end_ns,
        )

    def unreadable(self) -> Problem:
        """The problem that its frame is lost."""
        announced = "more"
        if self.size is not None:
            announced = str(self.size)
        detail = f"{announced} bytes are announced, {len(self.data)} can be read"
        return self.problem("unreadable block", detail, is_gap=True)

    def problem(self, kind: str, detail: str, is_gap: bool = False) -> Problem:
        """What is wrong with its rows; with a gap, their frame is lost."""
        first = self.first
        raw = b""
        if is_gap:
            raw = first.raw[:256]
        return Problem(kind, detail, first.unit, first.start, self.stop, raw, is_gap)


def row_of(text: str, missing: int | None, has_text: bool) -> tuple[bytes, str] | None:
    """The bytes of a row, and what is wrong with the text beside them; `missing` are to come."""
    if not has_text:
        return _row_without_text(text, missing)
    sizes = range(_LONGEST_ROW, 0, -1)
    if missing is not None:
        last = min(missing, _LONGEST_ROW)
        sizes = range(last, last - 1, -1)
    hex_only: tuple[bytes, str] | None = None
    for size in sizes:
        hex_part = text[: 3 * size]
        data = parse_hex(hex_part)
        if data is None or len(data) != size or hex_part[2::3].strip():
            continue
        shown = text[3 * size :]
        if shown.strip() == _as_text(data).strip():
            return data, ""
        may_end = missing is not None or size == _LONGEST_ROW
        may_end = may_end or shown.startswith("  ") or not shown.strip()
        if hex_only is None and may_end:
            hex_only = (data, _text_fault(shown, missing))
    return hex_only


def _text_fault(shown: str, missing: int | None) -> str:
    """What is wrong with a text column that is not that of the bytes."""
    if shown.strip():
        return _TEXT_DIFFERS
    if missing is None:
        return _TEXT_MISSING
    return ""


def _row_without_text(text: str, missing: int | None) -> tuple[bytes, str] | None:
    data = parse_hex(text)
    if not data or (missing is not None and len(data) > missing):
        return None
    return data, ""


def _as_text(data: bytes) -> str:
    """Bytes as a hex dump shows them: ASCII, and dots."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in data)
