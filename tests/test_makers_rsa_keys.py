# SPDX-License-Identifier: MIT
"""Keys and certificates of the made-up cards: checked from the specification, and the raw RSA step by openssl."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

import cardlib
from cardlib.road.meaning import halves
from traces.makers import rsa_keys

TRACES = Path(__file__).resolve().parent.parent / "traces"
AUTHORITY = {"4761": "Visa-like CA", "5413": "Mastercard-like CA"}
# What authenticates the card in each trace: certificates, and a signature over static or dynamic data
DDA = (
    "contact_purchase",
    "contact_wrong_pin",
    "contact_enciphered_pin",
    "contact_script",
    "attack_no_pin",
)
CDA = ("contact_cda", "contactless_tap", "tap_mastercard_high", "tap_relay_near")
FDDA = ("tap_visa_low", "attack_offline_type")


def exchanges(name: str) -> list[cardlib.Exchange]:
    return cardlib.read(TRACES / f"{name}.card.jsonl").exchanges


def values(name: str) -> dict[str, list[bytes]]:
    """Every data element of a trace, in order, by tag."""
    found: dict[str, list[bytes]] = {}
    for exchange in exchanges(name):
        for _, half in halves(exchange):
            for _, node in half.walk():
                found.setdefault(node.fact.tag, []).append(node.value)
    return found


def opened(modulus: bytes, signed: bytes, more: bytes) -> bytes:
    """Open what an RSA key of exponent 3 signed, check its hash, return what lies between (Book 2, 5.3, 6.3, 6.4)."""
    raw = pow(int.from_bytes(signed, "big"), 3, int.from_bytes(modulus, "big")).to_bytes(
        len(modulus), "big"
    )
    assert raw[0] == 0x6A and raw[-1] == 0xBC
    assert raw[-21:-1] == hashlib.sha1(raw[1:-21] + more, usedforsecurity=False).digest()
    return raw[1:-21]


def issuer_modulus(found: dict[str, list[bytes]]) -> bytes:
    """The issuer's key, by its certificate (table 6: 14 bytes, then the key, filled up with BB)."""
    account = found["5A"][0].hex()
    body = opened(rsa_keys.key(AUTHORITY[account[:4]]).modulus, found["90"][0], b"\3")
    assert body[:5].hex() == f"02{account[:8]}" and body[5:7].hex() == "1228" and body[12] == 176
    return body[14:].rstrip(b"\xbb")


def signed_records(name: str) -> bytes:
    """The records that the AFL says, without template; of these cards all SFIs are below 11."""
    found, told = values(name), {}
    for exchange in exchanges(name):
        if (
            exchange.command
            and exchange.command.ins == 0xB2
            and exchange.response
            and exchange.response.data
        ):
            data = exchange.response.data
            told[exchange.command.p2 >> 3, exchange.command.p1] = (
                data[3:] if data[1] == 0x81 else data[2:]
            )
    afl = found["94"][0]
    places = [
        (afl[at] >> 3, number)
        for at in range(0, len(afl), 4)
        for number in range(afl[at + 1], afl[at + 1] + afl[at + 3])
    ]
    return b"".join(told[place] for place in places) + found["82"][0]


def card_modulus(name: str) -> bytes:
    found = values(name)
    body = opened(issuer_modulus(found), found["9F46"][0], b"\3" + signed_records(name))
    assert body[:11].hex().upper() == f"04{found['5A'][0].hex():F<20}".upper()
    return body[20:].rstrip(b"\xbb")


@pytest.mark.parametrize("name", DDA)
def test_the_card_signs_the_terminals_number(name: str) -> None:
    found = values(name)
    assert opened(card_modulus(name), found["9F4B"][0], found["9F37"][0])[:3] == b"\5\1\x09"


@pytest.mark.parametrize("name", CDA)
def test_the_card_signs_what_was_said(name: str) -> None:
    """The type of the cryptogram and a hash of all that was said stand in the signature (table 19)."""
    found, said = values(name), b""
    signatures = iter(found["9F4B"])
    for exchange in exchanges(name):
        command, response = exchange.command, exchange.response
        if not command or not response or command.ins != 0xAE:
            continue
        said += command.data
        signature = next(signatures)
        number = found["9F37"][-1]
        body = opened(card_modulus(name), signature, number)
        dynamic = body[3 : 3 + body[2]]
        shown = response.data[3:].replace(bytes.fromhex("9F4B8180") + signature, b"")
        assert dynamic[0] == 8 and dynamic[9:10] == shown[3:4] and shown[:3].hex() == "9f2701"
        assert dynamic[18:38] == hashlib.sha1(said + shown, usedforsecurity=False).digest()
        relay = b"".join(
            found[tag][0]
            for tag in ("DF8301", "DF8302", "DF8303", "DF8304", "DF8305")
            if tag in found
        )
        assert dynamic[38:] == relay


@pytest.mark.parametrize("name", FDDA)
def test_the_card_signs_amount_and_qualifiers(name: str) -> None:
    """fDDA: number, amount, currency and the card's own data, with the counter as dynamic number."""
    found = values(name)
    asked = b"".join(found[tag][0] for tag in ("9F37", "9F02", "5F2A", "9F69"))
    body = opened(card_modulus(name), found["9F4B"][0], asked)
    assert body[2:6] == b"\3\2" + found["9F36"][0]
    assert found["9F69"][0][:1] == b"\1" and found["9F69"][0][5:] == found["9F6C"][0]


def test_the_issuer_signs_static_data() -> None:
    """SDA (table 7)."""
    found = values("contact_sda")
    body = opened(issuer_modulus(found), found["93"][0], signed_records("contact_sda"))
    assert body[:4].hex() == "0301dac0" and not body[4:].strip(b"\xbb")


def test_a_changed_list_breaks_the_certificate() -> None:
    with pytest.raises(AssertionError):
        card_modulus("attack_cvm_list")


def test_openssl_opens_the_certificate_too(tmp_path: Path) -> None:
    """The raw RSA step alone: openssl with the CA's modulus, without padding."""
    found, ca = values("contact_purchase"), rsa_keys.key("Visa-like CA")
    config = f"asn1=SEQUENCE:pub\n[pub]\nn=INTEGER:0x{ca.n:X}\ne=INTEGER:3\n"
    (tmp_path / "key.cnf").write_text(config, "ascii")
    (tmp_path / "signed").write_bytes(found["90"][0])
    for command in (
        "asn1parse -genconf key.cnf -noout -out pkcs1.der",
        "rsa -RSAPublicKey_in -inform DER -in pkcs1.der -pubout -out key.pem",
        "pkeyutl -verifyrecover -pubin -inkey key.pem -in signed -out raw -pkeyopt rsa_padding_mode:none",
    ):
        subprocess.run(["openssl", *command.split()], cwd=tmp_path, check=True, capture_output=True)
    raw = (tmp_path / "raw").read_bytes()
    number = int.from_bytes(found["90"][0], "big")
    assert raw == pow(number, 3, ca.n).to_bytes(248, "big") and raw[:6].hex() == "6a0247617390"


def test_a_rest_that_has_no_room_is_sent_apart() -> None:
    """An issuer's key as long as the CA's: 36 bytes of it stand beside the certificate."""
    ca, owner = rsa_keys.key("Visa-like CA"), rsa_keys.key("rogue CA")
    signed, rest = rsa_keys.certificate(
        ca, bytes.fromhex("024761739012280000 01".replace(" ", "")), owner
    )
    body = opened(ca.modulus, signed, rest + b"\3")
    assert len(rest) == 36 and body[14:] + rest == owner.modulus


@pytest.mark.parametrize("name", rsa_keys.KEYS)
def test_the_written_keys_are_keys(name: str) -> None:
    key = rsa_keys.key(name)
    assert key.n.bit_length() == rsa_keys.KEYS[name]
    assert pow(int.from_bytes(key.private(b"\2" * 8), "big"), 3, key.n) == int.from_bytes(
        b"\2" * 8, "big"
    )


def test_the_keys_follow_from_their_names() -> None:
    """One key here, all with --long."""
    assert rsa_keys.make("Visa-like PIN") == rsa_keys.key("Visa-like PIN")


@pytest.mark.long
def test_all_keys_follow_from_their_names() -> None:
    assert [rsa_keys.make(name) for name in rsa_keys.KEYS] == [
        rsa_keys.key(name) for name in rsa_keys.KEYS
    ]
