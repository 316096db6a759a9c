# SPDX-License-Identifier: MIT
"""Exercises about evidence: 21 (times), 31 (attacks), 33 (keys and randomness), 34 (what a trace gives away)."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import cardlib
from cardlib.measure.wire import link, wire_ns

from .engine import Solved, exercise, ms, read, read_node, with_ins

# ---------------------------------------------------------------- 21


@exercise("21.1")
def _(traces: Path) -> Solved:
    names = ("opensc_detects.pcscd.log", "opensc_late_ack.pcscd.log")
    normal, late = (median(ms(e.duration_ns) for e in read(traces, name).exchanges) for name in names)
    return Solved(
        late / normal,
        "robust returns median and MAD; divide the median of the late ones by that of the normal ones",
        f"{late:.2f} ms are {late / normal:.0f} times {normal:.2f} ms",
    )


@exercise("21.2")
def _(traces: Path) -> Solved:
    names = ("tap_relay_near.card.jsonl", "attack_relay.card.jsonl")
    near, far = (ms(with_ins(read(traces, name), 0xEA)[0].duration_ns) for name in names)
    return Solved(
        far - near,
        "look for the first command 80 EA in each; its exchange has duration_ns",
        f"{far:.1f} ms against {near:.1f} ms: that is what two phones add to one command here",
    )


@exercise("21.3")
def _(traces: Path) -> Solved:
    sessions = read(traces, "opensc_detects.pcscd.log").sessions
    found = [(e.duration_ns or 0, wire_ns(e, link(session))) for session in sessions for e in session.exchanges]
    fast = [took for took, wire in found if took < wire]
    return Solved(
        len(fast),
        "compare duration_ns of each exchange with wire_ns of it; count where the first is smaller",
        f"{len(fast)} of {len(found)}, so no byte of these went over contacts at that speed",
    )


# ---------------------------------------------------------------- 31


@exercise("31.1")
def _(traces: Path) -> Solved:
    names = ("tap_visa_high.card.jsonl", "attack_ctq.card.jsonl")
    raw = [one.raw if (one := read(traces, name).exchanges[2].response) else b"" for name in names]
    at = next(at for at, (one, other) in enumerate(zip_longest(*raw)) if one != other)
    return Solved(
        at,
        "go through both answers with enumerate(zip(...)) and stop where the bytes differ",
        f"byte {at} is {raw[0][at]:02X} in the honest answer and {raw[1][at]:02X} in the other",
    )


@exercise("31.2")
def _(traces: Path) -> Solved:
    found = [f for f in cardlib.check(read(traces, "attack_no_pin.card.jsonl")) if f.verdict == "fail"]
    worst = next((f for f in found if f.severity == "critical"), found[0])
    return Solved(
        worst.rule,
        "each finding has rule, severity and verdict; look for fail and critical",
        f"{worst.rule} says: {worst.detail}",
    )


@exercise("31.3")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "attack_offline_type.card.jsonl").exchanges, "9F27")
    return Solved(
        node.body,
        "find the bytes 9F 27 01: tag of two bytes, length of one, then the value",
        f"bytes {node.start} to {node.body - 1} are tag and length, then comes {node.value.hex().upper()}: {node.text}",
    )


@exercise("31.4")
def _(traces: Path) -> Solved:
    pair = [read(traces, name) for name in ("tap_mastercard_high.card.jsonl", "attack_brand.card.jsonl")]
    changed = [
        one.element
        for one in cardlib.compare(*pair)
        if one.kind == "changed" and "SELECT" in one.where and one.in_b and one.in_b.side == "response"
    ]
    return Solved(
        len(changed),
        "each difference has kind and where, and in_b says on which side its bytes stand",
        f"these were changed: {', '.join(changed)}",
    )


# ---------------------------------------------------------------- 33


def _numbers(traces: Path, name: str) -> list[int]:
    found = cardlib.find(read(traces, name), "9F37")
    return [int.from_bytes(hit.node.value, "big") for hit in found]


@exercise("33.1")
def _(traces: Path) -> Solved:
    first, second, *_ = _numbers(traces, "attack_old_counter.card.jsonl")
    step = second - first
    return Solved(
        f"{second + step & 0xFFFFFFFF:08X}",
        "what has to be added to the first number to get the second? add it again",
        f"each number is the one before plus {step}",
    )


@exercise("33.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    scheme, card = (8 * len(read_node(exchanges, tag)[1].value) for tag in ("90", "9F4B"))
    return Solved(
        scheme - card,
        "tag 90 is as long as the key of the scheme, 9F4B as long as that of the card; a byte has eight bits",
        f"{scheme} bits less {card} bits",
    )


@exercise("33.3")
def _(traces: Path) -> Solved:
    first, second, *_ = _numbers(traces, "tap_two_purchases.card.jsonl")
    equal = 32 - (first ^ second).bit_count()
    return Solved(
        equal,
        "the operator ^ leaves a 1 where two bits differ, and bit_count counts them",
        f"{first:08X} and {second:08X} have {equal} bits in common; of random ones half are expected",
    )


# ---------------------------------------------------------------- 34


@exercise("34.1")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    pan = read_node(exchanges, "5A")[1].value.hex().rstrip("f")
    halves = {e.index: "".join(half.raw.hex() for half in (e.command, e.response) if half) for e in exchanges}
    found = [str(index) for index, digits in halves.items() if pan in digits]
    return Solved(
        len(found),
        "look for the digits in the hex of command and answer of every exchange",
        f"they stand in exchange {' and '.join(found)}: in 5A, and in track 2",
    )


@exercise("34.2")
def _(traces: Path) -> Solved:
    with TemporaryDirectory() as folder:
        done = cardlib.redact(traces / "contact_purchase.card.jsonl", Path(folder) / "out.card.jsonl")
    return Solved(
        done.dropped,
        "redact returns a manifest; print it, or ask it for dropped",
        f"{done.dropped} bytes were blanked, {done.copied} were copied and {done.made} made up",
    )


@exercise("34.3")
def _(traces: Path) -> Solved:
    found = cardlib.check(read(traces, "contact_wrong_pin.card.jsonl"))
    failed = [f for f in found if f.rule == "E33" and f.verdict == "fail"]
    return Solved(
        len(failed),
        "rule E33 fails once for every PIN in clear",
        f"a PIN stands in {len(failed)} commands, wrong or right: a wrong one is a secret too",
    )
