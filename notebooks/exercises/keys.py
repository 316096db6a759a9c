# SPDX-License-Identifier: MIT
"""The exercises on cards that hold keys: 71."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import cardlib

from .engine import Solved, exercise, read, with_ins

GUESSED = "attack_piv_guess.card.jsonl"
SIGNED_ON = "attack_piv_signs_on.card.jsonl"
COPIED = "attack_fido_copy.card.jsonl"
VERIFY, GENERAL_AUTHENTICATE, CTAP = 0x20, 0x87, 0x10
PIN = b"284517\xff\xff"
TEXTS = ("an order", "another order", "a letter")
LOGIN = 2  # the CTAP command of a login
COUNTER_BEHIND = sha256(b"example.org").digest() + b"\x01"  # what stands before the counter


def _data(exchange: cardlib.Exchange) -> bytes:
    command = exchange.command
    if command is None:
        return b""
    return command.data


@exercise("71.1")
def _(traces: Path) -> Solved:
    guesses = with_ins(read(traces, GUESSED), VERIFY)
    right = next(exchange for exchange in guesses if _data(exchange) == PIN)
    return Solved(
        right.index,
        "28 45 17 is sent as the ASCII digits 32 38 34 35 31 37; compare the data of each VERIFY",
        f"exchange {right.index} carries the right PIN, and the answer is 6983: it came one try too late",
        slips={
            guesses[0].index: "that is the first guess: are these the digits of the holder's PIN?",
            guesses[-2].index: "that is the guess that used up the last try",
        },
    )


@exercise("71.2")
def _(traces: Path) -> Solved:
    signed = with_ins(read(traces, SIGNED_ON), GENERAL_AUTHENTICATE)
    texts = [text for exchange in signed for text in TEXTS if sha256(text.encode()).digest() in _data(exchange)]
    return Solved(
        texts[-1],
        "compute sha256 of each of the three texts, and look for it in the last command",
        f"the last command carries the hash of {texts[-1]!r}, and no PIN stands before it",
        slips={
            texts[0]: "that is what the PIN was given for; what did the card sign after it?",
            TEXTS[2]: "its hash is nowhere in this capture",
        },
    )


def _counter(exchange: cardlib.Exchange) -> int:
    """The counter in the answer to a login; 0 where there is none."""
    response = exchange.response
    if response is None:
        return 0
    _, _, behind = response.data.partition(COUNTER_BEHIND)
    return int.from_bytes(behind[:4])


@exercise("71.3")
def _(traces: Path) -> Solved:
    logins = [e for e in with_ins(read(traces, COPIED), CTAP) if _data(e)[0] == LOGIN]
    counters = [_counter(exchange) for exchange in logins]
    place = next(at for at in range(1, len(logins)) if counters[at] <= counters[at - 1])
    suspicious, before = logins[place], logins[place - 1]
    return Solved(
        suspicious.index,
        "the counter must be higher in each login than in the one before",
        f"exchange {suspicious.index} says {counters[place]}, which exchange {before.index} had said already",
        slips={
            before.index: "this login came first, and its counter had not been used before",
            logins[0].index: "the first login has nothing to be compared with",
        },
    )
