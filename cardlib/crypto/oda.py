# SPDX-License-Identifier: MIT
"""Offline data authentication: certificates, SDA, DDA, fDDA and CDA on bytes (EMV 4.4 Book 2, 5 to 7).

A function gives a Proof, with the key or the data that the signature held: also where the hash is right and something
else is not, so that the next signature can still be looked at. Nothing here raises, whatever the bytes.
"""

from __future__ import annotations

import hashlib
from datetime import date

from ..core.codec import parse_cn, parse_date, to_hex
from ..core.errors import NotVerifiable
from ..core.model import Outcome, Proof, record
from .pin import read_pin_data
from .rsa import PublicKey, recover

_KEY = (("expiry (MMYY)", 2), ("serial number", 3), ("hash algorithm", 1), ("key algorithm", 1))
_LENGTHS = (("key length", 1), ("exponent length", 1), ("key digits", 0))
ISSUER, STATIC, CARD, DYNAMIC = 2, 3, 4, 5
FORMS: dict[int, tuple[tuple[str, int], ...]] = {  # what stands between format byte and hash; length 0: the rest
    ISSUER: (("issuer identifier", 4), *_KEY, *_LENGTHS),  # table 6
    STATIC: (("hash algorithm", 1), ("data authentication code", 2), ("padding", 0)),  # table 7
    CARD: (("PAN", 10), *_KEY, *_LENGTHS),  # table 14
    DYNAMIC: (("hash algorithm", 1), ("length of dynamic data", 1), ("dynamic data", 0)),  # table 17
}
_HIDDEN = ("key digits", "padding")  # not told as facts
_FIXED = {"hash algorithm": b"\x01", "key algorithm": b"\x01"}  # SHA-1 and RSA, the only ones (B2.1, B3.1)


@record
class _Opened:
    """A signature as far as it could be checked: its fields are empty where the key does not fit."""

    fields: dict[str, bytes]
    verdict: Outcome
    reason: str

    def proof(self, name: str, *more: str) -> Proof:
        """The verdict, which fails for the first further reason that is given."""
        facts = tuple((field, value) for field, value in self.fields.items() if field not in _HIDDEN)
        wrong = next(filter(None, more), "")
        if wrong and self.verdict != "failed":
            return Proof(name, "failed", wrong, facts)
        return Proof(name, self.verdict, self.reason, facts)


def _open(key: PublicKey, signed: bytes, form: int, hashed: bytes | None, missing: str = "") -> _Opened:
    """Recover, cut and compare; `hashed` is what the hash covers beyond the signature, None where it is not known."""
    try:
        text = recover(key, signed)
        fields = _cut(text, form)
    except NotVerifiable as error:
        return _Opened({}, "not checkable", error.reason)
    frame = {"header": (text[:1], b"\x6a"), "trailer": (text[-1:], b"\xbc"), "format": (text[1:2], bytes((form,)))}
    for what, (got, wanted) in frame.items():
        if got != wanted:
            return _Opened({}, "failed", f"{what} is {to_hex(got)}, not {to_hex(wanted)}")
    for what, wanted in _FIXED.items():
        if fields.get(what, wanted) != wanted:
            return _Opened(fields, "failed", f"{what} is {to_hex(fields[what])}, not {to_hex(wanted)}")
    if hashed is None:
        return _Opened(fields, "not checkable", missing)
    digest, stated = hashlib.sha1(text[1:-21] + hashed, usedforsecurity=False).digest(), text[-21:-1]
    if digest != stated:
        return _Opened(fields, "failed", f"hash is {to_hex(stated)}, computed {to_hex(digest)}")
    return _Opened(fields, "verified", "")


def _cut(text: bytes, form: int) -> dict[str, bytes]:
    rest = len(text) - 23 - sum(length for _, length in FORMS[form])
    if rest < 0:
        raise NotVerifiable(f"a key of {len(text)} bytes is too short for what is signed")
    fields, start = {}, 2
    for name, length in FORMS[form]:
        stop = start + (length or rest)
        fields[name], start = text[start:stop], stop
    return fields


def _key(opened: _Opened, remainder: bytes, exponent: bytes) -> tuple[PublicKey | None, str]:
    """The key of a certificate, put together with its remainder, or what does not fit (5.3, 6.3, 6.4)."""
    if not opened.fields or opened.verdict == "failed":
        return None, ""
    fields, length = opened.fields, opened.fields["key length"][0]
    if (stated := fields["exponent length"][0]) != len(exponent):
        return None, f"exponent length is {stated}, the exponent given has {len(exponent)} bytes"
    digits = fields["key digits"]
    padding = digits[length:]
    if padding.strip(b"\xbb") or (padding and remainder):
        return None, f"padding behind a key of {length} bytes is not BB, or there is a remainder too"
    modulus = digits[:length] + remainder
    if len(modulus) != length:
        return None, f"key length is {length}, certificate and remainder hold {len(modulus)} bytes"
    return PublicKey(modulus, exponent), ""


def _expiry(opened: _Opened, today: date | None) -> str:
    """What is wrong with the date of a certificate, which holds to the end of its month (5.3, step 8)."""
    if not opened.fields:
        return ""
    stated = opened.fields["expiry (MMYY)"]
    month = parse_date(stated[1:] + stated[:1] + b"\x01")
    if month is None:
        return f"expiry {to_hex(stated)} is no month"
    if today and (today.year, today.month) > (month.year, month.month):
        return f"expiry {month:%m/%Y} is before the transaction of {today}"
    return ""


def issuer_certificate(
    ca: PublicKey, certificate: bytes, remainder: bytes, exponent: bytes, pan: str = "", today: date | None = None
) -> tuple[Proof, PublicKey | None]:
    """The issuer's key from 90, 92 and 9F32 (5.3). PAN and date are compared where they are given."""
    opened = _open(ca, certificate, ISSUER, remainder + exponent)
    key, wrong = _key(opened, remainder, exponent)
    return opened.proof("issuer certificate", wrong, _identifier(opened, pan), _expiry(opened, today)), key


def _identifier(opened: _Opened, pan: str) -> str:
    """What is wrong with the issuer identifier: the first 3 to 8 digits of the PAN, then F (5.3, step 7)."""
    if not opened.fields or not pan:
        return ""
    stated = opened.fields["issuer identifier"]
    digits = parse_cn(stated) or ""
    fits = len(digits) >= 3 and pan.startswith(digits)
    return "" if fits else f"issuer identifier {to_hex(stated)} is not of this PAN"


def card_certificate(
    issuer: PublicKey,
    certificate: bytes,
    remainder: bytes,
    exponent: bytes,
    static: bytes | None = b"",
    pan: str = "",
    today: date | None = None,
    name: str = "card certificate",
    missing: str = "the static data that its hash covers are not complete",
) -> tuple[Proof, PublicKey | None]:
    """The card's key from 9F46, 9F48, 9F47 and the static data (6.4); None for these: the hash stays unchecked.

    The key for PINs, from 9F2D, 9F2F and 9F2E, has the same form; its hash covers no static data (7.1).
    """
    hashed = None if static is None else remainder + exponent + static
    opened = _open(issuer, certificate, CARD, hashed, missing)
    key, wrong = _key(opened, remainder, exponent)
    return opened.proof(name, wrong, _account(opened, pan), _expiry(opened, today)), key


def _account(opened: _Opened, pan: str) -> str:
    stated = opened.fields.get("PAN", b"")
    return "PAN is not that of the card" if stated and pan and parse_cn(stated) != pan else ""


def static_data(issuer: PublicKey, signed: bytes, static: bytes) -> Proof:
    """SDA: the signature 93 over the static data (5.4); its facts hold the data authentication code."""
    return _open(issuer, signed, STATIC, static).proof("SDA")


def dynamic_data(card: PublicKey, signed: bytes, data: bytes, name: str = "DDA") -> tuple[Proof, bytes]:
    """DDA: the signature 9F4B over the data that the DDOL names (6.5), and the dynamic data of the card.

    fDDA: over unpredictable number, amount, currency and 9F69 (Book C-3); CDA: over the unpredictable number (6.6).
    """
    opened = _open(card, signed, DYNAMIC, data)
    if not opened.fields:
        return opened.proof(name), b""
    length, rest = opened.fields["length of dynamic data"][0], opened.fields["dynamic data"]
    wrong = f"length of dynamic data is {length}, there is room for {len(rest)}" if length > len(rest) else ""
    wrong = wrong or ("padding is not BB" if rest[length:].strip(b"\xbb") else "")
    opened.fields["dynamic data"] = rest[:length]
    return opened.proof(name, wrong), rest[:length]


def combined(dynamic: bytes) -> dict[str, bytes]:
    """The parts of the dynamic data of CDA (6.6, table 19); raises NotVerifiable where they do not fit."""
    start = 1 + dynamic[0] if dynamic else 0
    if not 3 <= start <= 9 or len(dynamic) < start + 29:
        raise NotVerifiable(f"dynamic data of {len(dynamic)} bytes hold no card number, CID, cryptogram and hash")
    number, cid, rest = dynamic[1:start], dynamic[start : start + 1], dynamic[start + 1 : start + 29]
    return {"dynamic number": number, "CID": cid, "cryptogram": rest[:8], "hash": rest[8:]}


def transaction_data(dynamic: bytes, cid: bytes, data: bytes) -> Proof:
    """CDA, second half: the CID answered, and the hash over what was sent and answered (6.6.2, steps 6 to 12).

    `data` are the values of PDOL, CDOL1 and, for the second cryptogram, CDOL2, then the answer without 9F4B.
    """
    name = "CDA transaction data"
    try:
        parts = combined(dynamic)
    except NotVerifiable as error:
        return Proof(name, "not checkable", error.reason)
    facts, digest = tuple(parts.items()), hashlib.sha1(data, usedforsecurity=False).digest()
    if parts["CID"] != cid:
        return Proof(name, "failed", f"CID is {to_hex(parts['CID'])}, answered was {to_hex(cid)}", facts)
    if parts["hash"] != digest:
        return Proof(name, "failed", f"hash is {to_hex(parts['hash'])}, computed {to_hex(digest)}", facts)
    return Proof(name, "verified", "", facts)


def enciphered_pin(key: PublicKey, data: bytes, challenge: bytes, private: bytes = b"") -> Proof:
    """The data of VERIFY with an enciphered PIN (7.2): its form, and with the private exponent what it holds."""
    name = "enciphered PIN"
    try:
        recover(key, data)
        if not private:
            return Proof(name, "not checkable", "only the card's private key opens it; its length fits the key")
        number = pow(int.from_bytes(data, "big"), int.from_bytes(private, "big"), int.from_bytes(key.modulus, "big"))
        read_pin_data(number.to_bytes(len(data), "big"), challenge)
    except NotVerifiable as error:
        return Proof(name, "failed", error.reason)
    return Proof(name, "verified", "header, challenge and form of the PIN block are right")
