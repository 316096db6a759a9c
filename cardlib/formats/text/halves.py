# SPDX-License-Identifier: MIT
"""From the roles of fields to frames and problems, and what became of every line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...core.apdu import HIDDEN
from ...core.model import Frame, FrameKind, Problem, Sender, record
from ..lines import Item, Line, unreadable
from . import costs, words
from .columns import Cut
from .fields import Field
from .learning import Reading, features

SENDERS: dict[str, Sender] = {"C": "reader", "A": "card"}
_LEAST_LENGTHS = 3
_STATUS_SIZE = 2
_TOLD_AGAIN = "told again"
_NAMED = "named values"
_OTHER = "other text"
_NO_BEGINNING = "bytes that go on with what cannot be read"
_NO_PART = "bytes that are no part of the dialogue"


@record
class Row:
    """A line with what was taken out of it and what is in it."""

    line: Line
    cut: Cut
    fields: Sequence[Field]
    kind: str = _OTHER  # of a line without bytes


@record
class Half:
    """A half of an exchange that is being put together."""

    role: str
    data: bytes
    first: Row
    start: int
    stop: int
    time_ns: int | None
    note: str = ""
    counts: tuple[int, ...] = ()  # how many bytes it has, if the log says so

    def grown(self, data: bytes, stop: int) -> Half:
        return replace(self, data=data, stop=stop)


class Writer:
    """Turns roles into frames, in the order of the lines; `fates` says what became of each line."""

    def __init__(self, rows: Sequence[Row], reading: Reading, atr: bytes, index: int) -> None:
        self.index = index  # of the next frame
        self.rows = rows
        self.reading = reading
        self.atr = atr
        self.half: Half | None = None
        self.stop_at = 0  # where the last half of the line ends
        self.fates: dict[int, str] = {}
        self.says_lengths = _says_lengths(reading)
        self.lines: list[int] = []  # of the open half
        self.is_marked = False  # the open half, as an answer
        self.last_answer = b""  # where it was the last half

    def items(self) -> Iterator[Item]:
        """Frames and problems; frames are numbered by the caller."""
        fields = self.reading.fields
        for index, (field, role) in enumerate(zip(fields, self.reading.roles, strict=True)):
            row = self.rows[field.line]
            if role == "D" and (self._is_odd(index) or self._is_another_answer(index)):
                role = "N"
            if role == "R":
                yield from self._flush()
                yield from self._atr(row, field)
            elif role == "N" and self._stands_alone(index):
                yield from self._part(row, field, self._usual_role(field))
            elif role in "ND":
                yield from self._left_out(row, field, role)
            elif field.data is None:
                yield from self._flush()
                yield from self._hole(row, field, role)
            else:
                yield from self._part(row, field, role)
        yield from self._flush()

    def _part(self, row: Row, field: Field, role: str) -> Iterator[Item]:
        data = field.data or b""
        if role not in "CA" and self.half is None:
            yield from self._problem(row, _NO_BEGINNING)
            return
        self.fates[field.line] = "used"
        if role in "CA":
            cut = self._place(row, field)
            yield from self._flush(cut)
            self.atr = b""
            self.lines = []
            self.is_marked = field.direction == "A"
            self.half = Half(
                role, data, row, cut, row.line.stop, row.cut.ticks, counts=field.counts
            )
        elif self.half is not None:
            half = self.half
            if role == "F":
                at = len(half.data) - 2
                data = half.data[:at] + data + half.data[at:]
            elif role == "P":
                data = half.data
            else:
                data = half.data + data
            self.half = half.grown(data, row.line.stop)
        self.lines.append(field.line)
        if field.hidden:
            detail = f"{field.hidden} bytes were blanked in the log: zeros stand for them"
            line = row.line
            yield Problem("hidden bytes", detail, line.unit, line.start, line.stop, gap=False)
            if self.half:
                self.half = replace(self.half, note=f"{HIDDEN}: {detail}")

    def _place(self, row: Row, field: Field) -> int:
        """Where in the file a half begins: at its line, or where the half before it in the line ends."""
        if field.place == 0 or self.half is None or self.half.stop != row.line.stop:
            return row.line.start
        size = len(row.line.text[: field.start].encode("utf-8", "surrogateescape"))
        return min(row.line.start + size, row.line.stop)

    def _is_told_again(self, half: Half) -> bool:
        """Whether a printed tree spells the answer above again; a line that is marked as an answer is one."""
        if half.role != "A" or self.is_marked or len(half.data) <= _STATUS_SIZE:
            return False
        return half.data == self.last_answer

    def _flush(self, cut: int | None = None) -> Iterator[Item]:
        half = self.half
        if half is None:
            return
        self.half = None
        if self._is_told_again(half):
            self.fates |= dict.fromkeys(self.lines, _TOLD_AGAIN)
            return
        self.last_answer = half.data if half.role == "A" else b""
        stop = half.stop
        if cut is not None and half.start <= cut < stop:
            stop = cut
        unit = half.first.line.unit
        sender = SENDERS[half.role]
        if self.says_lengths and half.counts and not is_announced(half.data, half.counts):
            detail = f"the log says {half.counts[-1]} bytes, and {len(half.data)} are here"
            yield Problem("bytes are missing", detail, unit, half.start, stop, gap=False)
        frame = self._numbered(half.time_ns, sender, "apdu", half.data, (unit, half.start, stop))
        yield replace(frame, note=half.note)

    def _atr(self, row: Row, field: Field) -> Iterator[Item]:
        data = field.data or b""
        self.fates.setdefault(field.line, _TOLD_AGAIN)
        if data == self.atr:
            return
        self.atr = data
        self.fates[field.line] = "used"
        yield self._frame(row, "atr", "card", data)

    def _frame(self, row: Row, kind: FrameKind, sender: Sender, data: bytes) -> Frame:
        line = row.line
        place = (line.unit, line.start, line.stop)
        return self._numbered(row.cut.ticks, sender, kind, data, place)

    def _numbered(
        self,
        time_ns: int | None,
        sender: Sender,
        kind: FrameKind,
        data: bytes,
        place: tuple[int, int, int],
    ) -> Frame:
        """The next frame."""
        index = self.index
        self.index += 1
        return Frame(index, time_ns, sender, kind, data, *place)

    def _hole(self, row: Row, field: Field, role: str) -> Iterator[Item]:
        if field.kind == "mark":
            self.fates[field.line] = "used"
            yield self._frame(row, "apdu", SENDERS[role], b"")
            return
        yield from self._problem(row, field.detail)

    def _left_out(self, row: Row, field: Field, role: str) -> Iterator[Item]:
        """Bytes that are told again or have a name of their own are passed over, others are a problem."""
        if role == "D":
            self.fates.setdefault(field.line, _TOLD_AGAIN)
        elif field.kind == "mark":
            return
        elif field.data is not None and is_named(field) and not self._usual_role(field):
            self.fates.setdefault(field.line, _NAMED)
        else:
            yield from self._flush()
            yield from self._problem(row, field.detail or _NO_PART)

    def _is_odd(self, index: int) -> bool:
        """Whether two bytes that were told before stand behind a text that no other line has."""
        fields = self.reading.fields
        field = fields[index]
        if len(field.data or b"") > 2 or field.kind == "status" or field.is_bare:
            return False
        if any(
            near.data == field.data
            for near in fields[max(0, index - 2) : index + 3]
            if near is not field
        ):
            return False
        of_text = self.reading.counts.get(features(field)[0].partition("#")[0], {})
        return sum(of_text.values()) < 2

    def _is_another_answer(self, index: int) -> bool:
        """Whether a status word is called told again, and lines of this kind are answers elsewhere."""
        field = self.reading.fields[index]
        if (
            field.place
            or field.kind != "status"
            or self.reading.fields[index - 1].line == field.line
        ):
            return False
        of_text = self.reading.counts.get(features(field)[0], {})
        return of_text.get("A", 0) > of_text.get("N", 0)

    def _usual_role(self, field: Field) -> str:
        """The role that lines of this shape have elsewhere, or that words suggest: "C", "A", or none."""
        if len(field.data or b"") < 2 or field.kind == "number":
            return ""
        of_text = self.reading.counts.get(features(field)[0], {})
        if of_text.get("C", 0) > of_text.get("A", 0):
            return "C"
        if of_text.get("A"):
            return "A"
        return words.direction(field.pre)

    def _stands_alone(self, index: int) -> bool:
        """Whether a field that fits into no exchange is a half all the same: alone, or with an error."""
        field = self.reading.fields[index]
        data = field.data
        role = self._usual_role(field)
        if data is None or not role or field.place or not field.pre.strip():
            return False
        following = self.reading.roles[index + 1 :].lstrip("ND")
        if following[:1] not in ("C", ""):
            return False
        if role == "A" and self.half is not None and self.half.role == "C":
            return True
        if self.half is not None and self.half.role != "A":
            return False
        if role == "C":
            return costs.is_sound_command(data)
        return costs.status(data) <= costs.OTHER_STATUS

    def _problem(self, row: Row, detail: str) -> Iterator[Item]:
        fate = self.fates.get(row.fields[0].line)
        if fate == "damaged":
            return
        if fate != "used":
            self.fates[row.fields[0].line] = "damaged"
        yield from unreadable(row.line, detail)


def is_announced(data: bytes, counts: Sequence[int]) -> bool:
    """Whether a half has as many bytes as its label says, with its status word or without."""
    return len(data) in counts or len(data) - 2 in counts


def _says_lengths(reading: Reading) -> bool:
    """Whether the numbers in front of halves are their lengths, nearly always."""
    agreed = 0
    said = 0
    counts: tuple[int, ...] = ()
    data = b""
    for field, role in [*zip(reading.fields, reading.roles, strict=True), (None, "C")]:
        if role in "CA":
            said += bool(counts)
            agreed += bool(counts) and is_announced(data, counts)
            data = b""
            counts = field.counts if field is not None else ()
        if field is not None and role in "CAKSF":
            data += field.data or b""
    return agreed >= _LEAST_LENGTHS and agreed * 4 >= said * 3


def is_named(field: Field) -> bool:
    """Whether bytes have a name, or are a number: what a program says beside the dialogue."""
    if field.kind in ("number", "status") or field.place:
        return True
    has_letters = any(map(str.isalpha, field.pre))
    if len(field.data or b"") == 1:
        return has_letters or field.is_bare
    names = field.pre.strip(" \t-*|\"'{[(").rstrip(" :=\"'").split()
    return len(names) > 1 or "=" in field.pre
