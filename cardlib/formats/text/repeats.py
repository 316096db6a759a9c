# SPDX-License-Identifier: MIT
"""Bytes that a log tells more than once: echoes at several levels of a program, printed trees, plain twins."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.apdu import LEGAL_SW1, is_secure
from ...core.model import record
from . import costs
from .fields import Field

_NEAR = 6  # blocks around
_FAR = 60  # blocks before, where the longer one is clearly longer
_CLEARLY = 3  # bytes
_TWIN_NEAR = 6
_MOST = 1 << 16  # bytes of a block that are looked through


@record
class _Block:
    first: int
    stop: int
    data: bytes
    shape: str


NO, AGAIN, PART = 0, 1, 2


def repeated(fields: Sequence[Field]) -> list[int]:
    """Whether the bytes of each field stand in a block near by that is not shorter than its own.

    PART: they are a part of one before that is clearly longer.
    """
    blocks = _blocks(fields)
    flags = [NO] * len(fields)
    for place, block in enumerate(blocks):
        size = len(block.data)
        before = blocks[max(0, place - _NEAR) : place]
        behind = blocks[place + 1 : place + 1 + _NEAR]
        far = blocks[max(0, place - _FAR) : max(0, place - _NEAR)]
        others = [
            other.data
            for other in before + behind
            if len(other.data) > size or (len(other.data) == size and other.shape != block.shape)
        ]
        longer = [other.data for other in far + before if len(other.data) >= size + _CLEARLY]
        earlier = [other.data for other in before if other.shape != block.shape]
        beginnings = [other.data for other in before if len(other.data) > size]
        for index in range(block.first, block.stop):
            data = fields[index].data
            if not data or len(data) < 2 or len(set(data)) == 1:
                continue  # zeros stand in many places
            is_status = len(data) in (2, 3) and data[0] in LEGAL_SW1  # some readers add a byte
            if is_status and not fields[index].is_bare:
                same = [other.data for other in before if other.shape == block.shape]
                if any(data in other for other in same):
                    continue  # the status word of another answer
            near = others
            if is_status:
                # Of two equal status words, the later one is told again.
                near = [other for other in others if len(other) > size] + earlier
            is_beginning = any(other.startswith(data) for other in beginnings)
            if is_beginning or any(data in other for other in longer):
                flags[index] = PART
            elif any(data in other for other in near):
                flags[index] = AGAIN
    return flags


def without_unfounded(fields: Sequence[Field], roles: str, flags: list[int]) -> list[int]:
    """The flags, without those of bytes that a reading calls told again though no half has them.

    Of two lines that repeat each other, a reading may leave out both.
    """
    halves = b"\xff\xff".join(_half_bytes(fields, roles))
    missing = b""
    checked = list(flags)
    for index, (field, role) in enumerate(zip(fields, roles, strict=True)):
        data = field.data or b""
        if role != "D" or not flags[index] or data in halves or data in missing:
            continue
        missing += data
        checked[index] = NO
    return checked


def _half_bytes(fields: Sequence[Field], roles: str) -> list[bytes]:
    """The bytes of each half of a reading."""
    halves: list[bytes] = []
    for field, role in zip(fields, roles, strict=True):
        data = field.data or b""
        if role in "CAX" or (role in "KSF" and not halves):
            halves.append(data)
        elif role == "F":
            halves[-1] = halves[-1][:-2] + data + halves[-1][-2:]
        elif role in "KS":
            halves[-1] += data
    return halves


def plain_twins(fields: Sequence[Field]) -> list[bool]:
    """Whether each field is a command in clear of which the protected form stands near by."""
    flags = [False] * len(fields)
    by_header: dict[bytes, list[int]] = {}
    for index, field in enumerate(fields):
        data = field.data
        if data and len(data) > 3:
            by_header.setdefault(data[1:4], []).append(index)
    for indices in by_header.values():
        for index in indices:
            flags[index] = any(
                0 < abs(other - index) <= _TWIN_NEAR and _protects(fields[other], fields[index])
                for other in indices
            )
    return flags


def _protects(field: Field, plain: Field) -> bool:
    data = field.data or b""
    clear = plain.data or b""
    if not is_secure(data[0]) or is_secure(clear[0]) or len(data) <= len(clear):
        return False
    is_same_class = data[0] & 0xF3 == clear[0] & 0xF3 or data[0] & 0x80 == clear[0] & 0x80
    return is_same_class and costs.is_sound_command(data)


def _blocks(fields: Sequence[Field]) -> list[_Block]:
    """Rows below each other, joined."""
    blocks: list[_Block] = []
    for index, field in enumerate(fields):
        data = (field.data or b"")[:_MOST]
        last = blocks[-1] if blocks else None
        if last and field.is_bare and not field.gap and index and last.data:
            is_row = len(last.data) + len(data) <= _MOST
            is_marked = not fields[last.first].is_bare or bool(fields[last.first].label)
            is_plain = not field.tail and not fields[index - 1].tail
            if is_row and ((is_marked and is_plain) or _goes_on(fields[index - 1], field)):
                blocks[-1] = _Block(last.first, index + 1, last.data + data, last.shape)
                continue
        blocks.append(_Block(index, index + 1, data, f"{field.place}{field.label}|{field.pre}"))
    return blocks


def _goes_on(above: Field, field: Field) -> bool:
    """Whether a row continues the one above: that is full, or in a dump."""
    if field.offset is not None:
        return field.offset != 0
    return above.is_full_row
