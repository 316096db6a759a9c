# SPDX-License-Identifier: MIT
"""The exercises on what a log is and what a card says of itself: 02 and 03."""

from __future__ import annotations

from functools import reduce
from operator import xor
from pathlib import Path

import cardlib
from cardlib.core.activation import atr_node
from cardlib.core.model import Node

from .engine import Solved, exercise, read

# ---------------------------------------------------------------- 02


@exercise("02.1")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.hex.txt").exchanges
    frames = [frame for e in exchanges for frame in e.frames]
    sent = sum(frame.sender == "reader" for frame in frames)
    return Solved(
        sent - len(exchanges),
        "count the frames whose sender is the reader, and the exchanges; the rest fetched what was waiting",
        f"{sent} commands were sent in {len(exchanges)} exchanges: {sent - len(exchanges)} only fetched an answer",
        slips={
            sent: "those are all commands; how many more are they than exchanges?",
            len(frames): "those are the frames of both sides",
            len(frames) - len(exchanges): "answers are frames, too; count those of the reader",
        },
    )


@exercise("02.2")
def _(traces: Path) -> Solved:
    coverage = read(traces, "damaged.log").coverage
    return Solved(
        coverage.damaged,
        "capture.coverage has three parts: used, skipped and damaged",
        f"of {coverage.total} bytes {coverage.used} were used and {coverage.damaged} could not be read",
        slips={
            coverage.total - coverage.used: "what was skipped was understood: it has nothing to say",
            coverage.used: "those were read",
            len(read(traces, "damaged.log").problems): "so many problems there are; how many bytes do they cost?",
        },
        unit="bytes",
    )


@exercise("02.3")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "damaged.log").exchanges
    unsure = [e.index for e in exchanges if e.context.how == "unknown"]
    silent = [e.index for e in exchanges if e.response is None]
    return Solved(
        unsure[0],
        "print the capture; a question mark stands beside the number, or look at exchange.context.how",
        f"from exchange {unsure[0]} on nobody knows what the command before it did, having no answer",
        slips={
            silent[0]: "this one has no answer; whose meaning is unknown because of that?",
            len(unsure): "so many are unsure; which is the first?",
        },
    )


# ---------------------------------------------------------------- 03


def _atr(traces: Path, name: str) -> Node:
    return atr_node(read(traces, name).sessions[0].atr or b"")


@exercise("03.1")
def _(traces: Path) -> Solved:
    children = _atr(traces, "no_oda.card.jsonl").children
    field = next(child for child in children if child.name == "TA3")
    beside = next((child.value[0] for child in children if child.name == "TB3"), 0)
    return Solved(
        field.value[0],
        "print the tree of its ATR; of the bytes behind TD2, which names T=1, the first says it",
        f"TA3 is {field.value.hex().upper()}: so many bytes of information, and four around them",
        slips={
            32: "that holds where an ATR says nothing; this one has TA3",
            beside: "that is TB3, the waiting times",
            255: "FF is reserved for this byte, and it stands in TC1",
            field.value[0] + 4: "header and check byte stand around the information, and do not count",
        },
        unit="bytes",
    )


@exercise("03.2")
def _(traces: Path) -> Solved:
    atr = read(traces, "contactless_tap.card.jsonl").sessions[0].atr or b""
    children = _atr(traces, "contactless_tap.card.jsonl").children
    historical = next(child for child in children if child.name == "historical bytes").value

    def made_up(said: bytes, count: int) -> bytes:
        body = bytes((0x80 | count,)) + atr[2:4] + said
        return atr[:1] + body + bytes((reduce(xor, body),))

    kept = historical[:-3]
    right = made_up(kept, len(kept))
    return Solved(
        right.hex().upper(),
        "the reader writes 3B, 8n with n historical bytes, 80 01, these bytes, and a TCK",
        f"T0 counts {len(kept)} bytes now, TCK is {right[-1]:02X}: all but {kept.hex(' ').upper()} is the reader's",
        slips={
            (right[:-1] + atr[-1:]).hex(): "TCK is the XOR of all bytes behind TS, and some of them went",
            made_up(kept, len(historical)).hex(): "the right half of T0 counts the historical bytes: fewer now",
            right[:-1].hex(): "with T=1 offered, a TCK must stand at the end",
            kept.hex(): "those are the card's bytes; the reader writes a frame around them",
        },
    )


@exercise("03.3")
def _(traces: Path) -> Solved:
    mine = read(traces, "contactless_tap.card.jsonl").sessions[0].atr
    heads = {path.name: next(iter(cardlib.stream(path))) for path in sorted(traces.glob("*tap*.card.jsonl"))}
    same = [name for name, head in heads.items() if isinstance(head, cardlib.Session) and head.atr == mine]
    return Solved(
        len(same),
        "read the first session of each file *tap*.card.jsonl, and compare its ATR with this one",
        f"{len(same)} traces begin with the same bytes, {same[0]} and {same[-1]} among them: an ATR is no identity",
        slips={
            1: "the trace itself is one; which others begin with the same bytes?",
            len(same) - 1: "the trace itself is included",
            len(same) + 1: "the trace itself is included already",
        },
    )
