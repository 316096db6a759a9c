# SPDX-License-Identifier: MIT
"""Digits that are no bytes: counts, codes, ticks; and status words that are called so."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core.apdu import LEGAL_SW1
from ...core.patterns import lazy
from .columns import COLUMN, STAMP
from .fields import Field

_SOURCE_LINE = lazy(r"[A-Za-z_)]:$")

_COUNTED = lazy(r"(?<!\d)(?<!\d )(?:len|length|size|count|bytes)\W{0,8}$", re.I)

_LOGGERS_TAG = lazy(r"(?<!\w)[VDIWEF]/[\w.]{1,40}\s?$")  # of Android, before a process

_AND_NUMBER = lazy(rf"[:.][\d{COLUMN}{STAMP}]")

_VALUE = lazy(r"data\s{0,4}[:=]\s{0,4}$", re.I)  # behind which no count stands

_REMARK_SIGN = lazy(r"\(|/[/*]|#|<--|--|;")

_BEGINS_NUMBERING = ("|", ")", ".", ":")  # behind a counter of lines

_COUNTED_BEHIND = lazy(r"\s?[^\W\d_]{2}")  # "12 bytes"

_GOES_ON_BEHIND = lazy(r"\W{0,3}(?:[A-Za-z:)\]]|\s[0-9A-Fa-f]{2})")  # "12: A0", "4) A0"

_STATUS = lazy(
    r"(?<![A-Za-z])(?:sw(?:1[ _,/-]{0,2}(?:sw)?2|[12])?|status(?:[ _]?word)?)\W{0,6}$", re.I
)

_SECOND_STATUS = lazy(r"\W{0,4}sw2\W{0,4}$", re.I)

_STATUS_PAIR = lazy(
    r"(?<![A-Za-z])sw1\W{1,4}(?:0x)?([0-9A-Fa-f]{1,2})\W{1,4}sw2\W{1,4}(?:0x)?([0-9A-Fa-f]{1,2})"
    r"(?![0-9A-Za-z])",
    re.I,
)


def status_pairs(fields: list[Field], text: str, number: int) -> list[Field]:
    """The fields, with what is called SW1 and SW2 as one."""
    for match in _STATUS_PAIR.finditer(text):
        sw1, sw2 = match.groups()
        data = bytes.fromhex(sw1.zfill(2) + sw2.zfill(2))
        before = [field for field in fields if field.stop <= match.start()]
        behind = [field for field in fields if field.start >= match.end()]
        is_in_answer = bool(before) and _data_of(before[-1]).endswith(data)
        if not is_in_answer:
            status = Field(number, match.start(1), match.end(), data, kind="status")
            before.append(status)
        fields = before + behind
    return fields


def _data_of(field: Field) -> bytes:
    """The bytes of a field; none of one that nobody can read."""
    return field.data or b""


def statuses_joined(fields: list[Field], text: str) -> list[Field]:
    """Bytes behind a name of status words are one; SW2 may have a name of its own."""
    joined: list[Field] = []
    stop = 0
    for field in fields:
        before = text[stop : field.start]
        stop = field.stop
        data = _data_of(field)
        last_data = b""
        if joined:
            last_data = _data_of(joined[-1])
        if len(last_data) == len(data) == 1 and _SECOND_STATUS.match(before):
            sw1 = joined.pop()
            status = replace(sw1, stop=field.stop, data=last_data + data, kind="status")
            joined.append(status)
            continue
        if len(data) > 2 or not _STATUS.search(before):
            joined.append(field)
            continue
        is_told_again = len(data) == 2 and last_data.endswith(data)
        if not is_told_again:
            status = replace(field, kind="status")
            joined.append(status)
    return joined


def names_status(text: str) -> bool:
    """Whether a text ends in a name of status words."""
    return bool(_STATUS.search(text))


def is_status_word(field: Field) -> bool:
    """Whether the bytes of a field are a status word by their first byte (ISO/IEC 7816-4, 5.6)."""
    return field.size == 2 and ends_in_status_word(field)


def ends_in_status_word(field: Field) -> bool:
    """Whether the last two bytes of a field may be a status word."""
    data = _data_of(field)
    if len(data) < 2:
        return False
    return data[-2] in LEGAL_SW1


def without_numbers(fields: list[Field], text: str) -> list[Field]:
    """The fields without counts, codes and single digits that stand in front of something else."""
    return [field for place, field in enumerate(fields) if _are_bytes(fields, place, text)]


def _are_bytes(fields: list[Field], place: int, text: str) -> bool:
    """Whether the digits of a field are bytes and no number."""
    field = fields[place]
    before = text[: field.start]
    rest = text[field.stop :]
    digits = text[field.start : field.stop]
    size = len(digits)
    is_decimal = digits.isdecimal()
    if field.kind == "status":
        return True
    if size > 4 and not is_decimal:
        return True
    is_number = is_decimal and (size < 8 or _is_tick_in_front(fields, place, text))
    if is_number and _in_brackets(text, field):
        return False
    if field.size == 1 and not field.hidden:
        return _is_byte(fields, place, text)
    if size > 6 or not is_decimal:
        return True
    if digits.startswith("0") and _VALUE.search(before):
        return True
    is_quoted = before.endswith(("'", '"')) and rest.startswith(before[-1])
    if is_quoted:
        return True
    behind = fields[place + 1 :]
    if behind and behind[0].kind == "status" and before.strip():
        return True
    is_last = not behind
    return not _is_number(field, rest, is_last)


def _is_tick_in_front(fields: list[Field], place: int, text: str) -> bool:
    """Whether a line begins with a number in round brackets, and has bytes behind it."""
    is_first = place == 0 and text[: fields[0].start].strip() == "("
    return is_first and len(fields) > 1


def _is_byte(fields: list[Field], place: int, text: str) -> bool:
    """Whether a single byte is one: before a status word, or the last in its line."""
    field = fields[place]
    if _is_before_status(fields, place, text):
        return True
    if place != len(fields) - 1:
        return False
    digits = text[field.start : field.stop]
    before = text[: field.start]
    if digits.isdecimal() and _COUNTED.search(before):
        return False
    return _ends(text[field.stop :])


def _is_before_status(fields: list[Field], place: int, text: str) -> bool:
    """Whether a single byte is data in front of a status word, and no counter of lines."""
    if place + 2 != len(fields):
        return False
    field, status = fields[place:]
    if not is_status_word(status):
        return False
    is_first = not text[: field.start].strip()
    between = text[field.stop : status.start].lstrip()
    return not (is_first and between.startswith(_BEGINS_NUMBERING))


def _ends(rest: str) -> bool:
    """Whether nothing but a remark stands behind a single byte; a counter has a bar behind it."""
    before_remark = _REMARK_SIGN.split(rest, maxsplit=1)[0]
    return not re.search("[A-Za-z0-9|]", before_remark)


def _in_brackets(text: str, field: Field) -> bool:
    """Whether a number is in brackets: a tick, a process with its thread."""
    before = text[: field.start].rstrip(" ")
    rest = text[field.stop :]
    opening = before[-1:]
    closing = rest.lstrip(" ")[:1]
    brackets = opening + closing
    before_bracket = before[:-1]
    if field.size == 1 and not before.strip() and closing in (":", ".", ")"):
        is_numbering = not rest[1:2].isalnum()
        if is_numbering:
            return True
    data = _data_of(field)
    is_like_status = bool(data) and data[0] in LEGAL_SW1
    if brackets == "()" and _LOGGERS_TAG.search(before_bracket):
        return True
    if brackets in ("()", "[]"):
        is_first = not before_bracket.strip()
        if is_first and is_status_word(field) and _stands_alone(text, field):
            return False
        return is_first or not is_like_status
    if brackets == ":]":
        return True
    if opening == ":" and _is_behind_source_line(text[: field.start]):
        return not is_like_status
    is_front = opening in ("(", "[", COLUMN, STAMP)
    return is_front and bool(_AND_NUMBER.match(rest))


def _is_behind_source_line(before: str) -> bool:
    """Whether a text ends in the place of a source line, and not in a name of data."""
    if _VALUE.search(before):
        return False
    return bool(_SOURCE_LINE.search(before))


def _stands_alone(text: str, field: Field) -> bool:
    """Whether nothing but a remark in brackets follows a number in brackets."""
    rest = text[field.stop + 1 :]
    before_remark = rest.split("(")[0]
    return not re.search("[0-9A-Za-z]", before_remark)


def _is_number(field: Field, rest: str, is_last: bool) -> bool:
    """Whether decimal digits are a count and no bytes: something follows that is counted."""
    if is_status_word(field):
        return False
    if is_last:
        return bool(_COUNTED_BEHIND.match(rest))
    return bool(_GOES_ON_BEHIND.match(rest))
