# SPDX-License-Identifier: MIT
"""Machine-readable zones of passports, identity cards and visas (ICAO Doc 9303), with their check digits."""

from __future__ import annotations

import functools
import re

from ..core.dictionary import load
from ..core.escape import counted
from ..core.layout import Layout, compile_layout
from ..core.layout.checks import mrz_digit
from .model import FITS, LIKELY, PROVEN, Caller, Reading, refuse
from .paste import Pasted
from .tables import alone

_REF = "ICAO Doc 9303-3, 4.9"
_ZONE = re.compile(r"[A-Z0-9<]+")
_SIZES = {90: "TD1, three lines of 30", 72: "TD2, two lines of 36", 88: "TD3, two lines of 44"}
_VISAS = {72: "MRV-B, a visa of two lines of 36", 88: "MRV-A, a visa of two lines of 44"}
# Where the number stands, its check digit, and the optional data in which a long number goes on: TD1, TD2.
_NUMBERS = {
    90: (slice(5, 14), slice(14, 15), slice(15, 30)),
    72: (slice(36, 45), slice(45, 46), slice(64, 71)),
}


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
    name = _SIZES[size]
    is_visa = zone.startswith("V")
    if is_visa:
        name = _VISAS.get(size, "")
    data = zone.encode()
    nodes = tuple(alone(node) for node in _layout().parse(data))
    wrong = [node.name for node in nodes if node.error]
    if size in _NUMBERS and not is_visa and not _has_right_number(data):
        wrong.append("number check")
    title = f"machine-readable zone, {name}"
    checks = [node for node in nodes if node.name.endswith("check")]
    if all(node.value == b"<" for node in checks):
        return Reading("mrz", title, FITS, "its form; it has no check digits", nodes)
    if not wrong:
        return Reading("mrz", title, PROVEN, "all check digits are right", nodes)
    remark = f"check digits that are wrong: {', '.join(wrong)}"
    strength = FITS
    if 2 * len(wrong) <= len(checks):
        strength = LIKELY
    reason = f"its form; {counted(len(wrong), 'check digit')} of {len(checks)} wrong"
    return Reading("mrz", title, strength, reason, nodes, (remark,))


@functools.cache
def _layout() -> Layout:
    """The zone as the chip of a document has it, without the ends of its lines."""
    resources = load("emrtd").resources
    layouts = resources.layouts
    return compile_layout(layouts["MRZ"], names=resources.names, layouts=layouts, ref=_REF)


def _has_right_number(data: bytes) -> bool:
    """Whether the number in TD1 or TD2 has its check digit; of a long one it ends the number (9303-5, 4.2.2)."""
    number_place, check_place, optional_place = _NUMBERS[len(data)]
    number = data[number_place]
    check = data[check_place]
    if not number.strip(b"<"):
        return True
    if check == b"<":
        continued, _, _ = data[optional_place].partition(b"<")
        number += continued[:-1]
        check = continued[-1:]
    return check == mrz_digit(number)
