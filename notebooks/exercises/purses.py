# SPDX-License-Identifier: MIT
"""Exercises about a purse and its journeys: 60."""

from __future__ import annotations

from pathlib import Path

import cardlib
from cardlib.crypto.blocks import encrypt, pad
from cardlib.crypto.purse import Terms, diversified, purchase_mac1, purchase_session_key

from .engine import Solved, exercise, read, with_ins

PURCHASE_MASTER = bytes.fromhex("5055524348415345504D415354455221")  # in traces/makers/keyring.toml
PURCHASE = 6
METRO_OUT = 4
DEAR = 9900
FILE_OF_RIDES, LOG = 0xF4, 0xC4


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _answer(exchange: cardlib.Exchange) -> bytes:
    """The data of an answer; none if there is no answer."""
    return exchange.response.data if exchange.response else b""


def _sent(exchange: cardlib.Exchange) -> bytes:
    """The data of a command; none if there is no command."""
    return exchange.command.data if exchange.command else b""


def _records(capture: cardlib.Capture, file: int) -> list[bytes]:
    """The records of a file that were read, newest first."""
    reads = [e for e in with_ins(capture, 0xB2) if e.command and e.command.p2 == file]
    return [record for record in map(_answer, reads) if record]


@exercise("60.1")
def _(traces: Path) -> Solved:
    capture = read(traces, "purse_day.hex.txt")
    selected = with_ins(capture, 0xA4)[0]
    announced = next(e for e in with_ins(capture, 0x50) if e.command and e.command.p1 == 1)
    debit = _sent(with_ins(capture, 0x54)[0])
    card_key = diversified(PURCHASE_MASTER, _answer(selected)[-18:-10])
    begun = _answer(announced)
    session_key = purchase_session_key(card_key, begun[11:15], begun[4:6], debit[:4])
    amount, terminal = DEAR.to_bytes(4, "big"), _sent(announced)[5:11]
    terms = Terms(amount, PURCHASE, terminal, debit[4:8], debit[8:11])
    right = purchase_mac1(session_key, terms).hex().upper()
    with_card_key = encrypt(card_key, pad(terms.whole), bytes(8))[-8:-4].hex()
    last_half = encrypt(session_key, pad(terms.whole), bytes(8))[-4:].hex()
    return Solved(
        right,
        "put the new amount before agreed[4:], pad, encrypt with the session key, and cut out four bytes",
        f"the amount is under the MAC: over {DEAR} fen it is {right}, not {debit[-4:].hex().upper()}",
        {
            debit[-4:].hex(): "that is the MAC1 on the wire, over 12.50 yuan; the amount is under the MAC",
            with_card_key: "that is made with the card's key; take the session key",
            last_half: "a MAC of the purse is the first half of the last block, [-8:-4]",
        },
    )


@exercise("60.2")
def _(traces: Path) -> Solved:
    records = _records(read(traces, "union_month.hex.txt"), FILE_OF_RIDES)
    metro = [_number(record[17:21]) for record in records if record[0] == METRO_OUT]
    everything = sum(_number(record[17:21]) for record in records)
    each = " and ".join(map(str, metro))
    return Solved(
        sum(metro),
        "the journeys by metro name a line; add what each of them cost",
        f"there were {len(metro)} journeys, of {each} fen; the bus took {everything - sum(metro)} more",
        {
            everything: "that is the whole month; the bus does not count",
            everything - sum(metro): "that is the bus, which names no place",
            sum(metro) / 100: "the number is right in yuan; the question is in fen",
        },
    )


@exercise("60.3")
def _(traces: Path) -> Solved:
    capture = read(traces, "attack_union_ride.hex.txt")
    logged = _number(_records(capture, LOG)[0][5:9])
    ridden = _number(_records(capture, FILE_OF_RIDES)[0][17:21])
    return Solved(
        logged - ridden,
        "exchange 48 reads the log, exchange 54 the ride; take the amounts and subtract",
        f"the log says {logged} fen, the record of the ride {ridden}",
        {
            logged: "that is what the log says; how much less does the ride say?",
            (logged - ridden) / 100: "the number is right in yuan; the question is in fen",
            ridden - logged: "turn the subtraction round: the ride is the cheaper one",
        },
    )
