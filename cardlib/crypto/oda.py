# SPDX-License-Identifier: MIT
"""Offline data authentication: certificates, SDA, DDA, fDDA and CDA on bytes.

Source: EMV 4.4 Book 2, 5 to 7. A function gives a Proof, with the key or the data that the
signature holds. It gives them also where the hash is right and something else is wrong, so that the
next signature can still be checked. Only `combined` raises, whatever the bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date

from ..core.codec import parse_cn, parse_date, to_hex
from ..core.errors import NotVerifiable
from ..core.model import Outcome, Proof, record
from .pin import read_pin_data
from .rsa import PublicKey, recover

ISSUER = 2
STATIC = 3
CARD = 4
DYNAMIC = 5

# Fast DDA has a format byte of its own beside that of DDA (EMV Contactless Book C-3, annex C).
FAST_DYNAMIC = 0x95

Form = tuple[tuple[str, int], ...]
_KEY_FIELDS: Form = (
    ("expiry (MMYY)", 2),
    ("serial number", 3),
    ("hash algorithm", 1),
    ("key algorithm", 1),
    ("key length", 1),
    ("exponent length", 1),
    ("key digits", 0),
)
# What stands between format byte and hash, with its length in bytes; 0: the rest.
FORMS: dict[int, Form] = {
    # Table 6
    ISSUER: (("issuer identifier", 4), *_KEY_FIELDS),
    # Table 7
    STATIC: (
        ("hash algorithm", 1),
        ("data authentication code", 2),
        ("padding", 0),
    ),
    # Table 14
    CARD: (("PAN", 10), *_KEY_FIELDS),
    # Table 17
    DYNAMIC: (
        ("hash algorithm", 1),
        ("length of dynamic data", 1),
        ("dynamic data", 0),
    ),
}
# Fields that a proof does not list as facts.
_HIDDEN = ("key digits", "key", "padding")
# SHA-1 and RSA are the only algorithms (B2.1, B3.1).
_FIXED = {"hash algorithm": b"\x01", "key algorithm": b"\x01"}
# Header and format byte stand before the fields, hash and trailer behind them.
_BEFORE = 2
_HASH = 20
_AROUND = _BEFORE + _HASH + 1


@record
class Opened:
    """A signature as far as it could be checked; without fields where the key does not fit."""

    fields: dict[str, bytes]
    verdict: Outcome
    reason: str

    def proof(self, name: str, *faults: str) -> Proof:
        """The verdict; the first fault that is not empty makes it a failure."""
        facts = tuple(item for item in self.fields.items() if item[0] not in _HIDDEN)
        if self.verdict != "failed":
            for fault in faults:
                if fault:
                    return Proof(name, "failed", fault, facts)
        return Proof(name, self.verdict, self.reason, facts)


def _open(
    key: PublicKey,
    signed: bytes,
    form: int,
    hashed: bytes | None,
    missing: str = "",
    is_fast: bool = False,
) -> Opened:
    """Recover, cut and compare a signature.

    `hashed` is what the hash covers beyond the signature. None says that it is not known; `missing`
    then says why. A fast signature (fDDA) may have another format byte than `form`; of a format
    that is not known nothing is said.
    """
    try:
        text = recover(key, signed)
        fields = _cut(text, form)
    except NotVerifiable as error:
        return Opened({}, "not checkable", error.reason)
    if fault := _frame_fault(text):
        return Opened({}, "failed", fault)
    if is_fast and text[1] not in (DYNAMIC, FAST_DYNAMIC):
        reason = f"format {text[1]:02X} of fDDA: what it signs is not known"
        return Opened({}, "not checkable", reason)
    if text[1] != form and not is_fast:
        return Opened({}, "failed", f"format is {text[1]:02X}, not {form:02X}")
    if fault := algorithm_fault(fields, _FIXED):
        return Opened(fields, "failed", fault)
    if hashed is None:
        return Opened(fields, "not checkable", missing)
    hash_start = len(text) - _HASH - 1
    stated = text[hash_start:-1]
    digest = sha1(text[1:hash_start] + hashed)
    if digest != stated:
        return Opened(fields, "failed", _differs("hash", stated, digest))
    return Opened(fields, "verified", "")


def _cut(text: bytes, form: int) -> dict[str, bytes]:
    """The fields of a recovered signature, by their names."""
    fixed = sum(length for _, length in FORMS[form])
    rest = len(text) - _AROUND - fixed
    if rest < 0:
        raise NotVerifiable(f"a key of {len(text)} bytes is too short for what is signed")
    fields = {}
    start = _BEFORE
    for name, length in FORMS[form]:
        stop = start + (length or rest)
        fields[name] = text[start:stop]
        start = stop
    return fields


def _frame_fault(text: bytes) -> str:
    """What is wrong with header or trailer."""
    frame = {
        "header": (text[:1], b"\x6a"),
        "trailer": (text[-1:], b"\xbc"),
    }
    for name, (stated, expected) in frame.items():
        if stated != expected:
            return f"{name} is {to_hex(stated)}, not {to_hex(expected)}"
    return ""


def algorithm_fault(fields: dict[str, bytes], allowed: dict[str, bytes]) -> str:
    """What is wrong with the algorithms that a signature names."""
    for name, expected in allowed.items():
        stated = fields.get(name, expected)
        if stated != expected:
            return f"{name} is {to_hex(stated)}, not {to_hex(expected)}"
    return ""


def sha1(data: bytes) -> bytes:
    """The hash of certificates and signatures with RSA (B3.1)."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def _differs(name: str, stated: bytes, computed: bytes) -> str:
    return f"{name} is {to_hex(stated)}, computed {to_hex(computed)}"


def _key(opened: Opened, remainder: bytes, exponent: bytes) -> tuple[PublicKey | None, str]:
    """The key of a certificate with its remainder, or what does not fit (5.3, 6.3, 6.4)."""
    if not opened.fields or opened.verdict == "failed":
        return None, ""
    length = opened.fields["key length"][0]
    exponent_length = opened.fields["exponent length"][0]
    if exponent_length != len(exponent):
        actual = f"the exponent given has {len(exponent)} bytes"
        return None, f"exponent length is {exponent_length}, {actual}"
    digits = opened.fields["key digits"]
    padding = digits[length:]
    is_padded = not padding.strip(b"\xbb")
    if not is_padded or (padding and remainder):
        fault = f"padding behind a key of {length} bytes is not BB"
        return None, f"{fault}, or there is a remainder too"
    modulus = digits[:length] + remainder
    if len(modulus) != length:
        present = f"certificate and remainder hold {len(modulus)} bytes"
        return None, f"key length is {length}, {present}"
    return PublicKey(modulus, exponent), ""


def expiry_fault(opened: Opened, today: date | None) -> str:
    """What is wrong with a certificate's date; it holds to the end of its month (5.3, step 8)."""
    if not opened.fields:
        return ""
    stated = opened.fields["expiry (MMYY)"]
    month, year = stated[:1], stated[1:]
    first_day = parse_date(year + month + b"\x01")
    if first_day is None:
        return f"expiry {to_hex(stated)} is no month"
    if today and (today.year, today.month) > (first_day.year, first_day.month):
        return f"expiry {first_day:%m/%Y} is before the transaction of {today}"
    return ""


def issuer_certificate(
    ca: PublicKey,
    certificate: bytes,
    remainder: bytes,
    exponent: bytes,
    pan: str = "",
    today: date | None = None,
) -> tuple[Proof, PublicKey | None]:
    """The issuer's key from 90, 92 and 9F32 (5.3).

    PAN and date are compared where they are given.
    """
    opened = _open(ca, certificate, ISSUER, remainder + exponent)
    key, key_fault = _key(opened, remainder, exponent)
    proof = opened.proof(
        "issuer certificate",
        key_fault,
        identifier_fault(opened, pan),
        expiry_fault(opened, today),
    )
    return proof, key


def identifier_fault(opened: Opened, pan: str) -> str:
    """What is wrong with the issuer identifier.

    It is the first 3 to 8 digits of the PAN, then F (5.3, step 7).
    """
    if not opened.fields or not pan:
        return ""
    stated = opened.fields["issuer identifier"]
    digits = parse_cn(stated) or ""
    if len(digits) >= 3 and pan.startswith(digits):
        return ""
    return f"issuer identifier {to_hex(stated)} is not of this PAN"


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
    """The card's key from 9F46, 9F48, 9F47 and the static data (6.4).

    None for the static data leaves the hash unchecked. The key for PINs, from 9F2D, 9F2F and 9F2E,
    has the same form; its hash covers no static data (7.1).
    """
    hashed = None
    if static is not None:
        hashed = remainder + exponent + static
    opened = _open(issuer, certificate, CARD, hashed, missing)
    key, key_fault = _key(opened, remainder, exponent)
    proof = opened.proof(
        name,
        key_fault,
        pan_fault(opened, pan),
        expiry_fault(opened, today),
    )
    return proof, key


def pan_fault(opened: Opened, pan: str) -> str:
    """What is wrong with the PAN in a card certificate (6.4, step 8)."""
    if not opened.fields or not pan:
        return ""
    if parse_cn(opened.fields["PAN"]) == pan:
        return ""
    return "PAN is not that of the card"


def static_data(issuer: PublicKey, signed: bytes, static: bytes) -> Proof:
    """SDA: the signature 93 over the static data (5.4).

    Its facts hold the data authentication code.
    """
    return _open(issuer, signed, STATIC, static).proof("SDA")


def dynamic_data(
    card: PublicKey,
    signed: bytes,
    data: bytes,
    name: str = "DDA",
) -> tuple[Proof, bytes]:
    """DDA: the signature 9F4B over the data that the DDOL names (6.5), and the card's dynamic data.

    fDDA: over unpredictable number, amount, currency and 9F69 (Book C-3). CDA: over the
    unpredictable number (6.6).
    """
    opened = _open(card, signed, DYNAMIC, data, is_fast=name == "fDDA")
    if not opened.fields:
        return opened.proof(name), b""
    length = opened.fields["length of dynamic data"][0]
    rest = opened.fields["dynamic data"]
    fault = ""
    if length > len(rest):
        fault = f"length of dynamic data is {length}, there is room for {len(rest)}"
    elif rest[length:].strip(b"\xbb"):
        fault = "padding is not BB"
    dynamic = rest[:length]
    opened.fields["dynamic data"] = dynamic
    return opened.proof(name, fault), dynamic


def combined(dynamic: bytes, hash_size: int = _HASH) -> dict[str, bytes]:
    """The parts of the dynamic data of CDA (6.6, table 19).

    Raises NotVerifiable where they do not fit.
    """
    start = 0
    if dynamic:
        start = 1 + dynamic[0]
    # The dynamic number has 2 to 8 bytes; CID and cryptogram have 1 and 8.
    if not 3 <= start <= 9 or len(dynamic) < start + 9 + hash_size:
        parts = "card number, CID, cryptogram and hash"
        raise NotVerifiable(f"dynamic data of {len(dynamic)} bytes hold no {parts}")
    return {
        "dynamic number": dynamic[1:start],
        "CID": dynamic[start : start + 1],
        "cryptogram": dynamic[start + 1 : start + 9],
        "hash": dynamic[start + 9 : start + 9 + hash_size],
    }


def transaction_data(
    dynamic: bytes,
    cid: bytes,
    data: bytes,
    hashed: Callable[[bytes], bytes] = sha1,
) -> Proof:
    """CDA, second half: the CID answered, and the hash over what was sent and answered.

    `data` are the values of PDOL, CDOL1 and, for the second cryptogram, CDOL2, then the answer
    without 9F4B (6.6.2, steps 6 to 12).
    """
    name = "CDA transaction data"
    digest = hashed(data)
    try:
        parts = combined(dynamic, len(digest))
    except NotVerifiable as error:
        return Proof(name, "not checkable", error.reason)
    facts = tuple(parts.items())
    if parts["CID"] != cid:
        fault = f"CID is {to_hex(parts['CID'])}, answered was {to_hex(cid)}"
        return Proof(name, "failed", fault, facts)
    if parts["hash"] != digest:
        return Proof(name, "failed", _differs("hash", parts["hash"], digest), facts)
    return Proof(name, "verified", "", facts)


def enciphered_pin(
    key: PublicKey,
    data: bytes,
    challenge: bytes,
    private: bytes = b"",
) -> Proof:
    """The data of VERIFY with an enciphered PIN (7.2).

    Without the private exponent only the length is checked, with it the content too.
    """
    name = "enciphered PIN"
    try:
        recover(key, data)
        if private:
            read_pin_data(_decipher(key, data, private), challenge)
    except NotVerifiable as error:
        return Proof(name, "failed", error.reason)
    if private:
        return Proof(name, "verified", "header, challenge and form of the PIN block are right")
    unseen = "only the card's private key opens it; its length fits the key"
    return Proof(name, "not checkable", unseen)


def _decipher(key: PublicKey, data: bytes, private: bytes) -> bytes:
    """What was enciphered with a public key, by the private exponent."""
    number = int.from_bytes(data, "big")
    exponent = int.from_bytes(private, "big")
    modulus = int.from_bytes(key.modulus, "big")
    return pow(number, exponent, modulus).to_bytes(len(data), "big")
