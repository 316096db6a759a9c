# SPDX-License-Identifier: MIT
"""Rules about the keys of tokens, each with a session on which it fails and one on which it passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from dialogue import captured, judged
from test_rules_tokens import OWN_PIN, openpgp, piv

import cardlib
from cardlib import Capture
from cardlib.core.codec import to_hex
from cardlib.core.secure import written
from cardlib.rules.token_keys import ORACLE_QUESTIONS
from traces.makers import token_keys
from traces.makers.piv import HOLDER

OWN, OTHER = token_keys.rsa_key("token"), token_keys.rsa_key("document signer")
CURVE = token_keys.curve_key("PIV signature")
BLOCK = b"\0\1" + b"\xff" * 221 + b"\0" + bytes(range(32))
DIGEST = bytes(range(32))
SELECT_FIDO = ("00A4040008A0000006472F000100", "4649444F5F325F309000")
SITE, CREDENTIAL = bytes(range(32)), bytes(range(16))
TRACES = Path(__file__).resolve().parent.parent / "traces"


def shown(certificate: bytes, tag: str = "5FC105", compressed: int = 0) -> tuple[str, str]:
    """A certificate as GET DATA gives it."""
    inner = written("70", certificate) + bytes((0x71, 1, compressed, 0xFE, 0))
    answer = written("53", inner)
    return f"00CB3FFF055C03{tag}00", to_hex(answer) + "9000"


def proved(reference: str, block: bytes, signature: bytes) -> tuple[str, str]:
    """GENERAL AUTHENTICATE in one long command."""
    data = written("7C", written("82", b"") + written("81", block))
    header = f"008707{reference}00{len(data):04X}"
    return header + to_hex(data) + "0000", to_hex(written("7C", written("82", signature))) + "9000"


def signed(reference: str = "9C") -> tuple[str, str]:
    return proved(reference, DIGEST, token_keys.raw_signature(CURVE, DIGEST))


def certificate(key: token_keys.PrivateKey) -> bytes:
    return token_keys.certificate(key, HOLDER, 4711)


def short_key() -> bytes:
    """A certificate of 1024 bits: the primes of a passport's chip, as they stand in keys.toml."""
    return certificate(token_keys.rsa_key("passport chip"))


def login(counter: int, credential: bytes = CREDENTIAL, session: bool = False) -> tuple[str, ...]:
    """A login at a site, with this counter."""
    data = SITE + b"\x01" + counter.to_bytes(4)
    entry = b"\xa2\x62id" + bytes((0x40 | len(credential),)) + credential
    entry += b"\x64type\x6apublic-key"
    answer = b"\0\xa3\x01" + entry + b"\x02\x58" + bytes((len(data),)) + data + b"\x03\x41\xaa"
    return "8010000001" + "02" + "00", to_hex(answer) + "9000"


def fido(*halves: str) -> Capture:
    return captured([*SELECT_FIDO, *halves])


def questions(count: int, words: tuple[str, ...]) -> list[str]:
    """Different texts for the decryption key, answered with these status words in turn."""
    halves: list[str] = []
    for number in range(count):
        halves += [f"002A80860300{number:04X}00", words[number % len(words)]]
    return halves


PIN_AGAIN = (*OWN_PIN, *signed())
CASES = {
    "V06": (piv(*shown(short_key())), piv(*shown(certificate(OWN))), shown(short_key())[1]),
    "V08": (
        openpgp(*questions(ORACLE_QUESTIONS, ("6A80", "6985"))),
        openpgp(*questions(ORACLE_QUESTIONS, ("6A80",))),
        "002A808603000000" + "00",
    ),
    "V10": (
        piv(*shown(certificate(OTHER)), *proved("9A", BLOCK, token_keys.raw_signature(OWN, BLOCK))),
        piv(*shown(certificate(OWN)), *proved("9A", BLOCK, token_keys.raw_signature(OWN, BLOCK))),
        shown(certificate(OTHER))[1],
    ),
    "V11": (fido(*login(7), *login(7)), fido(*login(7), *login(8)), login(7)[1]),
    "V12": (piv(*OWN_PIN, *signed(), *signed()), piv(*PIN_AGAIN, *PIN_AGAIN), signed()[0]),
}
NEAR = {
    "V06": (
        "a key of 2048 bits and one on P-256",
        (CASES["V06"][1], piv(*shown(certificate(CURVE)))),
    ),
    "V08": (
        "as many texts with one answer, one text less with two, and as many of which half want the PIN",
        (
            CASES["V08"][1],
            openpgp(*questions(ORACLE_QUESTIONS - 1, ("6A80", "6985"))),
            openpgp(*questions(2 * ORACLE_QUESTIONS, ("6A80", "6982"))),
        ),
    ),
    "V10": ("the certificate of another key of the card", (CASES["V10"][1],)),
    "V11": (
        "the same counter for another site's key",
        (fido(*login(7), *login(7, CREDENTIAL[::-1]), *login(8)),),
    ),
    "V12": (
        "a signature of the key for logins behind it",
        (piv(*OWN_PIN, *signed(), *signed("9A")),),
    ),
}
SILENT = {
    "a certificate that was refused": ("V06", piv(shown(certificate(OWN))[0], "6A82")),
    "an empty certificate": ("V06", piv(*shown(b""))),
    "a compressed certificate": ("V06", piv(*shown(b"\x1f\x8b\x08\x00", compressed=1))),
    "no text to decipher": ("V08", openpgp("002A808600", "6A80")),
    "a proof without a certificate": ("V10", piv(*signed())),
    "a new key beside the certificate of the old one": (
        "V10",
        piv(
            *shown(certificate(OTHER)),
            *("0047009A05AC0380010700", "7F49009000"),
            *proved("9A", BLOCK, token_keys.raw_signature(OWN, BLOCK)),
        ),
    ),
    "a proof that was refused": (
        "V10",
        piv(*shown(certificate(CURVE), "5FC10A"), signed()[0], "6982"),
    ),
    "one login": ("V11", fido(*login(7))),
    "an authenticator that does not count": ("V11", fido(*login(0), *login(0))),
    "an answer without a counter": ("V11", fido("80100000010200", "2E9000", *login(7))),
    "no signature": ("V12", piv(*OWN_PIN, signed()[0], "6982")),
}


@pytest.mark.parametrize("name", SILENT)
def test_what_says_nothing(name: str) -> None:
    rule, capture = SILENT[name]
    assert [finding.verdict for finding in judged(rule, capture)] == ["not-applicable"]


@pytest.mark.parametrize("data", ["3003020101", "30820400" + "00" * 40, "FF" * 12, "30" * 60])
def test_a_certificate_that_cannot_be_read_is_no_verdict(data: str) -> None:
    halves = shown(bytes.fromhex(data))
    (finding,) = judged("V06", piv(*halves))
    assert finding.verdict in ("not-enough-data", "not-applicable")


def test_one_bit_of_a_signature_decides() -> None:
    right = token_keys.raw_signature(CURVE, DIGEST)
    wrong = right[:-1] + bytes((right[-1] ^ 1,))
    shown_first = shown(certificate(CURVE), "5FC10A")
    for signature, verdict in ((right, "pass"), (wrong, "fail"), (b"", "not-applicable")):
        capture = piv(*shown_first, *proved("9C", DIGEST, signature))
        assert [finding.verdict for finding in judged("V10", capture)] == [verdict]


def test_a_hash_of_no_known_size_is_not_judged() -> None:
    capture = piv(*shown(certificate(CURVE), "5FC10A"), *proved("9C", b"12345", b"\x30\x00"))
    (finding,) = judged("V10", capture)
    assert finding.verdict == "not-enough-data" and "no hash" in finding.detail


def test_an_exponent_of_three_is_weak() -> None:
    made = rsa.RSAPublicNumbers(3, OWN.public_key().public_numbers().n).public_key()
    assert made.key_size == 2048
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(x509.Name([]))
    builder = builder.serial_number(1).public_key(made)
    builder = builder.not_valid_before(token_keys.BEGIN).not_valid_after(token_keys.END)
    signed_one = builder.sign(CURVE, token_keys.hashes.SHA256())
    der = signed_one.public_bytes(token_keys.serialization.Encoding.DER)
    (finding,) = judged("V06", piv(*shown(der)))
    assert finding.verdict == "fail" and finding.detail.endswith("exponent 3")


def test_the_counter_of_a_registration_counts() -> None:
    """The copy of attack_fido_copy was made after a login: the trace, and its honest twin."""
    copied = judged("V11", cardlib.read(TRACES / "attack_fido_copy.card.jsonl"))
    honest = judged("V11", cardlib.read(TRACES / "fido_logins.card.jsonl"))
    assert [f.verdict for f in copied] == ["pass", "pass", "fail"]
    assert [f.verdict for f in honest] == ["pass", "pass"]
