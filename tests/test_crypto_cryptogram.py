# SPDX-License-Identifier: MIT
"""Cryptograms, answers and script messages, against vectors made with an HSM (pyemv, tests/test_*_hsm.py)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import cryptogram as cg
from cardlib.crypto import keys
from cardlib.crypto.blocks import kcv, zeros
from cardlib.crypto.pin import vis_block


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


MASTER = unhex("0123456789ABCDEFFEDCBA9876543210")
REFUSED: list[tuple[str, Callable[[], object], str]] = [
    (
        "half a key",
        lambda: cg.application_cryptogram(MASTER[:8], b""),
        "the key of a retail MAC has 16 bytes",
    ),
    (
        "half a cryptogram",
        lambda: cg.arpc1(MASTER, bytes(4), bytes(2)),
        "an application cryptogram has 8 bytes",
    ),
    (
        "a long response code",
        lambda: cg.arpc1(MASTER, bytes(8), bytes(3)),
        "an authorisation response code has 2 bytes",
    ),
    (
        "half a status update",
        lambda: cg.arpc2(MASTER, bytes(8), bytes(2)),
        "a card status update has 4 bytes",
    ),
    (
        "much data",
        lambda: cg.arpc2(MASTER, bytes(8), bytes(4), bytes(9)),
        "proprietary authentication data have up to 8",
    ),
    (
        "a long message",
        lambda: cg.encipher_visa(MASTER, bytes(256)),
        "the length of confidential data is one byte",
    ),
    ("no counter", lambda: cg.cvc3(MASTER, b"", b"", bytes(4)), "an ATC has 2 bytes"),
    (
        "no number",
        lambda: cg.cvc3(MASTER, b"", bytes(2), b""),
        "an unpredictable number has 4 bytes",
    ),
]


@pytest.mark.parametrize(
    ("call", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(call: Callable[[], object], reason: str) -> None:
    with pytest.raises(NotVerifiable) as caught:
        call()
    assert caught.value.reason.startswith(reason)


LONG = "12345678901234567"
CARD = keys.card_key(MASTER, LONG, "45")
NOBODY = keys.card_key(MASTER, LONG)
ANY = unhex("1234567890123456")
DATA = unhex("0123456789ABCDEF0123456789ABCDEF")
ARQC = unhex("19C1FBC83EBDC0D5")
GENERAL: list[tuple[str, bytes, str]] = [
    (
        "cryptogram",
        cg.application_cryptogram(keys.session_key(CARD, ANY), DATA),
        "19C1FBC83EBDC0D5",
    ),
    ("answer with the card key", cg.arpc1(CARD, ARQC, bytes(2)), "78A372523FA35A03"),
    (
        "answer with the session key",
        cg.arpc1(keys.session_key(CARD, ANY), ARQC, bytes(2)),
        "C3620580668E5B65",
    ),
    (
        "no sequence number",
        cg.application_cryptogram(keys.session_key(NOBODY, ANY), DATA),
        "8698A7319324FD93",
    ),
    ("answer to that", cg.arpc1(NOBODY, unhex("8698A7319324FD93"), bytes(2)), "BEA11C8F4A47EF6F"),
    # pyemv 1.5.0, examples of its module sm
    (
        "command MAC",
        cg.script_mac(MASTER, unhex("8424000008FFFF1234567890123456")),
        "E07B8DF1B4184282",
    ),
    ("command MAC, cut", cg.script_mac(MASTER, unhex("8424000008"), 4), "0BFFF5DF"),
    ("M/Chip data", cg.encipher_mchip(MASTER, unhex("241234FFFFFFFFFF")), "9859240AE52820C3"),
    (
        "EMV data",
        cg.encipher(MASTER, unhex("249999FFFFFFFFFF")),
        "5A862D1381CCB94822CFDD706A376178",
    ),
]


@pytest.mark.parametrize(
    ("got", "wanted"), [row[1:] for row in GENERAL], ids=[row[0] for row in GENERAL]
)
def test_vectors(got: bytes, wanted: str) -> None:
    assert got.hex().upper() == wanted


PAN = "1234567890123456"
AC = keys.card_key(MASTER, PAN)
SMI = keys.card_key(unhex("FEDCBA98765432100123456789ABCDEF"), PAN)
SMC = keys.card_key(unhex("89ABCDEF0123456776543210FEDCBA98"), PAN)
ATC = unhex("001C")
TERMINAL = unhex("000000004000 000000000000 0124 8000048000 0124 191105 01 52BF4585 1800")
UNBLOCK = unhex("8418000008")


def test_keys_of_the_card() -> None:
    assert [kcv(key)[:2].hex().upper() for key in (AC, SMI, SMC)] == ["BAB0", "F010", "B154"]


def test_visa_cvn_10() -> None:
    arqc = cg.application_cryptogram(AC, TERMINAL + ATC + unhex("03A06010"), zeros)
    assert arqc == unhex("29CCA15AE665FA2E")
    assert cg.arpc1(AC, arqc, b"00") == unhex("28993816AFAE4AEB")
    mac, enc = keys.session_key_visa(SMI, ATC), keys.session_key_visa(SMC, ATC)
    assert cg.script_mac(mac, UNBLOCK + ATC + arqc) == unhex("DB56BA60087CEFD3")
    for current, head, wanted in [
        ("", "8424000218", "8424000218BB221AF527377A2811D2B6EBC396A9391A965A5CB2CE62DA"),
        ("8888", "8424000118", "84240001182EE025E554BCD87E11D2B6EBC396A939C4A8393B57DD2F3F"),
    ]:
        data = cg.encipher_visa(enc, vis_block(AC, "9999", current))
        assert unhex(head) + data + cg.script_mac(mac, unhex(head) + ATC + arqc + data) == unhex(
            wanted
        )


def test_visa_cvn_18_and_22() -> None:
    key = keys.session_key(AC, keys.ac_diversifier(ATC))
    arqc = cg.application_cryptogram(key, TERMINAL + ATC + unhex("06011203A0B800"))
    assert arqc == unhex("7A788EA6B8A3E733")
    assert cg.arpc2(key, arqc, bytes(4)) == unhex("9AF514C1")
    assert cg.script_mac(keys.session_key_visa(SMI, ATC), UNBLOCK + ATC + arqc) == unhex(
        "04EDE90BC24CC35E"
    )
    assert cg.script_mac(keys.session_key(SMI, arqc), UNBLOCK + ATC + arqc) == unhex(
        "A4805748F846D851"
    )


def test_interac_cvn_133() -> None:
    terminal = unhex("000000009999 000000000000 0124 8000000000 0124 209906 00 ABCDEF12 1800")
    key = keys.session_key_mchip(AC, ATC, unhex("ABCDEF12"))
    arqc = cg.application_cryptogram(
        key, terminal + ATC + unhex("1501850440B100000000B00000000000000000000000")
    )
    assert arqc == unhex("18932FECA2D84326")
    assert cg.arpc1(key, arqc, bytes(2)) == unhex("4DF171A49396C363")
    assert cg.script_mac(keys.session_key(SMI, arqc), unhex("8424000008")) == unhex(
        "B574ABB0A485A330"
    )


TRACKS = [
    ("track 2", unhex("5123456789012345D35121010000000000000F"), 488),
    ("track 1", b"B5123456789012345^KENOBI/OBIWAN^3512101000000000000000000000000", 419),
]


@pytest.mark.parametrize(
    ("track", "code"), [row[1:] for row in TRACKS], ids=[row[0] for row in TRACKS]
)
def test_cvc3(track: bytes, code: int) -> None:
    key = keys.card_key(unhex("01234567899876543210012345678998"), "5123456789012345")
    assert kcv(key)[:2] == unhex("BB8F")
    got = cg.cvc3(key, track, unhex("005E"), unhex("00000899"))
    assert got % 1000 == code
    assert cg.cvc3(key, track, unhex("005F"), unhex("00000899")) != got
