# SPDX-License-Identifier: MIT
"""Exercises about memory cards and radio chips: 62."""

from __future__ import annotations

from pathlib import Path

import cardlib

from .engine import Solved, exercise, read

READ_COUNTER, READ_BINARY = 0x39, 0xB0
VALUE_BLOCK, TRAILER = 4, 7
MEAL = 80  # cents
CONDITIONS = slice(6, 9)


def _counts(capture: cardlib.Capture) -> list[bytes]:
    """What a tag answered when it was asked for its counter."""
    return [e.response.raw for e in capture.exchanges if e.command and e.response and e.command.code == READ_COUNTER]


def _block(capture: cardlib.Capture, number: int) -> bytes:
    """A block of a MIFARE Classic as it was read last."""
    reads = [e for e in capture.exchanges if e.command and e.command.ins == READ_BINARY and e.command.p2 == number]
    if not reads or reads[-1].response is None:
        raise LookupError(f"block {number}, which is not in the trace")
    return reads[-1].response.data


def _inverse(data: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in data)


@exercise("62.1")
def _(traces: Path) -> Solved:
    first, second = _counts(read(traces, "attack_ntag_copy.nfclab.json"))[:2]
    before, after = int.from_bytes(first, "little"), int.from_bytes(second, "little")
    turned = int.from_bytes(first, "big") - int.from_bytes(second, "big")
    return Solved(
        before - after,
        "both answers to 39 02, their lowest byte first; subtract the second from the first",
        f"the counter says {before}, then {after}, and such a counter never goes back",
        {
            turned: "the lowest byte stands first: 290000 is hex 29",
            after - before: "turn the subtraction round: how much is missing?",
            before: "that is what the first chip counted; how much less did the second?",
        },
    )


@exercise("62.2")
def _(traces: Path) -> Solved:
    left = int.from_bytes(_block(read(traces, "classic_canteen.hex.txt"), VALUE_BLOCK)[:4], "little")
    value, turned = ((left - MEAL).to_bytes(4, order) for order in ("little", "big"))
    return Solved(
        (value + _inverse(value) + value).hex().upper(),
        "take 80 from the value, write it with its lowest byte first, then inverted, then once more",
        f"{left} less {MEAL} is {left - MEAL}, which stands there twice, and once inverted between",
        {
            (turned + _inverse(turned) + turned).hex(): "the lowest byte stands first",
            (3 * value).hex(): "the second copy is inverted: each bit the other way",
            value.hex(): "that is the value; the block has it three times",
        },
    )


@exercise("62.3")
def _(traces: Path) -> Solved:
    conditions = _block(read(traces, "classic_canteen.hex.txt"), TRAILER)[CONDITIONS]
    rows = (conditions[1] >> 4, conditions[2] & 15, conditions[2] >> 4)
    bits, of_value = ("".join(str(row >> block & 1) for row in rows) for block in (3, 0))
    inverted = "".join("10"[int(bit)] for bit in bits)
    return Solved(
        bits,
        "the highest bit of each of the three half bytes, C1 first",
        f"C1 C2 C3 of the trailer are {bits}: that is who may change keys and conditions",
        {
            of_value: "that is block 4, or C1 was put last; the trailer has the highest bit of each half byte",
            inverted: "that is read from the inverted copies; take the other half bytes",
        },
    )
