# SPDX-License-Identifier: MIT
"""Bytes that a log tells more than once: echoes of several programs, printed trees, plain twins."""

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
_ALIKE = 4  # equal bytes that may be told again, as a PIN is
_LEAST_TWIN = 5  # bytes that are no coincidence
_PROPRIETARY = 0x80  # the bit of a class byte (ISO/IEC 7816-4, 5.4.1)
_MOST = 1 << 16  # bytes of a block that are looked through


@record
class _Block:
    """Fields from `first` to before `stop` that are rows of the same bytes."""

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
        around = _around(blocks, place)
        for index in range(block.first, block.stop):
            flags[index] = _flag(fields[index], around)
    _mark_parts_told_together(fields, flags)
    return flags


def _mark_parts_told_together(fields: Sequence[Field], flags: list[int]) -> None:
    """Flag bytes of one line that two others hold in parts: the data, and the status word apart."""
    for index in range(2, len(fields)):
        first, second, third = fields[index - 2 : index + 1]
        if not (first.size and second.size) or third.size < _LEAST_TWIN or third.place:
            continue
        parts = (first.data or b"", second.data or b"")
        if third.data in (parts[0] + parts[1], parts[1] + parts[0]):
            flags[index] = AGAIN


@record
class _Around:
    """The bytes of the blocks around a block, by what a field of that block may be to them.

    twins      equal ones of another shape near by
    longer     longer ones near by
    begun      longer ones just before, which its bytes may begin
    clear      those before that are clearly longer
    earlier    those just before of another shape
    alike      those just before of the same shape
    """

    twins: list[bytes]
    longer: list[bytes]
    begun: list[bytes]
    clear: list[bytes]
    earlier: list[bytes]
    alike: list[bytes]


def _around(blocks: list[_Block], place: int) -> _Around:
    block = blocks[place]
    size = len(block.data)
    first_near = max(0, place - _NEAR)
    first_far = max(0, place - _FAR)
    far = blocks[first_far:first_near]
    before = blocks[first_near:place]
    behind = blocks[place + 1 : place + 1 + _NEAR]
    earlier = _of_another_shape(before, block)
    later = _of_another_shape(behind, block)
    return _Around(
        twins=[near.data for near in earlier + later if len(near.data) == size],
        longer=_longer(before + later, size + 1),
        begun=_longer(before, size + 1),
        clear=_longer(far + before, size + _CLEARLY),
        earlier=[near.data for near in earlier],
        alike=[near.data for near in before if near.shape == block.shape],
    )


def _of_another_shape(blocks: Sequence[_Block], block: _Block) -> list[_Block]:
    return [near for near in blocks if near.shape != block.shape]


def _longer(blocks: Sequence[_Block], least: int) -> list[bytes]:
    return [block.data for block in blocks if len(block.data) >= least]


def _flag(field: Field, around: _Around) -> int:
    """Whether the bytes of a field stand in the blocks around it."""
    data = field.data or b""
    if len(set(data)) < 2 and not _ends_last(data, around):
        return NO  # zeros stand in many places
    others = around.twins
    is_status = len(data) in (2, 3) and data[0] in LEGAL_SW1  # some readers add a byte
    if is_status:
        if not field.is_bare and _stands_in(data, around.alike):
            return NO  # the status word of another answer
        others = around.earlier  # of two equal status words, the later one is told again
    is_beginning = any(begun.startswith(data) for begun in around.begun)
    if is_beginning or _stands_in(data, around.clear):
        return PART
    if _stands_in(data, around.longer) or _stands_in(data, others):
        return AGAIN
    return NO


def _ends_last(data: bytes, around: _Around) -> bool:
    """Whether the last longer block ends in bytes that are all alike, and no zeros."""
    if len(data) < _ALIKE or not any(data) or not around.begun:
        return False
    return around.begun[-1].endswith(data)


def _stands_in(data: bytes, blocks: Sequence[bytes]) -> bool:
    return any(data in block for block in blocks)


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
            near = [place for place in indices if 0 < abs(place - index) <= _TWIN_NEAR]
            flags[index] = any(_protects(fields[place], fields[index]) for place in near)
    return flags


def _protects(field: Field, plain: Field) -> bool:
    """Whether a longer command with the same header is the protected form of one in clear."""
    data = field.data or b""
    clear = plain.data or b""
    if not is_secure(data[0]) or is_secure(clear[0]) or len(data) <= len(clear):
        return False
    is_same_kind = data[0] & _PROPRIETARY == clear[0] & _PROPRIETARY
    return is_same_kind and costs.is_sound_command(data)


def _blocks(fields: Sequence[Field]) -> list[_Block]:
    """Rows below each other, joined."""
    blocks: list[_Block] = []
    for index, field in enumerate(fields):
        data = (field.data or b"")[:_MOST]
        if blocks and _is_row_of(blocks[-1], fields, index):
            block = blocks[-1]
            blocks[-1] = _Block(block.first, index + 1, block.data + data, block.shape)
        else:
            shape = f"{field.place}{field.label}|{field.pre}"
            blocks.append(_Block(index, index + 1, data, shape))
    return blocks


def _is_row_of(block: _Block, fields: Sequence[Field], index: int) -> bool:
    """Whether a field is one more row of the block that ends above it."""
    field = fields[index]
    above = fields[index - 1]
    if not block.data or field.gap or not field.is_bare:
        return False
    if len(block.data) + min(field.size, _MOST) > _MOST:
        return False
    first = fields[block.first]
    is_marked = bool(first.label) or not first.is_bare
    has_tail = field.tail or above.tail
    if is_marked and not has_tail:
        return True
    if field.offset is not None:
        return field.offset != 0
    return above.is_full_row
