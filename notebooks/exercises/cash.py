# SPDX-License-Identifier: MIT
"""Exercises about electronic cash and the Chinese algorithms: 61."""

from __future__ import annotations

from pathlib import Path

import cardlib

from .engine import Solved, exercise, read, read_node, with_ins

TORN = 3  # the tap whose last answer is lost, counted from 0
LEFT = slice(10, 15)  # the balance in issuer application data (9F10)
# Places in the data of GET PROCESSING OPTIONS, behind 83 and a length.
AMOUNT, CURRENCY, NUMBER = slice(6, 12), slice(25, 27), slice(31, 35)
PAYS = 0xA8


def _fen(digits: bytes) -> int:
    """An amount in BCD."""
    return int(digits.hex())


def _left(tap: cardlib.Exchange) -> int:
    """What a card says is left, in fen."""
    _, data = read_node([tap], "9F10")
    return _fen(data.value[LEFT])


def _asked(tap: cardlib.Exchange) -> bytes:
    """The data of a command; none if there is no command."""
    if tap.command is None:
        return b""
    return tap.command.data


@exercise("61.1")
def _(traces: Path) -> Solved:
    taps = with_ins(read(traces, "cash_day.hex.txt"), PAYS)
    before, after = _left(taps[TORN - 1]), _left(taps[TORN + 1])
    left = after + _fen(_asked(taps[TORN + 1])[AMOUNT])
    return Solved(
        left,
        "the fifth tap says what is left when its own price is gone; put that price back",
        f"the fifth tap ends at {after} fen, and {left - after} of them it took itself",
        {
            before: "that is what the third tap left; did the fourth take nothing? Ask the fifth",
            after: "that is behind the fifth tap; put its price back",
            left / 100: "the number is right in yuan; the question is in fen",
        },
    )


@exercise("61.2")
def _(traces: Path) -> Solved:
    capture = read(traces, "cash_day.hex.txt")
    tap = with_ins(capture, PAYS)[1]
    data = _asked(tap)
    said = data[NUMBER] + data[AMOUNT] + data[CURRENCY]
    _, own = read_node(capture.exchanges[tap.index :], "9F69")
    _, signed = read_node([tap], "9F4B")
    dynamic = signed.value[:4]
    return Solved(
        (said + own.value).hex().upper(),
        "number (9F37), amount (9F02) and currency (5F2A) from the command of the till, then 9F69 from a record",
        f"{said.hex().upper()} is the till's, {own.value.hex().upper()} the card's, and the plain part comes first",
        {
            said.hex(): "the card says something of itself, too: 9F69, in the last record",
            (dynamic + said + own.value).hex(): "that is all that is signed; the plain part is in 9F4B itself",
            (data[AMOUNT] + data[CURRENCY] + data[NUMBER] + own.value).hex(): "the number of the till comes first",
        },
    )


@exercise("61.3")
def _(traces: Path) -> Solved:
    taps = with_ins(read(traces, "attack_cash_copy.hex.txt"), PAYS)
    honest, careless = (tap.command.raw if tap.command else b"" for tap in (taps[0], taps[-1]))
    place = 4 + careless[4]  # behind four bytes and Lc
    return Solved(
        place,
        "DF69 is the last value that the PDOL asks for; one byte Le comes behind it",
        f"byte {place} is {careless[place]:02X}, and {honest[place]:02X} in the honest tap",
        {
            place + 1: "that is Le, the last byte of the command; DF69 stands in front of it",
            place - 7: "that counts the values only; five bytes of header, then 83 and a length, stand in front",
            place - 5: "that counts the data only; five bytes of header stand in front",
        },
    )
