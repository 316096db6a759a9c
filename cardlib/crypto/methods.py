# SPDX-License-Identifier: MIT
"""What a cryptogram version means: keys, signed data, issuer's answer and script messages.

Visa 10, 18, 22, M/Chip 10 to 15 (hex) and Interac 133 agree with vectors from an HSM (pyemv 1.5.0).
Visa 17 rests on a figure (Galloway, Yunusov 2019) and has no public vector, UnionPay 1 on public
terminal programs.
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
    arpc1_sm4,
    arpc2,
    encipher_mchip,
    encipher_visa,
    script_mac,
)
from .keys import (
    Option,
    ac_diversifier,
    card_key,
    card_key_sm4,
    session_key,
    session_key_mchip,
    session_key_pboc,
    session_key_sm4,
    session_key_visa,
)
from .sm import sm4_mac

VISA = "A000000003"
MASTERCARD = "A000000004"
INTERAC = "A000000277"
UNIONPAY = "A000000333"
TERMINAL = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37")
FIELDS = (*TERMINAL, "82", "9F36")
Session = Literal["card", "common", "mchip", "pboc", "sm4"]
# The cipher of a UnionPay cryptogram stands in its issuer application data (9F10).
_UNIONPAY_ALGORITHM = slice(7, 8)
_SM4 = b"\x04"


@record
class Method:
    """A cryptogram version: option of card keys, signed fields, then the signed parts of 9F10.

    `answer` is method and session key of the issuer's answer. `script` is the session key of script
    messages; `linked` says that ATC and cryptogram stand between header and data in their MAC.
    """

    name: str
    option: Option
    session: Session
    issuer: tuple[slice, ...]
    answer: tuple[int, Session]
    script: Literal["visa", "common", "pboc", "sm4"]
    encipher: Callable[[bytes, bytes], bytes]
    padding: Callable[[bytes], bytes] = pad
    fields: tuple[str, ...] = FIELDS
    linked: bool = True
    checked: Checked = "vector"
    cipher: Literal["DES", "SM4"] = "DES"


# Parts of the issuer application data (9F10).
_ALL = (slice(None),)
_VISA_CVR = (slice(3, 7),)
_VISA_CVR_BYTE_2 = (slice(4, 5),)
_MCHIP_CVR = (slice(2, 8),)
_PBOC_CVR = (slice(3, 7),)
_MCHIP_CVR_AND_COUNTERS = (slice(2, 8), slice(10, 18))

METHODS = {
    (VISA, 0x0A): Method(
        "Visa CVN 10",
        option="A",
        session="card",
        issuer=_VISA_CVR,
        answer=(1, "card"),
        script="visa",
        encipher=encipher_visa,
        padding=zeros,
    ),
    (VISA, 0x11): Method(
        "Visa CVN 17",
        option="A",
        session="card",
        issuer=_VISA_CVR_BYTE_2,
        answer=(1, "card"),
        script="visa",
        encipher=encipher_visa,
        padding=zeros,
        fields=("9F02", "9F37", "9F36"),
        checked="memory",
    ),
    (VISA, 0x12): Method(
        "Visa CVN 18",
        option="B",
        session="common",
        issuer=_ALL,
        answer=(2, "common"),
        script="visa",
        encipher=encipher_visa,
    ),
    (VISA, 0x22): Method(
        "Visa CVN 22",
        option="B",
        session="common",
        issuer=_ALL,
        answer=(2, "common"),
        script="common",
        encipher=encipher_visa,
    ),
    (MASTERCARD, 0x10): Method(
        "M/Chip CVN 10",
        option="A",
        session="mchip",
        issuer=_MCHIP_CVR,
        answer=(1, "card"),
        script="common",
        encipher=encipher_mchip,
    ),
    (MASTERCARD, 0x11): Method(
        "M/Chip CVN 11",
        option="A",
        session="mchip",
        issuer=_MCHIP_CVR_AND_COUNTERS,
        answer=(1, "card"),
        script="common",
        encipher=encipher_mchip,
    ),
    (MASTERCARD, 0x14): Method(
        "M/Chip CVN 14",
        option="A",
        session="common",
        issuer=_MCHIP_CVR,
        answer=(1, "common"),
        script="common",
        encipher=encipher_mchip,
    ),
    (MASTERCARD, 0x15): Method(
        "M/Chip CVN 15",
        option="A",
        session="common",
        issuer=_MCHIP_CVR_AND_COUNTERS,
        answer=(1, "common"),
        script="common",
        encipher=encipher_mchip,
    ),
    (INTERAC, 0x85): Method(
        "Interac CVN 133",
        option="A",
        session="mchip",
        issuer=_ALL,
        answer=(1, "mchip"),
        script="common",
        encipher=encipher_mchip,
        linked=False,
    ),
    (UNIONPAY, 0x01): Method(
        "UnionPay CVN 1",
        option="A",
        session="pboc",
        issuer=_PBOC_CVR,
        answer=(1, "pboc"),
        script="pboc",
        encipher=encipher_visa,
        checked="memory",
    ),
}
UNIONPAY_SM4 = Method(
    "UnionPay CVN 1 with SM4",
    option="A",
    session="sm4",
    issuer=_PBOC_CVR,
    answer=(1, "sm4"),
    script="sm4",
    encipher=encipher_visa,
    checked="memory",
    cipher="SM4",
)


def method(rid: str, iad: bytes) -> Method:
    """The cryptogram version that issuer application data (9F10) of this scheme name."""
    place = 2
    if rid == MASTERCARD or iad.startswith(b"\x1f"):
        place = 1
    version = iad[place : place + 1]
    if rid == UNIONPAY and version == b"\x01" and iad[_UNIONPAY_ALGORITHM] == _SM4:
        return UNIONPAY_SM4
    if version and (rid, version[0]) in METHODS:
        return METHODS[rid, version[0]]
    stated = version.hex().upper() or "not told"
    scheme = rid or "an unknown scheme"
    raise NotVerifiable(f"cryptogram version {stated} of {scheme}: no method is known here")


def _session_key(kind: Session, card: bytes, atc: bytes, un: bytes) -> bytes:
    if kind == "card":
        return card
    if kind == "mchip":
        return session_key_mchip(card, atc, un)
    if kind == "pboc":
        return session_key_pboc(card, atc)
    if kind == "sm4":
        return session_key_sm4(card, atc)
    return session_key(card, ac_diversifier(atc))


def compute(how: Method, card: bytes, values: Mapping[str, bytes], iad: bytes) -> bytes:
    """The application cryptogram, from the card's key and the values by tag.

    Raises NotVerifiable, which names the values that are missing.
    """
    missing = [tag for tag in how.fields if tag not in values]
    if missing:
        raise NotVerifiable(f"{', '.join(missing)} not in this capture")
    fields = b"".join(values[tag] for tag in how.fields)
    issuer_parts = b"".join(iad[part] for part in how.issuer)
    key = _session_key(how.session, card, values["9F36"], values["9F37"])
    return mac(how, key, fields + issuer_parts)


def mac(how: Method, key: bytes, data: bytes) -> bytes:
    """The MAC of a method over these data, 8 bytes; `key` is a session key."""
    if how.cipher == "SM4":
        return sm4_mac(key, data)
    return application_cryptogram(key, data, how.padding)


def card_key_of(how: Method, master: bytes, pan: str, psn: str) -> bytes:
    """The card's key from the issuer's, with the cipher of the method."""
    if how.cipher == "SM4":
        return card_key_sm4(master, pan, psn)
    return card_key(master, pan, psn, how.option)


def balance_mac(how: Method, card: bytes, atc: bytes, balance: bytes) -> bytes:
    """The MAC behind a balance in issuer application data (9F10), 4 bytes.

    `card` is the card's key for MACs, `balance` 5 bytes. Source: PBOC 3.0 Part 13 (second hand).
    """
    key = _session_key(how.session, card, atc, b"")
    return mac(how, key, atc + balance + b"\x00")[:4]


def answer(
    how: Method,
    card: bytes,
    values: Mapping[str, bytes],
    ac: bytes,
    issuer_data: bytes,
) -> bytes:
    """What issuer authentication data (91) must begin with: the ARPC over the rest of them.

    Source: EMV 4.4 Book 2, 8.2.
    """
    number, kind = how.answer
    atc = values.get("9F36", b"")
    un = values.get("9F37", b"")
    key = _session_key(kind, card, atc, un)
    if how.cipher == "SM4":
        return arpc1_sm4(key, ac, arc=issuer_data[8:])
    if number == 1:
        return arpc1(key, ac, arc=issuer_data[8:])
    return arpc2(key, ac, csu=issuer_data[4:8], proprietary=issuer_data[8:])


def script_key(how: Method, card: bytes, atc: bytes, ac: bytes) -> bytes:
    """The session key of script messages, from the card's key for MACs or for encipherment."""
    if how.script == "visa":
        return session_key_visa(card, atc)
    if how.script == "pboc":
        return session_key_pboc(card, atc)
    if how.script == "sm4":
        return session_key_sm4(card, atc)
    return session_key(card, ac)


def command_mac(
    how: Method,
    card: bytes,
    header: bytes,
    data: bytes,
    atc: bytes,
    ac: bytes,
) -> bytes:
    """The MAC of a script command (9.2.3).

    `header` is its five bytes, `data` what stands before the MAC.
    """
    key = script_key(how, card, atc, ac)
    between = b""
    if how.linked:
        between = atc + ac
    message = header + between + data
    if how.cipher == "SM4":
        return sm4_mac(key, message)
    return script_mac(key, message)
