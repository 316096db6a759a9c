# SPDX-License-Identifier: MIT
"""Secrets behind their tag in bytes that could not be cut into data objects.

One byte that is lost or wrong moves all objects behind it, and those before a lost beginning are never reached. The
tags that payment guards are looked for in what is left over, and a value counts if it has the form of its kind: a
card number is digits, a name is text. Nothing is hidden for its form alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ..core.dictionary import Row, head_of, load, shipped
from ..core.model import Fact, Node, Sensitive, record
from ..core.values import sizes

LEAST = 3  # bytes of a value that fits its length
LEAST_CUT = 4  # bytes of a value whose length runs over the end
LEAST_LOOSE = 6  # bytes of a value whose length is wrong
MOST = 64  # bytes of a value
ERROR = "its length does not fit"

_DIGITS = (
    rb"[\x00-\x09\x10-\x19\x20-\x29\x30-\x39\x40-\x49\x50-\x59\x60-\x69\x70-\x79\x80-\x89\x90-\x99]"
)
_LAST = rb"[\x0F\x1F\x2F\x3F\x4F\x5F\x6F\x7F\x8F\x9F]?\xFF*"
_SEPARATOR = rb"(?:[\xD0-\xD9]|[\x0D\x1D\x2D\x3D\x4D\x5D\x6D\x7D\x8D\x9D])"
_TEXT = re.compile(rb"[ -~]+")
_NUMBER = re.compile(_DIGITS + rb"+" + _LAST)
_TRACK = re.compile(_DIGITS + rb"+(?:" + _SEPARATOR + _DIGITS + rb"*)?" + _LAST)
_TRACK_TEXT = re.compile(rb"B?\d[ -~]*")  # format B of track 1, or digits (ISO/IEC 7813)
_ANYTHING = re.compile(rb"[\x00-\xFF]+")
# What values look like by the format of their row; of no format, they may be anything.
_FORMS = {
    "n": _NUMBER,
    "cn": _NUMBER,
    "track2": _TRACK,
    "an": _TEXT,
    "ans": _TEXT,
    "": _ANYTHING,
}


@record
class Guard:
    """What a row says of a secret that payment guards: its kind, its form, and how many bytes it has at most."""

    kind: Sensitive
    form: re.Pattern[bytes]
    most: int


@cache
def guarded() -> dict[str, Row]:
    """Rows of tags that are secret where no application is known, too, of the applications that guard them."""
    rows: dict[str, Row] = {}
    for name in shipped():
        if not head_of(name).get("guards"):
            continue
        for tag, row in load(name).tags.items():
            if "sensitive" in row:
                rows[tag] = row
    return rows


@cache
def _guards() -> dict[bytes, Guard]:
    guards = {}
    for tag, row in guarded().items():
        kind = row["sensitive"]
        form = _FORMS.get(row.get("format", ""))
        if form is _TEXT and kind == "track":
            form = _TRACK_TEXT
        if form:
            most = max((high for _, high in sizes(row.get("length", "var"))), default=MOST)
            guards[bytes.fromhex(tag)] = Guard(kind, form, min(most, MOST))
    return guards


@cache
def _heads() -> re.Pattern[bytes]:
    longest_first = sorted(_guards(), key=len, reverse=True)
    return re.compile(b"|".join(map(re.escape, longest_first)))


def secrets_in(buf: bytes, start: int, stop: int, is_broken: bool) -> Iterator[Node]:
    """Values of guarded tags between two places; `is_broken`: where a length may be wrong."""
    at = start
    while match := _heads().search(buf, at, stop):
        tag = match[0]
        body, size = _length(buf, match.end(), stop)
        guard = _guards()[tag]
        count, error = _count(guard, buf[body:stop], size, is_broken)
        at = match.end()
        if count:
            fact = Fact(tag.hex().upper(), "", sensitive=guard.kind)
            yield Node(fact, buf, match.start(), body, body + count, error=error)
            at = body + count


def _length(buf: bytes, at: int, stop: int) -> tuple[int, int]:
    """Where a value begins, and its length; of a length that is none, more than there is (X.690, 8.1.3)."""
    too_much = stop - at + 1
    if at >= stop:
        return stop, too_much
    first = buf[at]
    if first < 0x80:
        return at + 1, first
    count = first & 0x7F
    if not 1 <= count <= 2 or at + count >= stop:
        return at + 1, too_much
    body = at + 1 + count
    return body, int.from_bytes(buf[at + 1 : body])


def _count(guard: Guard, data: bytes, size: int, is_broken: bool) -> tuple[int, str]:
    """How many bytes behind tag and length are the value, and what is wrong with it; 0 where they are none."""
    match = guard.form.match(data[: guard.most])
    reach = match.end() if match else 0
    if LEAST <= size <= reach:
        if is_broken and reach >= LEAST_LOOSE and size < LEAST_LOOSE:
            return reach, ERROR
        return size, ""
    if not is_broken:
        return 0, ""
    is_cut = size > len(data) and reach >= LEAST_CUT
    if is_cut or reach >= LEAST_LOOSE:
        return reach, ERROR
    return 0, ""
