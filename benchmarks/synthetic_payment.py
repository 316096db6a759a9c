# SPDX-License-Identifier: MIT
"""A made-up payment card with everything: certificates, signatures of each kind, a cryptogram; pairs of hex lines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from random import Random

from cardlib.crypto.blocks import zeros
from cardlib.crypto.cryptogram import application_cryptogram
from cardlib.crypto.keyring import Key
from cardlib.crypto.keys import card_key

PAN, RID, SIZE = "4111111111111111", "A000000003", 128
MASTER = bytes.fromhex("2315208C9110AD402315208C9110AD40")  # published with the ADVT test cards
NUMBER, AMOUNT, CURRENCY = "01020304", "000000001000", "0978"
CDOL1 = "9F02069F03069F1A0295055F2A029A039C019F3704"
SENT = AMOUNT + "000000000000" + "0276" + "8000008000" + CURRENCY + "270101" + "00" + NUMBER
ATC, IAD = "0007", "06010A03A4B800"
STATIC_TAGS = (("5A", PAN), ("5F24", "281231"), ("8C", CDOL1), ("9F4A", "82"))
Pairs = list[tuple[str, str]]


def tlv(tag: str, value: str) -> str:
    size = len(value) // 2
    return f"{tag}{size:02X}{value}" if size < 128 else f"{tag}81{size:02X}{value}"


STATIC = "".join(tlv(tag, value) for tag, value in STATIC_TAGS)


@cache
def private(name: str) -> tuple[int, int]:
    """Modulus and private exponent of a key of 1024 bits, the same in every run; its public exponent is 65537."""
    random = Random(f"synthetic payment {name}")
    p, q = _prime(random), _prime(random)
    return p * q, pow(65537, -1, (p - 1) * (q - 1))


def _prime(random: Random) -> int:
    while True:
        number = random.getrandbits(512) | 3 << 510 | 1
        if (
            pow(2, number - 1, number) == 1 and number % 65537 != 1
        ):  # so long, no other passes by chance
            return number


def modulus(name: str) -> str:
    return f"{private(name)[0]:0{2 * SIZE}X}"


def scheme_key() -> Key:
    """The public key with which the card's certificates begin."""
    return Key(
        "ca-public",
        bytes.fromhex(modulus("ca")),
        RID,
        index="A9",
        exponent=b"\1\0\1",
        note="made up",
    )


def sha1(text: str) -> str:
    return hashlib.sha1(bytes.fromhex(text), usedforsecurity=False).hexdigest()


@cache
def sign(name: str, head: str, rest: str = "", hashed: str = "") -> str:
    """A signature: what stands behind the header, filled with BB, and the hash over it and what follows."""
    body = (head + rest).ljust(2 * SIZE - 44, "B")
    n, d = private(name)
    return f"{pow(int(f'6A{body}{sha1(body + hashed)}BC', 16), d, n):0{2 * SIZE}X}"


def certificate(by: str, of: str, head: str, room: int, static: str = "") -> tuple[str, str]:
    """Certificate and remainder of the key `of`."""
    whole, cut = modulus(of), 2 * (SIZE - room)
    return sign(by, f"{head}0101{SIZE:02X}03", whole[:cut], whole[cut:] + "010001" + static), whole[
        cut:
    ]


def cryptogram(aip: str) -> str:
    data = bytes.fromhex(SENT + aip + ATC + IAD[6:])
    return application_cryptogram(card_key(MASTER, PAN), data, zeros).hex().upper()


def card(kind: str = "DDA", aip: str = "7900", **change: Callable[[str], str]) -> Pairs:
    """The dialogue with a card that authenticates itself by DDA, CDA or fDDA, and gives an ARQC of Visa CVN 10.

    `change` makes another value of that of a tag; "" leaves the tag out.
    """
    issuer, issuer_rest = certificate("ca", "issuer", "02411111FF1230000001", 36)
    icc, icc_rest = certificate("issuer", "card", f"04{PAN}FFFF1230000001", 42, STATIC + aip)
    pin, pin_rest = certificate("issuer", "pin", f"04{PAN}FFFF1230000002", 42)
    values = {"8F": "A9", "90": issuer, "92": issuer_rest, "9F32": "010001"}
    values |= {
        "93": sign("issuer", "0301ABCD", "", STATIC + aip),
        "9F46": icc,
        "9F47": "010001",
        "9F48": icc_rest,
    }
    values |= {"9F2D": pin, "9F2E": "010001", "9F2F": pin_rest}
    values |= {tag: make(values[tag]) for tag, make in change.items()}
    records = [
        tlv("70", STATIC),
        *(tlv("70", tlv(tag, value)) if value else "7000" for tag, value in values.items()),
    ]
    options = tlv("82", aip) + tlv("94", f"080101010802{len(records):02X}00")
    asked, pdol = "", ""
    if kind == "fDDA":
        asked, pdol = NUMBER + AMOUNT + CURRENCY, tlv("9F38", "9F37049F02065F2A02")
        signed = sign("card", "050103020007", "", asked + "01A1B2C3D4")
        options += tlv("9F36", ATC) + tlv("9F69", "01A1B2C3D4") + tlv("9F4B", signed)
    fci = tlv("6F", tlv("84", RID + "1010") + tlv("A5", tlv("50", "58") + pdol))
    command = tlv("83", asked)
    pairs = [(f"00A4040007{RID}101000", fci + "9000")]
    pairs.append((f"80A80000{len(command) // 2:02X}{command}00", tlv("77", options) + "9000"))
    pairs += [
        (f"00B2{number:02X}0C00", record + "9000") for number, record in enumerate(records, 1)
    ]
    return pairs + _ended(kind, aip, asked)


def _ended(kind: str, aip: str, asked: str) -> Pairs:
    """The commands behind the records."""
    head, ac, tail = tlv("9F27", "80") + tlv("9F36", ATC), cryptogram(aip), tlv("9F10", IAD)
    generate = f"80AE{'90' if kind == 'CDA' else '80'}00{len(SENT) // 2:02X}{SENT}00"
    if kind == "CDA":
        dynamic = "02000780" + ac + sha1(asked + SENT + head + tail).upper()
        signed = sign("card", f"0501{len(dynamic) // 2:02X}{dynamic}", "", NUMBER)
        return [(generate, tlv("77", head + tlv("9F4B", signed) + tail) + "9000")]
    if kind == "fDDA":
        return []
    answer = tlv("80", sign("card", "050103020007", "", NUMBER))
    return [
        (f"0088000004{NUMBER}00", answer + "9000"),
        (generate, tlv("77", head + tlv("9F26", ac) + tail) + "9000"),
    ]
