# SPDX-License-Identifier: MIT
"""What a cryptogram version means: which keys, which data, which answer of the issuer, which script messages.

Visa 10, 18, 22, M/Chip 10 to 15 (hex) and Interac 133 agree with vectors from an HSM (pyemv 1.5.0); Visa 17 rests on a
figure (Galloway, Yunusov 2019) and has no public vector.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from ..core.errors import NotVerifiable
from ..core.model import Checked, record
from .blocks import pad, zeros
from .cryptogram import (
    application_cryptogram,
    arpc1,
    arpc2,
    encipher_mchip,
    encipher_visa,
    script_mac,
)
from .keys import ac_diversifier, session_key, session_key_mchip, session_key_visa

VISA, MASTERCARD, INTERAC, UNIONPAY = "A000000003", "A000000004", "A000000277", "A000000333"
TERMINAL = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37")
FIELDS = (*TERMINAL, "82", "9F36")
Session = Literal["card", "common", "mchip"]


@record
class Method:
    """A cryptogram version: the option of card keys, the fields that are signed and the parts of 9F10 behind them.

    `answer` is method and session key of the issuer's answer; `script` the session key of script messages, `linked`
    says that ATC and cryptogram stand between header and data in their MAC.
    """

    name: str
    option: Literal["A", "B"]
    session: Session
    issuer: tuple[slice, ...]
    answer: tuple[int, Session]
    script: Literal["visa", "common"]
    encipher: Callable[[bytes, bytes], bytes]
    padding: Callable[[bytes], bytes] = pad
    fields: tuple[str, ...] = FIELDS
    linked: bool = True
    checked: Checked = "vector"


_ALL, _CVR, _COUNTED = (slice(None),), (slice(2, 8),), (slice(2, 8), slice(10, 18))
_CVN_17 = ("9F02", "9F37", "9F36")
METHODS = {
    (VISA, 0x0A): Method("Visa CVN 10", "A", "card", (slice(3, 7),), (1, "card"), "visa", encipher_visa, zeros),
    (VISA, 0x11): Method(
        "Visa CVN 17", "A", "card", (slice(4, 5),), (1, "card"), "visa", encipher_visa, zeros, _CVN_17, checked="memory"
    ),
    (VISA, 0x12): Method("Visa CVN 18", "B", "common", _ALL, (2, "common"), "visa", encipher_visa),
    (VISA, 0x22): Method("Visa CVN 22", "B", "common", _ALL, (2, "common"), "common", encipher_visa),
    (MASTERCARD, 0x10): Method("M/Chip CVN 10", "A", "mchip", _CVR, (1, "card"), "common", encipher_mchip),
    (MASTERCARD, 0x11): Method("M/Chip CVN 11", "A", "mchip", _COUNTED, (1, "card"), "common", encipher_mchip),
    (MASTERCARD, 0x14): Method("M/Chip CVN 14", "A", "common", _CVR, (1, "common"), "common", encipher_mchip),
    (MASTERCARD, 0x15): Method("M/Chip CVN 15", "A", "common", _COUNTED, (1, "common"), "common", encipher_mchip),
    (INTERAC, 0x85): Method(
        "Interac CVN 133", "A", "mchip", _ALL, (1, "mchip"), "common", encipher_mchip, linked=False
    ),
}


def method(rid: str, iad: bytes) -> Method:
    """The cryptogram version that issuer application data (9F10) of this scheme name."""
    place = 1 if rid == MASTERCARD or iad[:1] == b"\x1f" else 2
    found = METHODS.get((rid, iad[place])) if len(iad) > place else None
    if found is None:
        said = f"{iad[place]:02X}" if len(iad) > place else "not told"
        raise NotVerifiable(f"cryptogram version {said} of {rid or 'an unknown scheme'}: no method is known here")
    return found


def _session(kind: Session, card: bytes, atc: bytes, un: bytes) -> bytes:
    if kind == "card":
        return card
    return session_key_mchip(card, atc, un) if kind == "mchip" else session_key(card, ac_diversifier(atc))


def compute(how: Method, card: bytes, values: Mapping[str, bytes], iad: bytes) -> bytes:
    """The application cryptogram, from the card's key and the values by tag; NotVerifiable names what is missing."""
    if missing := [tag for tag in how.fields if tag not in values]:
        raise NotVerifiable(f"{', '.join(missing)} not in this capture")
    data = b"".join(values[tag] for tag in how.fields) + b"".join(iad[part] for part in how.issuer)
    return application_cryptogram(_session(how.session, card, values["9F36"], values["9F37"]), data, how.padding)


def answer(how: Method, card: bytes, values: Mapping[str, bytes], ac: bytes, given: bytes) -> bytes:
    """What issuer authentication data (91) must begin with: ARPC over the rest of them (EMV 4.4 Book 2, 8.2)."""
    number, kind = how.answer
    key = _session(kind, card, values.get("9F36", b""), values.get("9F37", b""))
    return arpc1(key, ac, given[8:]) if number == 1 else arpc2(key, ac, given[4:8], given[8:])


def script_key(how: Method, card: bytes, atc: bytes, ac: bytes) -> bytes:
    """The session key of script messages, from the card's key for MACs or for encipherment."""
    return session_key_visa(card, atc) if how.script == "visa" else session_key(card, ac)


def command_mac(how: Method, card: bytes, header: bytes, data: bytes, atc: bytes, ac: bytes) -> bytes:
    """The MAC of a script command: `header` is its five bytes, `data` what stands before the MAC (9.2.3)."""
    middle = atc + ac if how.linked else b""
    return script_mac(script_key(how, card, atc, ac), header + middle + data)
