# SPDX-License-Identifier: MIT
"""Tokens in software refuse what they must, with the standard's status word; what they sign verifies."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardlib.core.secure import written
from cardlib.crypto.cms import loaded_certificate
from cardlib.crypto.x509 import is_signed_block
from traces.makers import cbor, fido, openpgp, piv, token_keys
from traces.makers.pkcs15 import Pkcs15Card
from traces.makers.smart_token import Token
from traces.makers.token_reader import FidoClient, OpenPgpProgram, PivProgram

USER_VERIFIED = "0020008206323834353137"
PIV, PGP, FIDO = (
    "00A4040009A0000003080000100000",
    "00A4040006D2760001240100",
    "00A4040008A0000006472F000100",
)
TOKENS = (piv.PivCard, openpgp.OpenPgpCard, Pkcs15Card, fido.Authenticator)
OF_HOLDER = "60045C027F21"  # in SELECT DATA: the certificates of the holder
SIGN = "0087119C267C2482008120" + "11" * 32 + "00"


def asked(card: Token, *commands: str) -> str:
    """The status word of the last of these commands."""
    card.power_on()
    for command in commands:
        answer = card.answer(bytes.fromhex(command))
    return answer[-2:].hex().upper()


REFUSED = [
    (piv.PivCard, ("00CB3FFF055C035FC10200",), "6A82", "no application is selected"),
    (piv.PivCard, (PIV, "00CB3FFF055C035FC10900"), "6982", "printed information without the PIN"),
    (piv.PivCard, (PIV, "00CB3FFF055C035FC10300"), "6A82", "an object that the card has not"),
    (piv.PivCard, (PIV, "0020008008323834353138FFFF"), "63C2", "a wrong PIN"),
    (piv.PivCard, (PIV, "00200080063238343531 37".replace(" ", "")), "6A80", "a PIN of 6 bytes"),
    (piv.PivCard, (PIV, "0020008108" + "31" * 8), "6A88", "another PIN"),
    (piv.PivCard, (PIV, SIGN), "6982", "a signature without the PIN"),
    (piv.PivCard, (PIV, "0087119D047C02820000"), "6A86", "a key that the card has not"),
    (piv.PivCard, (PIV, "00200080"), "63C3", "how many tries are left"),
    (openpgp.OpenPgpCard, ("00CA006E00",), "6A82", "no application is selected"),
    (openpgp.OpenPgpCard, (PGP, "00CA00DE00"), "6A88", "an object that the card has not"),
    (openpgp.OpenPgpCard, (PGP, "002A9E9A20" + "11" * 32 + "00"), "6982", "no PIN"),
    (openpgp.OpenPgpCard, (PGP, USER_VERIFIED, "002A9E9A20" + "11" * 32 + "00"), "6982", "the PIN for all else"),
    (openpgp.OpenPgpCard, (PGP, USER_VERIFIED, "002A80860400010203" + "00"), "6A80", "no point"),
    (openpgp.OpenPgpCard, (PGP, "00A5030406" + OF_HOLDER), "6A88", "a fourth certificate"),
    (openpgp.OpenPgpCard, (PGP, "00A5000006" + OF_HOLDER), "6A88", "a choice that is no tag list"),
    (openpgp.OpenPgpCard, (PGP, "00A500040460025C6E"), "6A80", "a choice among other objects"),
    (Pkcs15Card, ("00A4080C0450155039",), "6A82", "a file that is not there"),
    (Pkcs15Card, ("00B0000000",), "6A86", "no file is selected"),
    (Pkcs15Card, ("00A4080C0450155031", "00B0100000"), "6B00", "behind the end of a file"),
    (fido.Authenticator, ("80100000010400",), "6A82", "no application is selected"),
    (fido.Authenticator, (FIDO, "00100000010400"), "6E00", "another class"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "commands", "word", "what"),
    REFUSED,
    ids=[f"{row[0].__name__}: {row[3]}" for row in REFUSED],
)
def test_what_is_refused(
    kind: type[Token], commands: tuple[str, ...], word: str, what: str
) -> None:
    assert asked(kind(), *commands) == word


@pytest.mark.parametrize("kind", TOKENS)
def test_no_command_breaks_a_token(kind: type[Token]) -> None:
    """Random commands, and random data behind headers that it knows, end with a status word."""
    random, card = Random(7), kind()
    card.power_on()
    known = (0xA4, 0xCA, 0xCB, 0x20, 0x87, 0x2A, 0x88, 0x47, 0xB0, 0xC0, 0x10)
    for command in (PIV, PGP, FIDO):
        card.answer(bytes.fromhex(command))
        for _ in range(200):
            data = random.randbytes(random.randrange(40))
            head = bytes((random.choice((0, 0x80, 0x10)), random.choice(known))) + random.randbytes(
                2
            )
            answer = card.answer(head + bytes((len(data),)) + data)
            assert 2 <= len(answer) <= 258 and answer[-2] in (0x61, 0x63, *range(0x67, 0x70), 0x90)


def test_a_long_answer_comes_in_pieces() -> None:
    card = piv.PivCard()
    card.power_on()
    program = PivProgram(card.answer)
    program.begin()
    first = card.answer(bytes.fromhex("00CB3FFF055C035FC10500"))
    assert len(first) == 258 and first.endswith(b"\x61\x00")
    assert program.get("5FC105") == card.objects["5FC105"]


def test_a_pin_is_blocked_after_three_tries_and_a_right_one_forgives() -> None:
    card = piv.PivCard()
    wrong, right = "0020008008323834353138FFFF", "0020008008323834353137FFFF"
    assert asked(card, PIV, wrong, wrong, right, "00200080") == "9000"
    assert asked(card, PIV, wrong, wrong, wrong, right) == "6983"


def test_the_key_for_signatures_wants_the_pin_each_time() -> None:
    verify = "0020008008323834353137FFFF"
    assert asked(piv.PivCard(), PIV, verify, SIGN, SIGN) == "6982"
    assert asked(piv.PivCard(always_asks=False), PIV, verify, SIGN, SIGN) == "9000"


def test_a_piv_card_signs_with_the_key_of_its_certificate() -> None:
    card = piv.PivCard()
    card.power_on()
    program = PivProgram(card.answer)
    program.begin()
    program.verify()
    signature = program.sign(b"an order")[4:]
    key = loaded_certificate(card.held.certificates[piv.SIGNATURE]).public_key()
    assert is_signed_block(key, hashlib.sha256(b"an order").digest(), signature)
    assert not is_signed_block(key, hashlib.sha256(b"another").digest(), signature)


def test_an_openpgp_card_agrees_on_a_key_and_counts() -> None:
    card = openpgp.OpenPgpCard()
    card.power_on()
    program, sender = OpenPgpProgram(card.answer), token_keys.curve_key("sender of a mail")
    program.begin()
    program.verify(openpgp.USER_PIN)
    shared = program.decipher(token_keys.point(sender))
    assert shared == sender.exchange(ec.ECDH(), card.keys[openpgp.DECIPHER].public_key())
    program.verify(openpgp.SIGN_PIN)
    assert len(program.sign(b"a mail")) == 64
    assert program.send("00CA007A") == written("7A", written("93", b"\0\0\x20"))


def test_an_openpgp_card_gives_the_certificate_that_was_chosen() -> None:
    """One for authentication is there, those beside it are empty; the choice ends with the selection."""
    card = openpgp.OpenPgpCard()
    card.power_on()
    program = OpenPgpProgram(card.answer)
    program.begin()
    certificate = program.send("00CA7F21")
    key = loaded_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key == card.keys[openpgp.AUTHENTICATE].public_key()
    program.send("00A50104", bytes.fromhex(OF_HOLDER))
    assert program.send("00CA7F21") == b""
    program.begin()
    assert program.send("00CA7F21") == certificate


def test_an_authenticator_answers_for_its_sites_alone() -> None:
    key = fido.Authenticator()
    key.power_on()
    client = FidoClient(key.answer)
    client.begin()
    credential = client.register("jane@example.org", bytes(32))
    assert client.ask(fido.GET, {1: "example.org", 2: bytes(32)})[2][-4:] == b"\0\0\0\2"
    assert (
        client.send("80100000", b"\x02" + cbor.encode({1: "example.com", 2: bytes(32)})) == b"\x2e"
    )
    assert client.send("80100000", b"\x02\xff") == b"\x12" and len(credential) == 32


VALUES = (
    0,
    23,
    24,
    255,
    256,
    65536,
    -1,
    -257,
    True,
    False,
    b"",
    b"a" * 300,
    "text",
    [1, [2]],
    {1: "a", "b": [b""]},
)


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_cbor_there_and_back(value: object) -> None:
    assert cbor.decode(cbor.encode(value)) == value


@pytest.mark.parametrize("data", ["", "01 02", "82 01", "A1 01", "9F", "FB0000000000000000"])
def test_what_is_no_cbor(data: str) -> None:
    with pytest.raises(ValueError, match=r"item|type"):
        cbor.decode(bytes.fromhex(data))
