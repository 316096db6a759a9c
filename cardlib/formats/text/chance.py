# SPDX-License-Identifier: MIT
"""How unlikely it is that bytes look like this dialogue by chance, in bits.

Any bytes hold something like a command somewhere, and the more ways there are to cut them into
halves, the better one of these ways fits. So what the halves show is weighed against the number of
ways in which fields that stand in the same surroundings were taken for different things.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ...core.apdu import LEGAL_SW1, parse_command
from ...core.model import record
from . import costs
from .fields import Field

ARROW = re.compile(r"\s*[<>=→←-]{1,5}:?\s*")
LEAST = 5.0  # bits with which a dialogue is none by chance

# What a command shows (ISO/IEC 7816-4, 5.4).
_KNOWN_INSTRUCTION = 2.0  # a quarter of all pairs of class and instruction have a name
_UNKNOWN_INSTRUCTION = -2.5
_USUAL_CLASS = 1.5
_UNUSUAL_CLASS = -3.5
_LENGTH_FITS = 8.0  # one byte of 256
_LENGTH_WRONG = -6.0

# What an answer shows (ISO/IEC 7816-4, 5.6).
_SUCCESS = 16.0  # two bytes
_USUAL_STATUS = 4.5  # one of eleven first bytes
_LEGAL_STATUS = 2.5
_NO_STATUS = -6.0
_TEMPLATE = 8.0
_OBJECTS = 3.0
_WRONG_TEMPLATE = -4.0

_AGREE = 8.0  # the answer has the length, or the name, that the command asks for
_HALF_MISSING = -4.0
_TOO_SHORT = -6.0
_LEAST_COMMAND = 4
_HEADER = 5
_WAYS = 2.0  # what a bit of choice weighs: the search takes the best of all ways

_USES = {"C": "command", "A": "answer", "K": "row", "S": "row", "F": "row", "N": "left out"}


@record
class Pair:
    """The bytes of a command and of its answer; None where a half is missing, empty if unreadable."""

    command: bytes | None
    answer: bytes | None


def has_only_arrows(fields: Sequence[Field]) -> bool:
    """Whether nothing but an arrow stands in front of all bytes: somebody says what they are."""
    return all(ARROW.fullmatch(field.pre) for field in fields)


def bits(fields: Sequence[Field], roles: str) -> float:
    """What speaks for a reading, less the ways that there were to read something."""
    shown = sum(pair_bits(pair) for pair in pairs(fields, roles))
    return shown - _WAYS * ways(fields, roles)


def pairs(fields: Sequence[Field], roles: str) -> Iterator[Pair]:
    """The exchanges of a reading."""
    command: bytes | None = None
    answer: bytes | None = None
    for field, role in zip(fields, roles, strict=True):
        data = field.data or b""
        if role == "C":
            yield Pair(command, answer)
            command, answer = data, None
        elif role == "A":
            if answer is not None:
                yield Pair(command, answer)
                command = None
            answer = data
        elif role == "F" and answer:
            answer = answer[:-2] + data + answer[-2:]
        elif role in "KS" and answer is not None:
            answer += data
        elif role == "K" and command is not None:
            command += data
    yield Pair(command, answer)


def pair_bits(pair: Pair) -> float:
    """What an exchange shows; a half that nobody can read shows nothing."""
    shown = 0.0
    if pair.command:
        shown += _command_bits(pair.command)
    if pair.answer:
        shown += _answer_bits(pair.answer)
    if pair.command and pair.answer and costs.pair(pair.command, pair.answer) < 0:
        shown += _AGREE
    if (pair.command is None) != (pair.answer is None):
        shown += _HALF_MISSING
    return shown


def _command_bits(data: bytes) -> float:
    if len(data) < _LEAST_COMMAND:
        return _TOO_SHORT
    shown = _UNKNOWN_INSTRUCTION
    if costs.is_known(data[0], data[1]):
        shown = _KNOWN_INSTRUCTION
    if costs.is_usual_class(data[0]):
        shown += _USUAL_CLASS
    else:
        shown += _UNUSUAL_CLASS
    if len(data) > _HEADER:
        if parse_command(data).error:
            shown += _LENGTH_WRONG
        else:
            shown += _LENGTH_FITS
    return shown


def _answer_bits(data: bytes) -> float:
    if len(data) < 2 or data[-2] not in LEGAL_SW1:
        return _NO_STATUS
    shown = _LEGAL_STATUS
    if data[-2:] == b"\x90\x00":
        shown = _SUCCESS
    elif costs.status(data) <= costs.USUAL_STATUS:
        shown = _USUAL_STATUS
    tiling = costs.tiling(data[:-2])
    if tiling <= costs.TILES_TEMPLATE:
        return shown + _TEMPLATE
    if tiling < 0:
        return shown + _OBJECTS
    if tiling > 0:
        return shown + _WRONG_TEMPLATE
    return shown


def ways(fields: Sequence[Field], roles: str) -> float:
    """The binary logarithm of the ways to give fields in the same surroundings these roles."""
    chosen = list(_chosen(fields, roles))
    shared = Counter(_surroundings(field) for field, _ in chosen)
    uses_by_place: dict[str, dict[str, int]] = {}
    for field, use in chosen:
        place = _surroundings(field)
        if shared[place] == 1:
            place = f"{field.direction}|{field.place}"
        uses = uses_by_place.setdefault(place, {})
        uses[use] = uses.get(use, 0) + 1
    return sum(_arrangements(list(uses.values())) for uses in uses_by_place.values())


def _chosen(fields: Sequence[Field], roles: str) -> Iterator[tuple[Field, str]]:
    """The fields of which only the bytes decide what they are, each with its use."""
    above: Field | None = None
    for field, role in zip(fields, roles, strict=True):
        use = _USES.get(role)
        is_next_row = role == "K" and above is not None and _goes_on(field, above)
        above = field
        if use is None or is_next_row or _has_no_choice(field, role):
            continue
        yield field, use


def _surroundings(field: Field) -> str:
    """The text around a field. One that no other field has, as an address in front, says nothing."""
    return f"{field.pre.strip()}|{field.label}|{field.place}"


def _goes_on(field: Field, above: Field) -> bool:
    """Whether a field stands directly below a full row of the same width."""
    return field.is_bare and not field.gap and above.is_full_row and field.size <= above.size


def _has_no_choice(field: Field, role: str) -> bool:
    """Whether something else than its bytes decides what a field is."""
    if field.kind in ("number", "piece") or field.kind.startswith("begins") or field.offset:
        return True
    return role == "N" and field.size < 2


def _arrangements(counts: Sequence[int]) -> float:
    """The binary logarithm of the orders in which so many things of each sort can stand."""
    total = math.lgamma(sum(counts) + 1)
    alike = sum(math.lgamma(count + 1) for count in counts)
    return (total - alike) / math.log(2)
