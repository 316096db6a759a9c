# SPDX-License-Identifier: MIT
"""Made-up values: a number that nobody has, of the same form, in the place of one that says whose card it is.

With one key the same number becomes the same made-up number, in every form and every file. What is made up already
stays as it is.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from functools import lru_cache

from ..core.codec import luhn_ok, to_hex
from ..core.model import Sensitive, record
from .encodings import swapped

PREFIX = "9999"  # industry 9, then a country: ISO 3166-1 gives none 900 to 999 (ISO/IEC 7812-1)
ICCID_PREFIX = "89999"  # telecommunication, then a country code that no country has (ITU-T E.118)
IMSI_PREFIX = "99999"  # a network for internal use, which no operator has (ITU-T E.212, annex A)
PHONE_PREFIX = "999"  # a country code that no country has (ITU-T E.164)
# How made-up numbers begin, for whoever reads a manifest.
RANGES = {
    "PAN": f"({PREFIX}...)",
    "card number": f"({PREFIX}...)",
    "track 1": f"({PREFIX}...)",
    "track 2": f"({PREFIX}...)",
    "ICCID": f"({ICCID_PREFIX}...)",
    "IMSI": f"({IMSI_PREFIX}...)",
    "phone number": f"({PHONE_PREFIX}...)",
}
HOLDER = b"CARDHOLDER/REDACTED".ljust(255)
MAILBOX = b"nobody@example.org".ljust(255)
LABEL = b"TEST CARD".ljust(255)

IMSI_BYTES = 8
EID_DIGITS, EID_MODULUS = 32, 97  # ISO/IEC 7064, MOD 97-10

_IMSI = re.compile(r"(9)(\d{15})")
_TRACK_2 = re.compile(r"(\d{13,19})D(\d{7})(\d*)(F*)")
_TRACK_1 = re.compile(rb"B(\d{13,19})\^([^^]{2,26})\^(\d{7})([ -~]*)")

Title = str  # what the manifest calls a value
Digits = tuple[str, int]  # a number, and how many fillers stand behind it
Made = tuple[Title, bytes]
Maker = Callable[[bytes, bytes], Made]  # value, key
NOTHING: Made = ("", b"")


@lru_cache(maxsize=4096)
def fake_number(number: str, key: bytes, prefix: str = PREFIX) -> str:
    """A number of the same length that nobody has; a good check digit stays good, a wrong one wrong."""
    if number.startswith(prefix):
        return number
    if _is_eid(number):
        return _fake_eid(number, key, prefix)
    free = len(number) - len(prefix) - 1
    digest = hmac.digest(key, b"PAN " + number.encode(), "sha256")
    middle = int.from_bytes(digest, "big") % 10**free
    body = f"{prefix}{middle:0{free}}"
    for digit in range(10):
        if luhn_ok(f"{body}{digit}"):
            break
    if not luhn_ok(number):
        digit = (digit + 1) % 10
    return f"{body}{digit}"


def _is_eid(number: str) -> bool:
    """Whether a number is as long as an EID and its two check digits fit (GSMA SGP.02, 2.2.2)."""
    return len(number) == EID_DIGITS and int(number) % EID_MODULUS == 1


def _fake_eid(number: str, key: bytes, prefix: str) -> str:
    """An EID that nobody has, with check digits that fit."""
    free = EID_DIGITS - len(prefix) - 2
    digest = hmac.digest(key, b"EID " + number.encode(), "sha256")
    middle = int.from_bytes(digest, "big") % 10**free
    body = f"{prefix}{middle:0{free}}"
    check_digits = (1 - 100 * int(body)) % EID_MODULUS
    return f"{body}{check_digits:02}"


@record
class Writing:
    """A way to write digits: `read` gives them and how many fillers stand behind, None where bytes are no such text."""

    read: Callable[[bytes], Digits | None]
    write: Callable[[str, int], bytes]


def _filled(digits: str) -> Digits | None:
    number = digits.rstrip("F")
    if not number.isdecimal():
        return None
    return number, len(digits) - len(number)


def _read_bcd(value: bytes) -> Digits | None:
    return _filled(to_hex(value))


def _write_bcd(number: str, fillers: int) -> bytes:
    return bytes.fromhex(number + "F" * fillers)


def _read_swapped(value: bytes) -> Digits | None:
    return _filled(swapped(to_hex(value)))


def _write_swapped(number: str, fillers: int) -> bytes:
    return bytes.fromhex(swapped(number + "F" * fillers))


def _read_text(value: bytes) -> Digits | None:
    number = value.rstrip(b" ")
    fillers = len(value) - len(number)
    if not number.isdigit():
        return None
    return number.decode(), fillers


def _write_text(number: str, fillers: int) -> bytes:
    return number.encode() + b" " * fillers


BCD = Writing(_read_bcd, _write_bcd)
SWAPPED = Writing(_read_swapped, _write_swapped)
TEXT = Writing(_read_text, _write_text)


@record
class Numbers:
    """Numbers of one kind: how they are called and written, how long they are, how a made-up one begins.

    `first`: how a true one begins. `zeros`: zeros in front are not part of the number.
    """

    title: Title
    prefix: str
    writings: tuple[Writing, ...]
    least: int
    most: int
    first: str = ""
    zeros: bool = False

    def __call__(self, value: bytes, key: bytes) -> Made:
        """The made-up value; nothing where the value is not in the form of such a number."""
        for writing in self.writings:
            digits = writing.read(value)
            if digits is not None:
                number, fillers = digits
                fake = self.fake(number, key)
                if fake:
                    return self.title, writing.write(fake, fillers)
        return NOTHING

    def fake(self, number: str, key: bytes) -> str:
        """A number of nobody; empty where this is no number of the kind."""
        zeros = ""
        if self.zeros:
            count = len(number) - len(number.lstrip("0"))
            zeros = "0" * count
        significant = number[len(zeros) :]
        is_long_enough = self.least <= len(significant) <= self.most
        if not is_long_enough or not significant.startswith(self.first):
            return ""
        return zeros + fake_number(significant, key, self.prefix)


def _imsi(value: bytes, key: bytes) -> Made:
    """A length, then half bytes exchanged, the first of which says whether the digits are odd (TS 31.102, 4.2.2)."""
    has_length = len(value) == IMSI_BYTES + 1 and value[0] == IMSI_BYTES
    number = value[-IMSI_BYTES:]
    length = value[:-IMSI_BYTES]
    match = _IMSI.fullmatch(swapped(to_hex(number)))
    if not match or (length and not has_length):
        return NOTHING
    parity, imsi = match.groups()
    fake = fake_number(imsi, key, IMSI_PREFIX)
    digits = swapped(parity + fake)
    return "IMSI", length + bytes.fromhex(digits)


def _track(value: bytes, key: bytes) -> Made:
    """Track 2 in BCD or track 1 in ASCII, with another number and name, and zeros for what the issuer added."""
    second = _TRACK_2.fullmatch(to_hex(value))
    if second:
        pan, expiry_and_service, extra, filler = second.groups()
        fake = fake_number(pan, key)
        zeros = "0" * len(extra)
        digits = f"{fake}D{expiry_and_service}{zeros}{filler}"
        return "track 2", bytes.fromhex(digits)
    first = _TRACK_1.fullmatch(value)
    if first:
        pan_text, name, expiry, extra_text = first.groups()
        number = b"B" + fake_number(pan_text.decode(), key).encode()
        holder = HOLDER[: len(name)]
        zeros_text = b"0" * len(extra_text)
        return "track 1", b"^".join((number, holder, expiry + zeros_text))
    return NOTHING


def _name(value: bytes, key: bytes) -> Made:
    return "name", HOLDER[: len(value)]


def _mail(value: bytes, key: bytes) -> Made:
    return "mail address", MAILBOX[: len(value)]


# How a value of a kind is made up; the kinds that are not here stay blank.
MAKERS: dict[Sensitive, Maker] = {
    "pan": Numbers("PAN", PREFIX, (BCD,), 13, 19),
    "card": Numbers("card number", PREFIX, (TEXT, BCD), 8, 40, zeros=True),
    "iccid": Numbers("ICCID", ICCID_PREFIX, (SWAPPED, TEXT), 19, 20, first="89"),
    "phone": Numbers("phone number", PHONE_PREFIX, (TEXT, SWAPPED), 6, 40),
    "imsi": _imsi,
    "track": _track,
    "name": _name,
    "mail": _mail,
}


def made_up(kind: Sensitive, value: bytes, key: bytes) -> Made:
    """What a value is called, and one of the same length and form; nothing where its kind or form has none."""
    maker = MAKERS.get(kind)
    if maker is None:
        return NOTHING
    return maker(value, key)
