# SPDX-License-Identifier: MIT
"""Machine-readable zones of passports, identity cards and visas (ICAO Doc 9303), with their check digits."""

from __future__ import annotations

import re

from ..core.layout.checks import mrz_digit
from ..core.model import Node
from .model import FITS, LIKELY, PROVEN, Caller, Reading, counted, refuse
from .paste import Pasted
from .tables import alone, layout

_REF = "ICAO Doc 9303-3, 4.9"
_ZONE = re.compile(r"[A-Z0-9<]+")
_SIZES = {90: "TD1, three lines of 30", 72: "TD2, two lines of 36", 88: "TD3, two lines of 44"}
_VISAS = {72: "MRV-B, a visa of two lines of 36", 88: "MRV-A, a visa of two lines of 44"}
# Where the number, its check digit and the optional data stand that a long number goes on in.
_LONG_NUMBERS = {90: (5, 14, 30), 72: (36, 45, 71)}
_OPTIONAL = {90: 15, 72: 64}


def read_mrz(paste: Pasted, caller: Caller) -> Reading:
    """A zone of two or three lines, also where they are pasted as one."""
    zone = "".join(paste.text.split()).replace("«", "<<")
    if zone.islower() or (zone.upper() != zone and "<" in zone):
        zone = zone.upper()
    if not _ZONE.fullmatch(zone) or "<" not in zone:
        raise refuse("letters, digits and < alone, with a < among them")
    size = len(zone)
    if size not in _SIZES:
        raise refuse(f"a zone has 72, 88 or 90 characters, {size} here")
    if not zone[0].isalpha():
        raise refuse("the first character of a zone is a letter")
    name = _VISAS.get(size, "") if zone.startswith("V") else _SIZES[size]
    data = zone.encode()
    nodes = tuple(alone(node) for node in layout("MRZ", ref=_REF).parse(data))
    wrong = [node.name for node in nodes if node.error]
    wrong += _wrong_number(data, nodes)
    title = f"machine-readable zone, {name}"
    if not wrong:
        return Reading("mrz", title, PROVEN, "all check digits are right", nodes)
    remark = f"check digits that are wrong: {', '.join(wrong)}"
    checks = sum(node.name.endswith("check") for node in nodes)
    strength = LIKELY if 2 * len(wrong) <= checks else FITS
    reason = f"its form; {counted(len(wrong), 'check digit')} of {checks} wrong"
    return Reading("mrz", title, strength, reason, nodes, (remark,))


def _wrong_number(data: bytes, nodes: tuple[Node, ...]) -> list[str]:
    """The check digit of a number in TD1 or TD2; of a long one it stands in the optional data (9303-5, 4.2.2)."""
    if len(data) not in _LONG_NUMBERS or data[:1] == b"V":
        return []
    start, check, end = _LONG_NUMBERS[len(data)]
    number = data[start:check]
    digit = data[check : check + 1]
    if digit == b"<" and number.strip(b"<"):
        optional = data[_OPTIONAL[len(data)] : end]
        rest = optional.partition(b"<")[0]
        number, digit = number + rest[:-1], rest[-1:]
    is_right = digit == _digit(number) or not number.strip(b"<")
    return [] if is_right else ["number check"]


def _digit(characters: bytes) -> bytes:
    return mrz_digit(characters)
