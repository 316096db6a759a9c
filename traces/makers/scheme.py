# SPDX-License-Identifier: MIT
"""What card and issuer must agree upon: the keys of a card, the bits of what happened (CVR), the issuer's data.

What a cryptogram version (CVN) means is the library's: cardlib.crypto.methods.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cardlib.core.errors import NotVerifiable
from cardlib.crypto import blocks, cryptogram, keys, methods

from .profile import Profile

AAC, TC, ARQC = 0x00, 0x40, 0x80
SIZES = tuple(zip(methods.FIELDS, (6, 6, 2, 5, 2, 3, 1, 4, 2, 2), strict=True))
HOW = {
    **{"10": methods.METHODS[methods.VISA, 0x0A], "18": methods.METHODS[methods.VISA, 0x12]},
    **{
        "22": methods.METHODS[methods.VISA, 0x22],
        "M/Chip": methods.METHODS[methods.MASTERCARD, 0x10],
    },
}
# What a card remembers of a transaction: (byte, bit) of the CVR; in IAD formats 0 and 2, the first byte left out
VISA = {
    **{
        "issuer failed": (0, 0x08),
        "PIN": (0, 0x04),
        "PIN failed": (0, 0x02),
        "not online": (0, 0x01),
    },
    **{"tries": (1, 0x40), "script failed": (2, 0x08), "DDA": (2, 0x02), "no PIN": (2, 0x01)},
}
MCHIP = {
    **{
        "PIN": (0, 0x04),
        "enciphered": (0, 0x02),
        "PIN right": (0, 0x01),
        "DDA": (1, 0x80),
        "CDA": (1, 0x40),
    },
    **{
        "CDA 2": (1, 0x20),
        "issuer": (1, 0x10),
        "not online": (3, 0x40),
        "no PIN": (3, 0x20),
        "PIN failed": (3, 0x10),
    },
    **{"tries": (3, 0x08), "abroad": (3, 0x04), "at home": (3, 0x02), "issuer failed": (4, 0x04)},
    **{"script": (4, 0x02), "script failed": (4, 0x01)},
}
ON_DEVICE = (
    b"\x31"  # CVR of IAD format 2, byte 1: an application in the secure element checked a passcode
)


def card_keys(profile: Profile) -> dict[str, bytes]:
    """The keys in the card, by what they are for (Book 2, A1.4.1)."""
    option = HOW[profile.cvn].option
    return {
        use: keys.card_key(master, profile.pan, profile.psn, option)
        for use, master in profile.master.items()
    }


def cvr(
    cvn: str, facts: Collection[str], first: int, second: int | None, tries: int, scripts: int = 0
) -> bytes:
    """The card verification results: types of both cryptograms, what happened, how many scripts were carried out."""
    bits, size, at = (MCHIP, 6, 0) if cvn == "M/Chip" else (VISA, 3, 0)
    value = bytearray(size)
    value[0] = (0x80 if second is None else second) | first >> 2
    for fact in facts:
        at, bit = bits.get(fact, (0, 0))
        value[at] |= bit
    value[2] |= min(scripts, 15) << 4
    if cvn == "M/Chip":
        value[2] |= tries
    if cvn == "22":
        return (ON_DEVICE if "on device" in facts else b"\0") + bytes(value) + b"\0"
    return bytes(value)


def iad(cvn: str, results: bytes, number: bytes) -> bytes:
    """Issuer application data, for the issuer: which key, which version, the CVR."""
    if cvn == "M/Chip":
        return b"\x01\x10" + results + number[:2] + bytes(7) + b"\xff"
    if cvn == "22":
        return (b"\x1f\x22\x01" + results).ljust(32, b"\0")
    return bytes((6, 1, int(cvn), 3)) + results


def application_cryptogram(cvn: str, key: bytes, told: Mapping[str, bytes]) -> bytes:
    """The cryptogram over what the terminal told (what was not told counts as zeros) and the card knows."""
    return methods.compute(
        HOW[cvn], key, {tag: told.get(tag, bytes(size)) for tag, size in SIZES}, told["9F10"]
    )


def cvc3(key: bytes, data: Mapping[str, bytes], number: bytes) -> dict[str, bytes]:
    """The codes of a mag-stripe mode transaction, by tag: of track 2, and of track 1 where the card has it."""
    tracks = {code: data[tag] for code, tag in (("9F61", "9F6B"), ("9F60", "56")) if tag in data}
    made = {
        code: cryptogram.cvc3(key, track, data["9F36"], number) for code, track in tracks.items()
    }
    return {code: value.to_bytes(2, "big") for code, value in made.items()}


def issuer_answer(cvn: str, key: bytes, told: Mapping[str, bytes], code: bytes) -> bytes:
    """Issuer authentication data (tag 91): ARPC by method 1 with the code, by method 2 with a card status update."""
    update = bytes((0, 0x80 if code == b"00" else 0, 0, 0))
    space, tail = (bytes(8), code) if HOW[cvn].answer[0] == 1 else (bytes(4), update)
    return methods.answer(HOW[cvn], key, told, told["9F26"], space + tail) + tail


def issuer_agrees(cvn: str, key: bytes, told: Mapping[str, bytes], ac: bytes, data: bytes) -> bool:
    """The card's side of the same: whether the answer is its issuer's."""
    least, most = (10, 10) if HOW[cvn].answer[0] == 1 else (8, 16)
    return least <= len(data) <= most and data.startswith(
        methods.answer(HOW[cvn], key, told, ac, data)
    )


def pin_told(card: Mapping[str, bytes], atc: bytes, data: bytes) -> str:
    """The new PIN in the enciphered data of PIN CHANGE, in Visa's manner; the inverse of `encipher_visa`."""
    plain = blocks.decrypt(keys.session_key_visa(card["enc"], atc), data)
    if len(plain) != 16 or plain[0] != 8:
        raise NotVerifiable("no PIN block of 8 bytes in the data of PIN CHANGE")
    text = blocks.xor(plain[1:9], bytes(4) + card["ac"][4:8]).hex()
    told = text[2 : 2 + int(text[1], 16)]
    if not told.isdecimal():
        raise NotVerifiable("no digits in the PIN block")
    return told
