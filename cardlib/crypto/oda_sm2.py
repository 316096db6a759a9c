# SPDX-License-Identifier: MIT
"""Offline data authentication with SM2: certificates, SDA, DDA, fDDA and CDA on bytes.

Source: PBOC 3.0 Part 17 (JR/T 0025), second hand: a chain of published test cards verifies. Nothing
is recovered from a signature: each object is a plain part, then the numbers r and s. A key is the
point of the signer, x and y, 64 bytes.
"""

from __future__ import annotations

from datetime import date

from ..core.codec import to_hex
from ..core.errors import NotVerifiable
from ..core.model import Proof
from .oda import Form, Opened, algorithm_fault, expiry_fault, identifier_fault, pan_fault
from .sm import sm2_verify

ISSUER = 0x12
STATIC = 0x13
CARD = 0x14
DYNAMIC = 0x15

_KEY_FIELDS: Form = (
    ("expiry (MMYY)", 2),
    ("serial number", 3),
    ("signature algorithm", 1),
    ("key algorithm", 1),
    ("curve", 1),
    ("key length", 1),
    ("key", 64),
)
# What stands between format byte and signature, with its length in bytes; 0: the rest.
FORMS: dict[int, Form] = {
    ISSUER: (("issuer identifier", 4), *_KEY_FIELDS),
    STATIC: (("data authentication code", 2),),
    CARD: (("PAN", 10), *_KEY_FIELDS),
    DYNAMIC: (("length of dynamic data", 1), ("dynamic data", 0)),
}
_FIXED = {
    "signature algorithm": b"\x04",
    "key algorithm": b"\x00",
    "curve": b"\x11",
    "key length": b"\x40",
}
_SIGNATURE = 64


def looks_like(form: int, value: bytes) -> bool:
    """Whether a certificate or signature has format byte and length of one with SM2."""
    sizes = [size for _, size in FORMS[form]]
    total = 1 + sum(sizes) + _SIGNATURE
    if 0 in sizes:
        return value[:1] == bytes((form,)) and len(value) >= total
    return value[:1] == bytes((form,)) and len(value) == total


def _open(key: bytes, signed: bytes, form: int, beyond: bytes | None, missing: str = "") -> Opened:
    """Cut a signed object and check its signature.

    `beyond` is what the signature covers behind the plain part. None says that it is not known;
    `missing` then says why.
    """
    if not looks_like(form, signed):
        start = to_hex(signed[:1]) or "nothing"
        fault = f"{len(signed)} bytes that begin with {start} are no object {form:02X} with SM2"
        return Opened({}, "failed", fault)
    plain = signed[:-_SIGNATURE]
    fields = _cut(plain, form)
    fault = algorithm_fault(fields, _FIXED)
    if fault:
        return Opened(fields, "failed", fault)
    if beyond is None:
        return Opened(fields, "not checkable", missing)
    try:
        is_right = sm2_verify(key, plain + beyond, signed[-_SIGNATURE:])
    except NotVerifiable as error:
        return Opened(fields, "not checkable", error.reason)
    if not is_right:
        return Opened(fields, "failed", "the signature is not of this key over these data")
    return Opened(fields, "verified", "")


def _cut(plain: bytes, form: int) -> dict[str, bytes]:
    """The fields of a plain part, by their names."""
    fields = {}
    start = 1
    for name, size in FORMS[form]:
        stop = len(plain)
        if size:
            stop = start + size
        fields[name] = plain[start:stop]
        start = stop
    return fields


def _key_of(opened: Opened) -> bytes | None:
    """The key of a certificate, unless the certificate is wrong."""
    if opened.verdict == "failed":
        return None
    return opened.fields["key"]


def issuer_certificate(
    ca: bytes, certificate: bytes, pan: str = "", today: date | None = None
) -> tuple[Proof, bytes | None]:
    """The issuer's key from 90; PAN and date are compared where they are given."""
    opened = _open(ca, certificate, ISSUER, b"")
    faults = identifier_fault(opened, pan), expiry_fault(opened, today)
    return opened.proof("issuer certificate", *faults), _key_of(opened)


def card_certificate(
    issuer: bytes,
    certificate: bytes,
    static: bytes | None = b"",
    pan: str = "",
    today: date | None = None,
    missing: str = "the static data that its signature covers are not complete",
) -> tuple[Proof, bytes | None]:
    """The card's key from 9F46 and the static data; None for these leaves the signature unchecked."""
    opened = _open(issuer, certificate, CARD, static, missing)
    faults = pan_fault(opened, pan), expiry_fault(opened, today)
    return opened.proof("card certificate", *faults), _key_of(opened)


def static_data(issuer: bytes, signed: bytes, static: bytes) -> Proof:
    """SDA: the signature 93 over the static data."""
    return _open(issuer, signed, STATIC, static).proof("SDA")


def dynamic_data(card: bytes, signed: bytes, data: bytes, name: str = "DDA") -> tuple[Proof, bytes]:
    """DDA, fDDA and CDA: the signature 9F4B over data of the terminal, and the card's dynamic data."""
    opened = _open(card, signed, DYNAMIC, data)
    dynamic = opened.fields.get("dynamic data", b"")
    fault = ""
    if opened.fields:
        length = opened.fields["length of dynamic data"][0]
        if length != len(dynamic):
            fault = f"length of dynamic data is {length}, there are {len(dynamic)} bytes"
    return opened.proof(name, fault), dynamic
