# SPDX-License-Identifier: MIT
"""The exercises on keys and their life: 73. The ceremony, its people and its keys are made up."""

from __future__ import annotations

from pathlib import Path

from cardlib.crypto.blocks import aes_kcv, cmac, kcv

from .engine import Solved, exercise, read, with_ins

# What stands on three sealed sheets: the part of the key, and its check value (AES over 16 bytes 01)
SHEETS = (
    ("Ada", "E7C602AA 2967B7B6 49902A74 971E2236", "61E92C"),
    ("Ben", "CA3D1C9C AF835A08 D6F742B7 0E251C0F", "797057"),
    ("Cleo", "DD33B38B 9EE190AB D292AA5F F67D4E93", "48FB6A"),
)
AGREED = "F368C2"  # the check value of the whole key, as its sender told it
# What three people typed at the machine: one of them read a digit wrong
TYPED = (SHEETS[0][1], "CA3D1C9C AF835A08 D6F142B7 0E251C0F", SHEETS[2][1])
# The master key of the bureau, under the key that the parts make (ANSI X9.143, version D)
KEY_BLOCK = (
    "D0112E5AX00N0000DDCDBFC76748B38462C1B977CDD91ABBFA2F641C23B7AEA37EB74836B3E49A40595A7B0518B268A523219DAE124B4B55"
)

BUREAU = "bureau_scp03.card.jsonl"
MASTER = bytes.fromhex("425552454155204D4153544552204B59")
INITIALIZE_UPDATE = 0x50
CARD_DATA = 10  # bytes of the answer to INITIALIZE UPDATE that are the card's own
ENC, MAC, DEK = 1, 2, 3


@exercise("73.1")
def _(traces: Path) -> Solved:
    sheets = enumerate(zip(SHEETS, TYPED, strict=True), 1)
    wrong = [number for number, ((_, _, check), typed) in sheets if _check_value(typed) != check]
    [part] = wrong
    name, _, check = SHEETS[part - 1]
    return Solved(
        part,
        "compute the check value of each part as it was typed, and compare it with its sheet",
        f"{name}'s sheet says {check}, and what was typed makes {_check_value(TYPED[part - 1])}",
        slips={
            number: f"{other}'s part has the check value of its sheet; look at the other parts"
            for number, (other, _, _) in enumerate(SHEETS, 1)
            if number != part
        },
    )


@exercise("73.2")
def _(traces: Path) -> Solved:
    sheet = SHEETS[1][1].replace(" ", "")
    typed = TYPED[1].replace(" ", "")
    [place] = [at for at, pair in enumerate(zip(sheet, typed, strict=True), 1) if len(set(pair)) > 1]
    return Solved(
        place,
        "change one digit at a time, to each of 16, until the check value is that of the sheet",
        f"digit {place} was typed as {typed[place - 1]} and is {sheet[place - 1]}; no other change fits",
        slips={
            place - 1: "that counts from zero: the first digit is number 1",
            (place + 1) // 2: "that is the number of the byte; count its digits",
            (place + 1) // 2 - 1: "that is the number of the byte, counted from zero; count its digits",
        },
    )


@exercise("73.3")
def _(traces: Path) -> Solved:
    answer = with_ins(read(traces, BUREAU), INITIALIZE_UPDATE)[0].response
    card_data = answer.data[:CARD_DATA] if answer else b""
    enc, mac, dek = (_derived(card_data, purpose) for purpose in (ENC, MAC, DEK))
    return Solved(
        _text(aes_kcv(dek)),
        "derive with the purpose 3, then encipher 16 bytes 01 and take three",
        f"the key for other keys of this card begins with {_text(dek[:2])}, and its check value is the answer",
        slips={
            _text(aes_kcv(enc)): "that is the key for data: its purpose is 1",
            _text(aes_kcv(mac)): "that is the key for MACs: its purpose is 2",
            _text(kcv(dek)): "that is the way of triple DES: zeros; AES enciphers 16 bytes 01 here",
            _text(aes_kcv(MASTER)): "that is the master key; the card has a key made of it",
            _text(dek[:3]): "these are bytes of the key itself: nobody may write them down",
        },
    )


def _check_value(digits: str) -> str:
    return _text(aes_kcv(bytes.fromhex(digits)))


def _derived(card_data: bytes, purpose: int) -> bytes:
    """A key of one card, by KDF3: counter, zeros, purpose, zero, and the data of the card."""
    return cmac(MASTER, bytes([1, 0, 0, 0, purpose, 0]) + card_data)


def _text(value: bytes) -> str:
    return value.hex().upper()
