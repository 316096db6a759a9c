# SPDX-License-Identifier: MIT
"""The exercises on what a log is and what a card says of itself: 02 and 03."""

from __future__ import annotations

from pathlib import Path

import cardlib
from cardlib.core.activation import atr_node
from cardlib.core.model import Node

from .engine import Solved, exercise, read

# ---------------------------------------------------------------- 02


@exercise("02.1")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.hex.txt").exchanges
    sent = sum(frame.sender == "reader" for e in exchanges for frame in e.frames)
    return Solved(
        sent - len(exchanges),
        "count the frames whose sender is the reader, and the exchanges; the rest fetched what was waiting",
        f"{sent} commands were sent in {len(exchanges)} exchanges: {sent - len(exchanges)} only fetched an answer",
    )


@exercise("02.2")
def _(traces: Path) -> Solved:
    coverage = read(traces, "damaged.log").coverage
    return Solved(
        coverage.damaged,
        "capture.coverage has three parts: used, skipped and damaged",
        f"of {coverage.total} bytes {coverage.used} were used and {coverage.damaged} could not be read",
    )


@exercise("02.3")
def _(traces: Path) -> Solved:
    unsure = [e.index for e in read(traces, "damaged.log").exchanges if e.context.how == "unknown"]
    return Solved(
        unsure[0],
        "print the capture; a question mark stands beside the number, or look at exchange.context.how",
        f"from exchange {unsure[0]} on nobody knows what the command before it did, having no answer",
    )


# ---------------------------------------------------------------- 03


def _atr(traces: Path, name: str) -> Node:
    return atr_node(read(traces, name).sessions[0].atr or b"")


@exercise("03.1")
def _(traces: Path) -> Solved:
    field = next(child for child in _atr(traces, "no_oda.card.jsonl").children if child.name == "TA3")
    return Solved(
        field.value[0],
        "print the tree of its ATR; of the bytes behind TD2, which names T=1, the first says it",
        f"TA3 is {field.value.hex().upper()}: {field.text}",
    )


@exercise("03.2")
def _(traces: Path) -> Solved:
    field = next(
        child for child in _atr(traces, "contactless_tap.card.jsonl").children if child.name == "historical bytes"
    )
    return Solved(
        len(field.value),
        "the reader made up the frame around the historical bytes: count these alone",
        f"only {field.value.hex(' ').upper()} is the card's, {len(field.value)} bytes",
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
    )
