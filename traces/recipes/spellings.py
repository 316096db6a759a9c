# SPDX-License-Identifier: MIT
"""One session in several spellings: our own format, logs of daemon, pyscard, modem and sniffer, packets, hex."""

from __future__ import annotations

import io

import packets

from cardlib.core.model import Frame
from cardlib.formats import card_jsonl
from traces.makers.times import Tape

READER = "Made Up Reader 00 00"
HEADER = 5  # bytes that T=0 sends of every command
START = 1_773_479_550_000_000_000  # 2026-03-14 09:12:30 UTC


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


def hexpairs(
    tape: Tape, title: str = "One contact EMV purchase; > is the terminal, < the card"
) -> bytes:
    """Hex with marks of direction, as people paste it."""
    rows = [f"# {title}"]
    for frame in tape.frames:
        mark = "ATR:" if frame.kind == "atr" else ">" if frame.sender == "reader" else "<"
        rows.append(f"{mark} {_spaced(frame)}")
    return _joined(rows)


def at_commands(tape: Tape) -> bytes:
    """AT+CSIM, as a modem passes commands on (3GPP TS 27.007, 8.17); no ATR, no times."""
    rows = ["ATE1", "OK"]
    for frame in tape.frames:
        text = frame.data.hex().upper()
        if frame.kind == "atr":
            continue
        if frame.sender == "reader":
            rows.append(f'AT+CSIM={len(text)},"{text}"')
        else:
            rows += [f'+CSIM: {len(text)},"{text}"', "OK"]
    return _joined(rows)


def simtrace(tape: Tape) -> bytes:
    """What simtrace2-sniff prints: whole T=0 units, without times."""
    rows = ["Entering main loop", "Card state change: reset de-asserted"]
    for _, kind, unit in units(tape):
        label = {packets.ATR: "ATR", packets.UNIT: "TPDU"}[kind]
        rows.append(f"{label}: {unit.hex(' ')} ")
    return _joined(rows)


def gsmtap(tape: Tape) -> bytes:
    """GSMTAP packets in pcapng, as simtrace2-sniff sends them."""
    return packets.pcapng(units(tape))


def units(tape: Tape) -> list[packets.Packet]:
    """The T=0 units of a session, each with the time of its end."""
    found: list[packets.Packet] = []
    begun = b""
    for frame in tape.frames:
        now = START + (frame.time_ns or 0)
        if frame.kind == "atr":
            found.append((now, packets.ATR, frame.data))
        elif frame.sender == "reader":
            begun = frame.data.ljust(HEADER, b"\0")
        else:
            found.append((now, packets.UNIT, begun + frame.data))
    return found


def _spaced(frame: Frame) -> str:
    return frame.data.hex(" ").upper()


def _joined(rows: list[str]) -> bytes:
    return ("\n".join(rows) + "\n").encode()
