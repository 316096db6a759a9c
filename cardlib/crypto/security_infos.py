# SPDX-License-Identifier: MIT
"""What a chip lists about its protocols: SecurityInfos, and the static keys in them (ICAO Doc 9303-11, 9.2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.errors import NotVerifiable
from ..core.model import record
from ..core.secure import Object, objects_of
from .curves import UNCOMPRESSED, Curve, Domain, domain_of

_GROUP = "6E"  # DG14 is a template around the list
_DH_KEY, _CURVE_KEY = bytes.fromhex("04007F000702020101"), bytes.fromhex("04007F000702020102")
_STANDARD = bytes.fromhex("04007F00070102")  # domain parameters by their number
_NUMBERS = (8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)
_UNUSED_BITS = 1  # the byte in front of a bit string


@record
class ChipKey:
    """The static key of a chip: its kind ("DH", "EC"), its bytes, and its domain where that is a known one."""

    kind: str
    public: bytes
    domain: Domain | None


def security_infos(content: bytes) -> Iterator[Sequence[Object]]:
    """The parts of each SecurityInfo: an identifier first, then what it needs."""
    outer = objects_of(content)
    if outer and outer[0].tag == _GROUP:
        outer = objects_of(outer[0].value)
    for infos in outer:
        for info in objects_of(infos.value):
            parts = objects_of(info.value)
            if parts and parts[0].tag == "06":
                yield parts


def chip_key_of(parts: Sequence[Object]) -> ChipKey | None:
    """The static key of a SecurityInfo; None where it has none."""
    kinds = {_DH_KEY: "DH", _CURVE_KEY: "EC"}
    kind = kinds.get(parts[0].value)
    if kind is None or len(parts) < 2:
        return None
    fields = objects_of(parts[1].value)
    if len(fields) < 2 or fields[1].tag != "03":
        return None
    return ChipKey(kind, fields[1].value[_UNUSED_BITS:], _domain_in(fields[0].value))


def _domain_in(algorithm: bytes) -> Domain | None:
    """The domain that an algorithm names by its number, or writes out."""
    fields = objects_of(algorithm)
    if len(fields) > 1 and fields[0].value == _STANDARD and fields[1].tag == "02":
        try:
            return domain_of(int.from_bytes(fields[1].value))
        except NotVerifiable:
            return None
    for number in _NUMBERS:
        domain = domain_of(number)
        if (
            domain.p.to_bytes(domain.size) in algorithm
            and domain.n.to_bytes(domain.size) in algorithm
        ):
            return domain
    return None


def domains_for(public: bytes) -> list[Domain]:
    """The standardised curves that a public key is a point of."""
    fitting: list[Domain] = []
    for number in _NUMBERS:
        domain = domain_of(number)
        is_of_size = public[:1] == UNCOMPRESSED and len(public) == 1 + 2 * domain.size
        if is_of_size and isinstance(domain, Curve) and _has(domain, public):
            fitting.append(domain)
    return fitting


def _has(curve: Curve, public: bytes) -> bool:
    try:
        curve.point(public)
    except NotVerifiable:
        return False
    return True
