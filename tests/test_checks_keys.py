# SPDX-License-Identifier: MIT
"""Rules that compute again, on chains of certificates made here with small keys of our own."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from random import Random

from dialogue import CARD, CDOL1, PAN, TERMINAL, captured, changed, judged, lines, tlv

from cardlib import Capture
from cardlib.crypto.keyring import Key

VISA, MASTERCARD = "A000000003", "A000000004"


@cache
def prime(bits: int, seed: int) -> int:
    """A prime p with p - 1 not divisible by 3, the two highest bits set; tested with Fermat's little theorem."""
    draw = Random(seed)
    while True:
        number = draw.getrandbits(bits) | 3 << bits - 2 | 1
        if number % 3 == 2 and all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)):
            return number


@cache
def rsa(bits: int, seed: int, shared: int = 0) -> tuple[int, int]:
    """A modulus and its private exponent to the public 3; `shared` is the seed of the first prime."""
    p, q = prime(bits // 2, shared or seed), prime(bits - bits // 2, seed + 1000)
    return p * q, pow(3, -1, (p - 1) * (q - 1))


def size(modulus: int) -> int:
    return (modulus.bit_length() + 7) // 8


def signed(key: tuple[int, int], body: bytes, more: bytes) -> bytes:
    """Header, body, hash of body and of what is not sent along, trailer (EMV 4.4 Book 2, A2.1)."""
    modulus, private = key
    text = b"\x6a" + body + hashlib.sha1(body + more, usedforsecurity=False).digest() + b"\xbc"
    assert len(text) == size(modulus)
    return pow(int.from_bytes(text), private, modulus).to_bytes(size(modulus))


def certificate(signer: tuple[int, int], head: bytes, owner: int, more: bytes = b"") -> tuple[bytes, bytes]:
    """A certificate over a modulus, and what of the modulus had no room (tables 6 and 14)."""
    raw = owner.to_bytes(size(owner))
    room = size(signer[0]) - 22 - len(head) - 4
    digits = raw[:room].ljust(room, b"\xbb")
    body = head + bytes((1, 1, len(raw), 1)) + digits
    rest = raw[room:]
    return signed(signer, body, rest + b"\x03" + more), rest


CA, ISSUER, ICC = rsa(1984, 1), rsa(1408, 2), rsa(1152, 3)
RING = (Key("ca-public", CA[0].to_bytes(248), rid=VISA, index="F0", exponent=b"\x03", note="our own"),)


def chain(
    number: str = PAN,
    index: str = "F0",
    issuer: tuple[int, int] = ISSUER,
    icc: tuple[int, int] = ICC,
    expiry: str = "1230",
    spoil: bool = False,
    **changes: object,
) -> Capture:
    """A payment with DDA whose certificates verify under RING; the arguments spoil one thing each."""
    card = changed(CARD, dict(changes.pop("card", {})))  # type: ignore[call-overload]
    month = bytes.fromhex(expiry)
    one, rest = certificate(CA, b"\x02" + bytes.fromhex(PAN[:8]) + month + bytes(3), issuer[0])
    held = card | {"8F": index, "90": one.hex().upper(), "92": rest.hex().upper(), "9F32": "03", "9F47": "03"}
    held |= {"8C": _dol(), "8D": "8A02" + _dol()}
    record = "".join(tlv(tag, value) for tag, value in sorted(held.items()))
    static = bytes.fromhex(record) + bytes.fromhex("3C00")
    head = b"\x04" + bytes.fromhex(number.ljust(20, "F")) + month + bytes(3)
    two, more = certificate(issuer, head, icc[0], static)
    if spoil:
        two = bytes((two[0] ^ 1,)) + two[1:]
    rows = lines(**changes)  # type: ignore[arg-type]
    place = rows.index("00B2010C00")
    rows[place + 1] = _template(record) + "9000"
    extra = tlv("9F46", two.hex().upper()) + (tlv("9F48", more.hex().upper()) if more else "")
    rows[place - 1] = rows[place - 1].replace("940408010101", "94080801010110010100")
    rows[place - 1] = "77" + f"{len(rows[place - 1]) // 2 - 4:02X}" + rows[place - 1][4:]
    return captured([*rows[: place + 2], "00B2011400", _template(extra) + "9000", *rows[place + 2 :]])


def _dol() -> str:
    return "".join(f"{tag}{len(TERMINAL[tag]) // 2:02X}" for tag in CDOL1.split())


def _template(value: str) -> str:
    length = len(value) // 2
    return (
        f"70{length:02X}{value}"
        if length < 128
        else f"7081{length:02X}{value}"
        if length < 256
        else f"7082{length:04X}{value}"
    )


GIVEN = {"keys": RING}
OTHER = (replace(RING[0], rid=MASTERCARD),)
CASES = {
    "E06": (chain(spoil=True), chain()),
    "E12": (chain(icc=rsa(896, 5)), chain()),
    "E14": (
        chain(
            icc=(
                int(
                    "944E13208A280C37EFC31C3114485E590192ADBB8E11C87CAD60CDEF0037CE99278330D3F471A2538FA667802ED2A3C44A8B7DEA826E888D0AA341FD664F7FA7",
                    16,
                ),
                0,
            )
        ),
        chain(),
    ),
    "E24": (chain("4761739001010010"), chain()),
    "E25": (chain(expiry="0125"), chain()),
}


def test_the_chain_is_sound() -> None:
    found = judged("E06", chain(), **GIVEN)
    assert [one.detail.partition(":")[0] for one in found] == ["issuer certificate", "card certificate"]
    assert {one.verdict for one in found} == {"pass"}, found
