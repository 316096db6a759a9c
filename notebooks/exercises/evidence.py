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
        slips={
            normal / late: "divided the wrong way round",
            late - normal: "that is the difference in ms; the ratio is asked",
        },
    )


@exercise("21.2")
def _(traces: Path) -> Solved:
    names = ("tap_relay_near.card.jsonl", "attack_relay.card.jsonl")
    near, far = (ms(with_ins(read(traces, name), 0xEA)[0].duration_ns) for name in names)
    return Solved(
        far - near,
        "look for the first command 80 EA in each; its exchange has duration_ns",
        f"{far:.1f} ms against {near:.1f} ms: that is what two phones add to one command here",
        slips={
            near - far: "turn the subtraction round",
            far: "that is the whole answer of the far card; how much later is it?",
            far / near: "that is the ratio; the question is by how many ms",
        },
        unit="ms",
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
        slips={
            len(found) - len(fast): "those were slow enough; count the others",
            4: "those are the four that stand above; ask all of them",
        },
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
        slips={
            at + 1: "that is counted from 1, or it is the second byte that differs",
            at - 3: "there the tag 9F6C begins, and it is the same in both",
            2 * at: "those are hex digits; a byte has two",
        },
    )


@exercise("31.2")
def _(traces: Path) -> Solved:
    found = [f for f in cardlib.check(read(traces, "attack_no_pin.card.jsonl")) if f.verdict == "fail"]
    worst = next((f for f in found if f.severity == "critical"), found[0])
    return Solved(
        worst.rule,
        "each finding has rule, severity and verdict; look for fail and critical",
        f"{worst.rule} says: {worst.detail}",
        slips={
            "E33": "that PIN went in clear, in the honest payment as well",
            "E99": "that is a property of this cryptogram version, attack or not",
            "critical": "that is the severity; which rule has it?",
            worst.rule.removeprefix("E"): "write the rule with its letter",
        },
    )


@exercise("31.3")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "attack_offline_type.card.jsonl").exchanges, "9F27")
    return Solved(
        node.body,
        "find the bytes 9F 27 01: tag of two bytes, length of one, then the value",
        f"bytes {node.start} to {node.body - 1} are tag and length, then comes {node.value.hex().upper()}: {node.text}",
        slips={
            node.start: "there the tag begins; its value comes behind tag and length",
            node.body - 1: "that is the length byte; the value follows it",
            node.body + 1: "that is behind the value, or counted from 1",
            node.start - 2: "counted inside the template 77; the question counts from the beginning of the answer",
        },
    )


@exercise("31.4")
def _(traces: Path) -> Solved:
    pair = [read(traces, name) for name in ("tap_mastercard_high.card.jsonl", "attack_brand.card.jsonl")]
    found = [
        one for one in cardlib.compare(*pair) if "SELECT" in one.where and one.in_b and one.in_b.side == "response"
    ]
    changed = [one.element for one in found if one.kind == "changed"]
    commands = [one for one in cardlib.compare(*pair) if one.kind == "changed" and "SELECT" in one.where]
    return Solved(
        len(changed),
        "each difference has kind and where, and in_b says on which side its bytes stand",
        f"these were changed: {', '.join(changed)}",
        slips={
            len(commands): "what the terminal said differs, too; count what the card answered",
            len(found): "some were added; count those that were changed",
            1: "there is more than the AID",
        },
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
        slips={
            f"{second:08X}": "that one was sent already",
            f"{first:08X}": "that was the first of the two",
            f"{second + 2 * step & 0xFFFFFFFF:08X}": "that is the one after the next",
        },
    )


@exercise("33.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    scheme, issuer, card = (8 * len(read_node(exchanges, tag)[1].value) for tag in ("90", "9F46", "9F4B"))
    return Solved(
        scheme - card,
        "tag 90 is as long as the key of the scheme, 9F4B as long as that of the card; a byte has eight bits",
        f"{scheme} bits less {card} bits",
        slips={
            (scheme - card) // 8: "those are bytes; the question is in bits",
            scheme - issuer: "9F46 is as long as the issuer's key, which signed it",
            scheme: "that is the scheme's key alone",
        },
        unit="bits",
    )


@exercise("33.3")
def _(traces: Path) -> Solved:
    first, second, *_ = _numbers(traces, "tap_two_purchases.card.jsonl")
    equal = 32 - (first ^ second).bit_count()
    return Solved(
        equal,
        "the operator ^ leaves a 1 where two bits differ, and bit_count counts them",
        f"{first:08X} and {second:08X} have {equal} bits in common; of random ones half are expected",
        slips={
            32 - equal: "those differ; how many are equal?",
            (first & second).bit_count(): "that counts ones in both; two zeros are equal as well",
            16: "that is what chance gives on average; count these two",
        },
        unit="bits",
    )


# ---------------------------------------------------------------- 34


@exercise("34.1")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    pan = read_node(exchanges, "5A")[1].value.hex().rstrip("f")
    halves = {e.index: "".join(half.raw.hex() for half in (e.command, e.response) if half) for e in exchanges}
    plain = [index for index, digits in halves.items() if pan in digits]
    certificate = read_node(exchanges, "9F46")[0].index
    places = sorted({*plain, certificate})
    return Solved(
        len(places),
        "the digits are found by a search; where does the number stand under a signature that anybody can open?",
        f"it stands in exchange {' and '.join(map(str, plain))}, and inside the card's certificate in {certificate}",
        slips={
            len(plain): "a search for the digits finds these; the surprise of this notebook is one more",
            1: "5A holds the number, and track 2 does, too",
            len(places) + 1: "the issuer's certificate holds the beginning only, the part that all its cards share",
        },
    )


@exercise("34.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    signed = [len(read_node(exchanges, tag)[1].value) for tag in ("90", "9F46", "9F4B")]
    with TemporaryDirectory() as folder:
        done = cardlib.redact(traces / "contact_purchase.card.jsonl", Path(folder) / "out.card.jsonl")
    return Solved(
        100 * sum(signed) / done.dropped,
        "three elements were made with a private key: 90, 9F46 and 9F4B; compare their lengths with dropped",
        f"{' + '.join(map(str, signed))} of {done.dropped} blank bytes; the rest is the PIN and what is beside it",
        slips={
            sum(signed): "those are the bytes of the three; which share of all blank bytes are they?",
            100 * sum(signed[:2]) / done.dropped: "the signature 9F4B belongs to it as well",
            100
            * done.dropped
            / (done.dropped + done.copied + done.made): "that is the share of blank bytes in the file",
        },
        unit="%",
    )


@exercise("34.3")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_cda.card.jsonl").exchanges
    card, issuer, plain = (read_node(exchanges, tag)[0].index for tag in ("9F46", "90", "5A"))
    return Solved(
        card,
        "which element holds the number so that no search finds it? cardlib.find says in which exchange it stands",
        f"9F46, the card's certificate, stands in exchange {card}: it opens to the number",
        slips={
            issuer: "that is the issuer's certificate: it holds the first digits, which thousands of cards share",
            plain: "there 5A stands in clear, and was crossed out",
        },
    )
