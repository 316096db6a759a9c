# SPDX-License-Identifier: MIT
"""Exercises about payment codes: 63. Their codes are made up, and stand here: a code is a text, no trace.

EMV QR Code, merchant-presented: objects of a tag and a length of two digits each (3.2), tip and fee (55 to 57), the
check sum (63) over all before it and its own `6304` (ISO/IEC 13239, from FFFF).
"""

from __future__ import annotations

from binascii import crc_hqx
from pathlib import Path

from .engine import Solved, exercise

START = 0xFFFF
PERCENT = "03"  # in 55: the fee is a percentage, which stands in 57

TILL = "00020101021215312660034400020344123456789012345520458125303156540523.505802CN5909TEST CAFE6008SHANGHAI630426BD"
FEE = (
    "000201010212153126600344000203441234567890123455204581253031565405"
    "24.005502035702105802CN5909TEST CAFE6008SHANGHAI63043F1E"
)
MONDAY = "000201010211153126600344000203441234567890123455204581253031565802CN5909TEST CAFE6008SHANGHAI63045586"
SEEN = {
    "A": MONDAY,
    "B": MONDAY.replace("SHANGHAI6304", "SHANGAHI6304"),
    "C": "000201010211153126600344000203441234567890345125204581253031565802CN5909TEST CAFE6008SHANGHAI63043DAF",
    "D": "000201010211153126600344000203441234567890123455204581253031565405"
    "18.005802CN5909TEST CAFE6008SHANGHAI63046E4A",
}


def objects(code: str) -> dict[str, str]:
    """The objects of a code, by their tags."""
    found: dict[str, str] = {}
    at = 0
    while at < len(code):
        tag, size = code[at : at + 2], int(code[at + 2 : at + 4])
        found[tag] = code[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def check_sum(text: str, start: int = START) -> str:
    """The check sum over a text, as the four digits of object 63."""
    return f"{crc_hqx(text.encode(), start):04X}"


def sealed(code: str) -> str:
    """A code with the check sum that belongs to it."""
    return code[:-4] + check_sum(code[:-4])


@exercise("63.1")
def _(_traces: Path) -> Solved:
    dearer = TILL.replace("23.50", "32.50")[:-4]
    right = check_sum(dearer)
    return Solved(
        right,
        "replace 23.50, leave the last four characters away, and go through the rest from FFFF",
        f"over the same code with 32.50 it is {right}, and no secret was needed to know that",
        {
            TILL[-4:]: "that is the check sum of 23.50; it must be worked out again",
            check_sum(dearer[:-4]): "6304, the tag and length of the check sum itself, counts too",
            check_sum(dearer, 0): "the register begins with FFFF, not with 0000",
        },
    )


@exercise("63.2")
def _(_traces: Path) -> Solved:
    accounts = {name: objects(code)["15"] for name, code in SEEN.items()}
    [name] = [name for name, account in accounts.items() if account != accounts["A"]]
    return Solved(
        name,
        "cut each code into its objects; by which of them does the money find its way?",
        f"{name} alone has another account in 15, and a right check sum",
        {
            "A": "that is the code as the cafe put it up",
            "B": "its check sum is wrong, but two letters of the city are swapped: a misprint; the account is the same",
            "D": "it asks for a fixed amount, but the account is the cafe's",
        },
    )


@exercise("63.3")
def _(_traces: Path) -> Solved:
    parts = objects(FEE)
    amount = round(100 * float(parts["54"]))
    rate = int(parts["57"])
    fee = amount * rate // 100
    return Solved(
        amount + fee,
        "55 says of which kind the fee is: 01 the payer decides, 02 fixed in 56, 03 per cent in 57",
        f"{amount} fen and {rate} per cent of it, {fee} fen",
        {
            amount: "there is a fee besides: look at 55 and 57",
            fee: "that is the fee; the payer pays the amount, too",
            amount + 100 * rate: "57 is a percentage, not an amount in yuan",
            (amount + fee) / 100: "the number is right in yuan; the question is in fen",
        },
    )
