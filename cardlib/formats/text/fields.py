# SPDX-License-Identifier: MIT
"""Fields: bytes at a place in a line, with what stands around them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...core.atr import MAX_ATR, WRONG_TCK, parse_atr
from ...core.model import record
from . import words
from .columns import COLUMN, STAMP

_TAKEN_OUT = re.compile(f"[{STAMP}{COLUMN}]+")
_NUMBERS = re.compile(r"\d+")
_BLANKS = re.compile(r"[ \t\u00a0]+")
_COUNT = re.compile(r"(?<![0-9A-Za-z.])\d{1,5}(?![0-9A-Za-z.])")
_WORD_TAIL = re.compile(r" ?(?!sw|status)[A-Za-z]", re.I)
_PARTS = ("CLA", "INS", "P1", "P2", "P3", "LC", "LE", "DATA", "SW1", "SW2")
_PIECE = re.compile(r"\w+|\W")
_LEAST_LINES = 4
_ATR_BEGINNINGS = (b"\x3b", b"\x3f")
_LEAST_ATR = 5  # bytes: shorter ones occur by chance
_MOSTLY = 0.8
_COUNT_NEAR = 30  # characters at the end of a label that may say how many bytes follow
_RARE = 5  # one tail in so many of its shape is rare
_FULL_ROWS = (8, 16, 20, 24, 32)  # bytes in a line of those who wrap or dump


@record
class Field:
    """Bytes at a place in a line, and what stands around them.

    data     None for a hole: the line holds something that nobody can read
    pre      the text in front of it, without digits and stamps
    tail     the text behind it, likewise
    label    the text above a field that has none of its own
    place    which field of its line it is
    hidden   so many bytes behind `data` were blanked
    kind     "number", "atr", "status" (it is called one)
    offset   the place in a dump that its row names
    counts   the numbers in front of it
    gap      what is between it and the field before: lines without bytes, blank ones, text
    detail   what is wrong with a hole
    direction who speaks, as the words and arrows in front suggest: "C", "A", or nobody
    """

    line: int
    start: int
    stop: int
    data: bytes | None
    pre: str = ""
    tail: str = ""
    label: str = ""
    place: int = 0
    hidden: int = 0
    kind: str = ""
    offset: int | None = None
    counts: tuple[int, ...] = ()
    gap: str = ""
    detail: str = ""
    direction: str = ""

    @property
    def is_bare(self) -> bool:
        """Whether nothing but blanks or an offset stands in front of it."""
        return not self.pre.strip() and self.place == 0

    @property
    def size(self) -> int:
        """How many bytes it has; a hole has none."""
        return len(self.data or b"")

    @property
    def is_whole_atr(self) -> bool:
        """Whether its bytes are an ATR to the last, whatever the log calls it."""
        return is_whole_atr(self.data or b"")

    @property
    def is_full_row(self) -> bool:
        """Whether it has as many bytes as a line that goes on below."""
        return self.size in _FULL_ROWS


def is_whole_atr(data: bytes) -> bool:
    """Whether bytes are an ATR with nothing missing or left over (ISO/IEC 7816-3, 8.2); its check byte may be wrong."""
    if data[:1] not in _ATR_BEGINNINGS or not _LEAST_ATR <= len(data) <= MAX_ATR:
        return False
    return all(error == WRONG_TCK for error in parse_atr(data).errors)


def shape_of(text: str) -> str:
    """A text without digits, stamps and columns; blanks are one."""
    text = _TAKEN_OUT.sub("", text)
    return _BLANKS.sub(" ", _NUMBERS.sub("0", text))


def counts_in(text: str) -> tuple[int, ...]:
    """The numbers in a text that may say how many bytes follow."""
    return tuple(int(number) for number in _COUNT.findall(text))


def with_surroundings(rows: list[tuple[str, list[Field]]]) -> list[Field]:
    """The fields of all lines, each with its label and the gap in front of it.

    `rows` are the lines of a file: the text and the fields in it.
    """
    fields: list[Field] = []
    label = ""
    announced: tuple[int, ...] = ()
    gap = ""
    prefix = ""
    common = common_prefix([row[0].pre for _, row in rows if row])
    constant = _constant_lines(rows)
    for text, row in rows:
        if row:
            first = replace(row[0], pre=row[0].pre.removeprefix(common))
            head = first.pre.strip()
            if head and first.place == 0 and (head == prefix or _is_prefix(head, label)):
                prefix = head
                first = replace(first, pre=_indent(first.pre))
            if first.is_bare:
                first = replace(first, label=label.removeprefix(prefix).strip())
                if announced:
                    first = replace(first, counts=announced)
            fields += [replace(first, gap=gap), *row[1:]]
            label = ""
            announced = ()
            gap = ""
        elif text.strip() and shape_of(text).strip() in constant:
            continue
        elif text.strip():
            shape = shape_of(text)
            # A line without what stands before nearly all bytes is no label of these.
            label = shape.removeprefix(common).strip() if shape.startswith(common) else ""
            announced = counts_in(text[-_COUNT_NEAR:]) if label else ()
            gap = "text"
        elif not gap:
            gap = "blank"
    return fields


def with_directions(fields: list[Field]) -> list[Field]:
    """The fields with what words and arrows in front suggest; what stands before all of them says nothing."""
    directed = [
        replace(field, direction=words.direction(field.pre if field.pre.strip() else field.label))
        for field in fields
    ]
    texts = {field.pre for field in directed if field.data is not None and field.place == 0}
    is_everywhere = all(words.direction(text) == "C" for text in texts)
    if is_everywhere and len(texts) > 1 and all(text.strip() for text in texts):
        return fields
    return directed


def _constant_lines(rows: list[tuple[str, list[Field]]]) -> set[str]:
    """The texts of lines without bytes that come nearly as often as bytes do: they say nothing."""
    with_bytes = sum(bool(row) for _, row in rows)
    counts = Counter(shape_of(text).strip() for text, row in rows if not row and text.strip())
    least = max(_LEAST_LINES, int(with_bytes * _MOSTLY))
    return {text for text, count in counts.items() if count >= least}


def common_prefix(texts: Sequence[str]) -> str:
    """What stands in front in most lines, and says nothing about any: a logger's name, a level."""
    if len(texts) < _LEAST_LINES:
        return ""
    prefix = ""
    rest = [text for text in texts if text.strip()]
    least = len(texts) * _MOSTLY
    while len(rest) >= least:
        tokens = Counter(match[0] for text in rest if (match := _PIECE.match(text, len(prefix))))
        if not tokens:
            break
        token, count = tokens.most_common(1)[0]
        if count < least:
            break
        prefix += token
        rest = [text for text in rest if text.startswith(prefix)]
    if not any(map(str.isalpha, prefix)):
        return ""  # an arrow, perhaps
    return prefix


def _is_prefix(head: str, label: str) -> bool:
    """Whether the line above has more than what stands in front of a field: its label."""
    return len(head) < len(label) and label.startswith(head)


def _indent(pre: str) -> str:
    return pre[len(pre.rstrip()) :]


def with_odd_tails_as_holes(fields: list[Field]) -> list[Field]:
    """Fields that words follow as they follow no other of their shape are damaged."""
    tails: dict[str, dict[str, int]] = {}
    for field in fields:
        seen = tails.setdefault(field.pre, {})
        seen[field.tail] = seen.get(field.tail, 0) + 1
    checked = []
    for field in fields:
        if field.data is not None and _WORD_TAIL.match(field.tail):
            of_shape = tails[field.pre]
            total = sum(of_shape.values())
            if total > 1 and of_shape[field.tail] * _RARE <= total + _RARE - 2:
                detail = "words behind the bytes, as behind no other line of this kind"
                field = replace(field, data=None, detail=detail)
        checked.append(field)
    return checked


def with_parts_joined(fields: list[Field]) -> list[Field]:
    """Fields that name a part of an APDU each are pieces of one half, where a class byte is among them."""
    if not any(field.kind == "CLA" for field in fields):
        return [replace(field, kind="") if field.kind in _PARTS else field for field in fields]
    joined = []
    seen: list[str] = []
    is_command = False
    for field in fields:
        name = field.kind
        if name not in _PARTS:
            seen = []
            joined.append(field)
            continue
        begins_answer = name in ("DATA", "SW1") and (
            not is_command or field.gap == "text" or "LE" in seen or name == "SW1" or name in seen
        )
        if name == "CLA":
            is_command = True
            seen = []
            kind = "begins C"
        elif begins_answer and (not seen or is_command):
            is_command = False
            seen = []
            kind = "begins A"
        else:
            kind = "piece"
        seen.append(name)
        joined.append(replace(field, kind=kind))
    return joined
