# SPDX-License-Identifier: MIT
"""From a line to its fields: which digits are bytes, and what stands around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...core.patterns import lazy
from ..pn53x import is_host_frame
from . import costs
from .damage import (
    NOT_WHOLE,
    SIGN_THEN_HEX,
    before_broken_bytes,
    fault_before,
    fault_in,
    has_odd_digits,
    hole_in,
    is_cut_row,
    rejoined,
)
from .dump_rows import row_offset, without_text_column
from .fields import Field, counts_in, shape_of
from .not_bytes import is_status_word, status_pairs, statuses_joined, without_numbers
from .procedure import with_procedure_bytes
from .runs import Run, Spelling

_REMARK_LINE = lazy(r"\s*(?:#(?!#{0,5} [^:：]{1,40}[:：]\s{0,4}$)|//|;|%|--(?!-*>))")

_ATR_LABEL = lazy(r"(?<![A-Za-z])ATR(?![A-Za-z])", re.I)

_REMARK = lazy(r"/[/*]|#|--(?!>)(?!\s*$)|\(")

_BRACKETED = lazy(r"\([^()]{0,80}\)")  # a mark, or a remark that ends before the bytes

_NAMED_PARTS = lazy(
    r"(?<![A-Za-z])(CLA|INS|P1|P2|P3|Lc|Le|Data|SW1|SW2)\s{0,4}[:=]\s{0,4}(?:0[xX])?"
    r"((?:[0-9A-Fa-f]{2})(?:[ ,:-]{0,2}(?:0[xX])?[0-9A-Fa-f]{2}){0,65536})?(?![0-9A-Za-z_])",
    re.I,
)

_PART_ALONE = lazy(r"[\W_]{0,20}[A-Za-z][A-Za-z0-9]{1,3}\s{0,4}[:=][\s0-9A-Fa-fxX]*$")

_APDUTOOL = lazy(  # of the Java Card kit: the answer's data stand behind its length
    r"CLA: (\w\w), INS: (\w\w), P1: (\w\w), P2: (\w\w), Lc: (\w\w)((?:, \w\w)*), "
    r"Le: \w\w((?:, \w\w)*), SW1: (\w\w), SW2: (\w\w)"
)

_CLOCK_IN_FRONT = lazy(
    r"^\W{0,12}(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?=[\s\],;|]{1,3}(?:[^\W\d]|[<>=→←\[({*-]))"
)

_CLOCK_BEFORE_COMMA = lazy(
    r"^\W{0,12}(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d,(?=[0-9A-Fa-f]{2}(?:[ 0-9A-Fa-f]|$))"
)

_READER_NAME = lazy(r"(?i)\breader\b.{0,80}?(?:[g-z)]|[a-z]{3}) (0\d 0\d)(?=[\W_]{0,3}$)")

_IDENTIFIER = lazy(r"(?<![A-Za-z])(?:UID|NFCID\d?|IDm|PUPI|ATQA|SAK)(?![A-Za-z])\W{0,4}$")

_EPOCH_IN_FRONT = lazy(r"^\W{0,12}1\d{9}(?=[\s,;|\])]{1,2}(?:[^\s0-9A-Fa-f]|[A-Za-z]{3}))")

_KOTLIN = lazy(r"\.toByte\(\)")

_POINTER = lazy(r"(?<=[=(@])0[xX][0-9A-Fa-f]{8,16}(?=[,)\];])")

_TUPLE_END = lazy(r"\s{0,2},\s{0,2}(\d{1,3})\s{0,2},\s{0,2}(\d{1,3})\s{0,2}\)")

_EMPTY_TUPLE = lazy(r"\(\[\],\s{0,2}(\d{1,3})\s{0,2},\s{0,2}(\d{1,3})\s{0,2}\)")

_MOST_RUNS = 64  # in a line; one with more is a table of something else


def is_remark(text: str, has_remarks: bool = True) -> bool:
    """Whether a line is blank or a comment."""
    return not text.strip() or (has_remarks and bool(_REMARK_LINE.match(text)))


def has_remarks(texts: Sequence[str], spelling: Spelling) -> bool:
    """Whether lines that begin like comments are some: the commands stand in other lines."""
    remarks = [text for text in texts if _REMARK_LINE.match(text)]
    in_remarks = sum(_holds_command(text, spelling) for text in remarks)
    if not in_remarks:
        return True
    others = [text for text in texts if not _REMARK_LINE.match(text)]
    return in_remarks <= sum(_holds_command(text, spelling) for text in others)


def _holds_command(text: str, spelling: Spelling) -> bool:
    """Whether a line holds a command; an explanation of a header by itself is none."""
    if "CLA" in text and "INS" in text and "Lc" in text:
        return True
    return any(costs.is_sound_command(run.data) for run in spelling.runs(text))


def fields_of(text: str, number: int, spelling: Spelling) -> list[Field]:
    """The fields of a line of which stamps and columns are overwritten; a hole if it is damaged."""
    spelled_out = _spelled_out(text, number)
    if spelled_out:
        return spelled_out
    text = _without_stamp_and_name(text)
    if ".to" in text:
        text = _KOTLIN.sub(_blanks, text)
    offset, body_at = row_offset(text)
    text = _POINTER.sub(_blanks, text)
    runs = list(spelling.runs(" " * body_at + text[body_at:]))
    if offset is not None and not runs:
        runs = list(spelling.runs(text))
        offset = None
    if len(runs) > _MOST_RUNS:
        return []
    runs, text = without_text_column(text, runs)
    fields = [_field(text, run, number, offset) for run in runs]
    fields = status_pairs(fields, text, number)
    fields = statuses_joined(fields, text)
    last = fields[-1] if fields else None
    if has_odd_digits(fields, text):
        pre = shape_of(text[: fields[0].start])
        return [Field(number, fields[0].start, len(text), None, pre, detail=NOT_WHOLE)]
    fields = without_numbers(fields, text)
    fields = _without_remarks(fields, text)
    if not fields:
        if last and is_cut_row(text, last):
            pre = shape_of(text[: last.start])
            return [Field(number, last.start, len(text), None, pre, detail=NOT_WHOLE)]
        return hole_in(text, number)
    fields = rejoined(fields, text)
    fault = fault_before(text[: fields[0].start]) or fault_in(fields, text)
    if fault:
        pre = shape_of(before_broken_bytes(text[: fields[0].start]))
        return [Field(number, fields[0].start, len(text), None, pre, detail=fault)]
    fields = with_procedure_bytes(fields, text)
    return [_surrounded(fields, place, text) for place in range(len(fields))]


def _without_stamp_and_name(text: str) -> str:
    """A line without a stamp of which the file shows too little, and without the name of a reader."""
    for stamp in (_CLOCK_IN_FRONT, _CLOCK_BEFORE_COMMA, _EPOCH_IN_FRONT):
        text = stamp.sub(_blanks, text)
    name = _READER_NAME.search(text)  # pcsc-lite: the numbers of reader and slot end it
    if name is None:
        return text
    return text[: name.start(1)]


def _spelled_out(text: str, number: int) -> list[Field]:
    """A command by the names of its fields (ISO/IEC 7816-3, 12.1), or an answer without data."""
    kit = _APDUTOOL.search(text)
    if kit:
        command = _hex(" ".join(kit.groups()[:6]))
        answer = _hex(" ".join(kit.groups()[6:]))
        return [
            Field(number, kit.start(), kit.end(6), command, "CLA: "),
            Field(number, kit.end(6), kit.end(), answer, ", Le: ", place=1),
        ]
    empty = _EMPTY_TUPLE.search(text)
    if empty:
        data = bytes((int(empty[1]) & 255, int(empty[2]) & 255))
        pre = shape_of(text[: empty.start()])
        return [Field(number, empty.start(), empty.end(), data, pre + "(")]
    parts = list(_NAMED_PARTS.finditer(text))
    names = [part[1].upper() for part in parts]
    if len(parts) == 1 and _PART_ALONE.match(text):
        part = parts[0]
        data = _hex(part[2] or "")
        return [Field(number, part.start(), part.end(), data, part[1] + ":", kind=names[0])]
    if "CLA" not in names or "INS" not in names:
        return []
    command = _hex("".join(part[2] or "" for part in parts))
    pre = shape_of(text[: parts[0].start()])
    return [Field(number, parts[0].start(), parts[-1].end(), command, pre + "CLA:")]


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _hex(text: str) -> bytes:
    return bytes.fromhex(re.sub("0[xX]|[^0-9A-Fa-f]", "", text))


def _field(text: str, run: Run, number: int, offset: int | None) -> Field:
    data = run.data
    stop = run.stop
    start = run.start
    if run.spelling == "list" and text[start - 1 : start] == "(":
        end = _TUPLE_END.match(text, stop)
        if end:  # what pyscard's transmit gives back
            data += bytes((int(end[1]) & 255, int(end[2]) & 255))
            stop = end.end()
    return Field(number, start, stop, data, hidden=run.hidden, offset=offset)


def _without_remarks(fields: list[Field], text: str) -> list[Field]:
    """The fields in front of a remark."""
    for place in range(1, len(fields)):
        between = text[fields[place - 1].stop : fields[place].start]
        if fields[place].kind == "status":
            continue
        if between == "#" or (between == "(" and ")" not in text[fields[place].stop :]):
            return fields  # a blank was lost
        sign = _REMARK.search(_BRACKETED.sub("", between))
        if sign and sign[0] == "#" and "#" in text[: fields[0].start]:
            continue  # it stands before the first bytes as well
        if sign:
            if SIGN_THEN_HEX.match(text[fields[place - 1].stop :]):
                return fields
            return fields[:place]
    return fields


def _surrounded(fields: list[Field], place: int, text: str) -> Field:
    """A field with the text in front of it and behind it."""
    field = fields[place]
    before = text[: field.start]
    if place:
        before = text[fields[place - 1].stop : field.start]
    tail = ""
    if place == len(fields) - 1:
        rest = text[field.stop :]
        tail = shape_of(rest)[:40]
        if rest[:1] == "\t" or (rest[:2].isspace() and len(rest) > 1):
            tail = "\t" + tail.lstrip()  # apart: a remark
    kind = field.kind
    data = field.data or b""
    if data[:1] in (b"\x3b", b"\x3f") and len(data) > 1 and _ATR_LABEL.search(before):
        kind = "atr"
    if is_host_frame(data):
        kind = "host"
    if _IDENTIFIER.search(before[-20:]):
        kind = "number"
    pre = shape_of(before)
    if field.offset is not None and place == 0:
        pre = before[: len(before) - len(before.lstrip())]
    counts = counts_in(before[-60:])
    has_status = place + 1 < len(fields) and is_status_word(fields[place + 1])
    is_decimal = text[field.start : field.stop].isdecimal()
    is_data = "data" in before.lower()
    if place and len(data) == 1 and is_decimal and not (kind or has_status or is_data):
        kind = "number"
    return replace(field, pre=pre, tail=tail, place=place, kind=kind, counts=counts)
