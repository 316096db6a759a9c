# SPDX-License-Identifier: MIT
"""One session in four spellings: our own format, the daemon's log, pyscard's observer, and hex pairs."""

from __future__ import annotations

import io

from cardlib.core.model import Frame
from cardlib.formats import card_jsonl
from traces.makers.times import Tape

READER = "Made Up Reader 00 00"


def card(tape: Tape, recipe: str) -> bytes:
    """Our own format: everything, with its times."""
    out = io.StringIO(newline="")
    card_jsonl.write(out, tape.items, made_by=f"recipe {recipe}")
    return out.getvalue().encode()


def pcscd(tape: Tape) -> bytes:
    """The log of `pcscd --foreground --apdu`: microseconds since the line before, then the bytes."""
    rows, last = (
        [f"00000000 eventhandler.c:406:EHStatusHandlerThread() Card inserted into {READER}"],
        0,
    )
    labels = {"atr": "Card ATR: ", "reader": "APDU: ", "card": "SW: "}
    for frame in tape.frames:
        now = frame.time_ns // 1000 if frame.time_ns else 0
        label = labels["atr" if frame.kind == "atr" else frame.sender]
        rows.append(f"{now - last:08} {label}{_spaced(frame)} ")
        last = now
    rows.append(f"00041207 eventhandler.c:333:EHStatusHandlerThread() Card Removed From {READER}")
    return _joined(rows)


def pyscard(tape: Tape) -> bytes:
    """What pyscard's ConsoleCardConnectionObserver prints: status bytes without leading zeros, no ATR, no times."""
    rows = [f"connecting to {READER}"]
    for frame in tape.frames:
        if frame.kind == "apdu":
            rows.append(f"> {_spaced(frame)}" if frame.sender == "reader" else _answer(frame.data))
    return _joined([*rows, f"disconnecting from {READER}"])


def _answer(data: bytes) -> str:
    status = f"{data[-2]:<2X} {data[-1]:<2X}"
    return f"< {data[:-2].hex(' ').upper()} {status}" if len(data) > 2 else f"<  [] {status}"


def hexpairs(tape: Tape) -> bytes:
    """Hex with marks of direction, as people paste it."""
    rows = ["# One contact EMV purchase; > is the terminal, < the card"]
    for frame in tape.frames:
        mark = "ATR:" if frame.kind == "atr" else ">" if frame.sender == "reader" else "<"
        rows.append(f"{mark} {_spaced(frame)}")
    return _joined(rows)


def _spaced(frame: Frame) -> str:
    return frame.data.hex(" ").upper()


def _joined(rows: list[str]) -> bytes:
    return ("\n".join(rows) + "\n").encode()
