# SPDX-License-Identifier: MIT
"""What card and issuer must agree upon: the keys of a card, its counters' bits (CVR), and what a cryptogram covers.

A cryptogram version (CVN) says which session key, which data and which padding. Visa: 10 (the card's key itself), 18
and 22 (EMV session key, whole IAD). M/Chip: its own session key with the terminal's number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cardlib.crypto import blocks, cryptogram, keys
from cardlib.errors import NotVerifiable

from .profile import Profile

AAC, TC, ARQC = 0x00, 0x40, 0x80
COVERED = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37")
# What a card remembers of a transaction: (byte, bit) of the CVR; in IAD formats 0 and 2, the first byte left out
VISA = {
    **{"issuer failed": (0, 0x08), "PIN": (0, 0x04), "PIN failed": (0, 0x02), "not online": (0, 0x01)},
    **{"tries": (1, 0x40), "script": (2, 0x10), "script failed": (2, 0x08), "DDA": (2, 0x02), "no PIN": (2, 0x01)},
}
MCHIP = {
    **{"PIN": (0, 0x04), "enciphered": (0, 0x02), "PIN right": (0, 0x01), "DDA": (1, 0x80), "CDA": (1, 0x40)},
    **{"CDA 2": (1, 0x20), "issuer": (1, 0x10), "not online": (3, 0x40), "no PIN": (3, 0x20), "PIN failed": (3, 0x10)},
    **{"tries": (3, 0x08), "abroad": (3, 0x04), "at home": (3, 0x02), "issuer failed": (4, 0x04)},
}
ON_DEVICE = b"\x31"  # CVR of IAD format 2, byte 1: an application in the secure element checked a passcode


def card_keys(profile: Profile) -> dict[str, bytes]:
    """The keys in the card, by what they are for (Book 2, A1.4.1)."""
    return {use: keys.card_key(master, profile.pan, profile.psn) for use, master in profile.master.items()}


def cvr(cvn: str, facts: Collection[str], first: int, second: int | None, tries: int) -> bytes:
    """The card verification results: the types of both cryptograms, and what happened."""
    bits, size, at = (MCHIP, 6, 0) if cvn == "M/Chip" else (VISA, 3, 0)
    value = bytearray(size)
    value[0] = (0x80 if second is None else second) | first >> 2
    for fact in facts:
        at, bit = bits.get(fact, (0, 0))
        value[at] |= bit
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


def results_in(cvn: str, data: bytes) -> bytes:
    """The CVR as a cryptogram of CVN 10 or of M/Chip covers it."""
    return data[2:8] if cvn == "M/Chip" else data[3:7]


def session(cvn: str, key: bytes, atc: bytes, un: bytes) -> bytes:
    """The key of one cryptogram."""
    if cvn == "M/Chip":
        return keys.session_key_mchip(key, atc, un)
    return key if cvn == "10" else keys.session_key(key, keys.ac_diversifier(atc))


def application_cryptogram(cvn: str, key: bytes, told: Mapping[str, bytes]) -> bytes:
    """The cryptogram over what the terminal told (what was not told counts as zeros) and the card knows."""
    sizes = {"9F02": 6, "9F03": 6, "95": 5, "9F1A": 2, "5F2A": 2, "9A": 3, "9C": 1, "9F37": 4}
    data = b"".join(told.get(tag, bytes(sizes[tag])) for tag in COVERED) + told["82"] + told["9F36"]
    data += told["9F10"] if cvn in ("18", "22") else results_in(cvn, told["9F10"])
    padding = blocks.zeros if cvn == "10" else blocks.pad
    return cryptogram.application_cryptogram(session(cvn, key, told["9F36"], told["9F37"]), data, padding)


def issuer_answer(cvn: str, key: bytes, ac: bytes, atc: bytes, arc: bytes) -> bytes:
    """Issuer authentication data (tag 91): ARPC by method 1 with the code, by method 2 with a card status update."""
    if cvn in ("18", "22"):
        csu = bytes((0, 0x80 if arc == b"00" else 0, 0, 0))
        return cryptogram.arpc2(keys.session_key(key, keys.ac_diversifier(atc)), ac, csu) + csu
    return cryptogram.arpc1(key, ac, arc) + arc


def issuer_agrees(cvn: str, key: bytes, ac: bytes, atc: bytes, data: bytes) -> bool:
    """The card's side of the same: whether the answer is its issuer's."""
    if cvn in ("18", "22"):
        sk = keys.session_key(key, keys.ac_diversifier(atc))
        return len(data) >= 8 and data[:4] == cryptogram.arpc2(sk, ac, data[4:8], data[8:16])
    return len(data) == 10 and data[:8] == cryptogram.arpc1(key, ac, data[8:])


def pin_told(card: Mapping[str, bytes], atc: bytes, data: bytes) -> str:
    """The new PIN in the enciphered data of PIN CHANGE, in Visa's manner."""
    plain = blocks.decrypt(keys.session_key_visa(card["enc"], atc), data)
    if len(plain) != 16 or plain[0] != 8:
        raise NotVerifiable("no PIN block of 8 bytes in the data of PIN CHANGE")
    text = blocks.xor(plain[1:9], bytes(4) + card["ac"][4:8]).hex()
    told = text[2 : 2 + int(text[1], 16)]
    if not told.isdecimal():
        raise NotVerifiable("no digits in the PIN block")
    return told


def script_mac(key: bytes, head: bytes, atc: bytes, ac: bytes, data: bytes) -> bytes:
    """The MAC of a script command in Visa's manner: header, counter, cryptogram, data."""
    return cryptogram.script_mac(keys.session_key_visa(key, atc), head + atc + ac + data)
