# SPDX-License-Identifier: MIT
"""Digits that are no bytes: counts, codes, ticks; and status words that are called so."""

from __future__ import annotations

import re
from dataclasses import replace

from ...core.apdu import LEGAL_SW1
from .columns import COLUMN, STAMP
from .fields import Field

_SOURCE_LINE = re.compile(r"[A-Za-z_)]:$")

_COUNTED = re.compile(r"(?:len|length|size|count|bytes)\W{0,8}$", re.I)

_AND_NUMBER = re.compile(rf"[:.][\d{COLUMN}{STAMP}]")

_VALUE = re.compile(r"data\s{0,4}[:=]\s{0,4}$", re.I)  # behind which no count stands

_REMARK_SIGN = re.compile(r"\(|//|#|<--|--|;")

_STATUS = re.compile(
    r"(?<![A-Za-z])(?:sw(?:1[ _,/-]{0,2}(?:sw)?2|[12])?|status(?:[ _]?word)?)\W{0,6}$", re.I
)

_SECOND_STATUS = re.compile(r"\W{0,4}sw2\W{0,4}$", re.I)

_STATUS_PAIR = re.compile(
    r"(?<![A-Za-z])sw1\W{1,4}(?:0x)?([0-9A-Fa-f]{1,2})\W{1,4}sw2\W{1,4}(?:0x)?([0-9A-Fa-f]{1,2})"
    r"(?![0-9A-Za-z])",
    re.I,
)


def status_pairs(fields: list[Field], text: str, number: int) -> list[Field]:
    """The fields, with what is called SW1 and SW2 as one."""
    for match in _STATUS_PAIR.finditer(text):
        data = bytes((int(match[1], 16), int(match[2], 16)))
        status = Field(number, match.start(1), match.end(), data, kind="status")
        before = [field for field in fields if field.stop <= match.start()]
        behind = [field for field in fields if field.start >= match.end()]
        if before and (before[-1].data or b"").endswith(data):
            fields = [*before, *behind]  # the answer has it
        else:
            fields = [*before, status, *behind]
    return fields


def statuses_joined(fields: list[Field], text: str) -> list[Field]:
    """Bytes behind a name of status words are one; SW2 may have a name of its own."""
    joined: list[Field] = []
    stop = 0
    for field in fields:
        before = text[stop : field.start]
        last = joined[-1] if joined else None
        size = len(field.data or b"")
        if last and size == 1 and len(last.data or b"") == 1 and _SECOND_STATUS.match(before):
            data = (last.data or b"") + (field.data or b"")
            joined[-1] = replace(last, stop=field.stop, data=data, kind="status")
        elif size <= 2 and _STATUS.search(before):
            if not (last and (last.data or b"").endswith(field.data or b"-") and size == 2):
                joined.append(replace(field, kind="status"))
        else:
            joined.append(field)
        stop = field.stop
    return joined


def without_numbers(fields: list[Field], text: str) -> list[Field]:
    """The fields without counts, codes and single digits that stand in front of something else."""
    kept = []
    for place, field in enumerate(fields):
        digits = text[field.start : field.stop]
        rest = text[field.stop :]
        is_last = place == len(fields) - 1
        if field.kind == "status" or (len(digits) > 4 and not digits.isdecimal()):
            kept.append(field)
        elif digits.isdecimal() and len(digits) < 8 and _in_brackets(text, field):
            continue
        elif len(field.data or b"") == 1 and not field.hidden:
            if _is_before_status(fields, place, text):
                kept.append(field)
            elif is_last and digits.isdecimal() and _COUNTED.search(text[: field.start]):
                continue
            elif is_last and _ends(rest):
                kept.append(field)
        elif (
            digits.isdecimal()
            and len(digits) < 7
            and not (digits[0] == "0" and _VALUE.search(text[: field.start]))
            and _is_number(field, rest, is_last)
        ):
            continue
        else:
            kept.append(field)
    return kept


def _is_before_status(fields: list[Field], place: int, text: str) -> bool:
    """Whether a single byte is data in front of a status word, and no counter of lines."""
    if place + 2 != len(fields) or not is_status_word(fields[place + 1]):
        return False
    is_first = not text[: fields[place].start].strip()
    between = text[fields[place].stop : fields[place + 1].start].lstrip()
    return not (is_first and between[:1] in ("|", ")", ".", ":"))


def _ends(rest: str) -> bool:
    """Whether nothing but a remark stands behind a single byte; a counter has a bar behind it."""
    before_remark = _REMARK_SIGN.split(rest, maxsplit=1)[0]
    return not re.search("[A-Za-z0-9|]", before_remark)


def is_status_word(field: Field) -> bool:
    """Whether the bytes of a field are a status word by their first byte (ISO/IEC 7816-4, 5.6)."""
    return field.size == 2 and ends_in_status_word(field)


def ends_in_status_word(field: Field) -> bool:
    """Whether the last two bytes of a field may be a status word."""
    data = field.data or b""
    return len(data) > 1 and data[-2] in LEGAL_SW1


def _in_brackets(text: str, field: Field) -> bool:
    """Whether a number is in brackets: a tick, a process with its thread."""
    before = text[: field.start].rstrip(" ")
    opening = before[-1:]
    closing = text[field.stop :].lstrip(" ")[:1]
    is_first = not before[:-1].strip()
    is_numbering = not before.strip() and closing in (":", ".", ")") and len(field.data or b"") == 1
    if is_numbering and not text[field.stop + 1 : field.stop + 2].isalnum():
        return True
    if opening + closing in ("()", "[]"):
        if is_first and is_status_word(field) and _stands_alone(text, field):
            return False
        return is_first or (field.data or b"-")[0] not in LEGAL_SW1
    if opening == ":" and (closing == "]" or _SOURCE_LINE.search(text[: field.start])):
        return (field.data or b"-")[0] not in LEGAL_SW1 or closing == "]"
    return bool(opening in ("(", "[", COLUMN, STAMP) and _AND_NUMBER.match(text, field.stop))


def _stands_alone(text: str, field: Field) -> bool:
    """Whether nothing but a remark in brackets follows a number in brackets."""
    return not re.search("[0-9A-Za-z]", text[field.stop + 1 :].split("(")[0])


def _is_number(field: Field, rest: str, is_last: bool) -> bool:
    """Whether decimal digits are a count and no bytes: something follows that is counted."""
    if is_status_word(field):
        return False
    if not is_last:
        return bool(re.match(r"\W{0,3}(?:[A-Za-z:)\]]|\s[0-9A-Fa-f]{2})", rest))
    return bool(re.match(r"\s?[^\W\d_]{2}", rest))
