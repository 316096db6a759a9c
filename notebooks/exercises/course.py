# SPDX-License-Identifier: MIT
"""The exercises of the first walk through the course: 00 to 20, 30, 40 and 41."""

from __future__ import annotations

import statistics
from collections import Counter
from itertools import pairwise
from pathlib import Path

import cardlib
from cardlib.measure.timing import splits

from .engine import Solved, exercise, ms, read, read_node, with_ins

# ---------------------------------------------------------------- 00, 01


@exercise("00.1")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    return Solved(
        len(exchanges),
        "the numbers at the beginning of the lines count the exchanges, from 0",
        f"the exchanges are numbered from {exchanges[0].index} to {exchanges[-1].index}, so there are {len(exchanges)}",
    )


@exercise("01.1")
def _(traces: Path) -> Solved:
    command = with_ins(read(traces, "contact_purchase.hex.txt"), 0x20)[0].command
    assert command is not None  # noqa: S101 - chosen by its INS
    case = 1 + (command.le is not None) + 2 * bool(command.data)
    has = {1: "only a header", 2: "a header and Le", 3: "a header, Lc and data", 4: "a header, Lc, data and Le"}
    return Solved(
        case,
        "look for the line that begins with `> 00 20`; is there data? is there a byte after the data?",
        f"this VERIFY is {len(command.raw)} bytes long and has {has[case]}: {len(command.data)} bytes of data",
    )


@exercise("01.2")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "contact_purchase.hex.txt").exchanges, "A5")
    size = node.stop - node.body
    return Solved(
        size,
        "the byte after A5 is its length, written in hex; Python reads that with int(..., 16)",
        f"the length byte is {size:02X}, which is {size}, and the objects in it fill exactly these bytes",
    )


@exercise("01.3")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "contact_purchase.hex.txt").exchanges, "8C")
    asked = [child.value[-1] for child in node.children] or [0]
    return Solved(
        sum(asked),
        "take the value of tag 8C, read it with read_dol, and add the lengths",
        f"CDOL1 names {len(asked)} data elements of {' + '.join(map(str, asked))} = {sum(asked)} bytes",
    )


# ---------------------------------------------------------------- 10


@exercise("10.1")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "contact_purchase.card.jsonl").exchanges, "94")
    entries = [node.value[at : at + 4] for at in range(0, len(node.value), 4)]
    count = sum(last - first + 1 for _, first, last, _ in entries)
    words = ", ".join(f"SFI {sfi >> 3}: {last - first + 1}" for sfi, first, last, _ in entries)
    return Solved(
        count,
        "each entry of the AFL names a first and a last record; count both ends",
        f"the AFL names {count} records ({words})",
    )


@exercise("10.2")
def _(traces: Path) -> Solved:
    where, node = read_node(read(traces, "contact_purchase.card.jsonl").exchanges, "5F24")
    return Solved(
        where.index,
        'cardlib.find(capture, "5F24") prints where a tag stands; the first number is the exchange',
        f"5F24 stands in the answer of exchange {where.index}: {node.text}",
    )


@exercise("10.3")
def _(traces: Path) -> Solved:
    last = with_ins(read(traces, "contact_wrong_pin.card.jsonl"), 0x20)[-1]
    sw = last.response.sw if last.response and last.response.sw is not None else 0
    return Solved(
        sw & 0x0F,
        "look at the status word of the last VERIFY: 63 CX means that X tries are left",
        f"exchange {last.index} was answered {sw:04X}, and the last digit counts the tries that are left",
    )


# ---------------------------------------------------------------- 20


@exercise("20.1")
def _(traces: Path) -> Solved:
    found = splits(read(traces, "contact_purchase.card.jsonl"))
    wire, total = (
        sum(ms(ns) for ns in column) for column in zip(*((s.wire_ns, s.total_ns) for s in found), strict=True)
    )
    return Solved(
        100 * wire / total,
        "add the columns wire and total, divide the one by the other, and take it times a hundred",
        f"{wire:.0f} of {total:.0f} ms are bytes on the wire",
    )


@exercise("20.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contactless_tap.card.jsonl").exchanges
    longest = max(exchanges, key=lambda e: e.duration_ns or 0)
    share = 100 * ms(longest.duration_ns) / sum(ms(e.duration_ns) for e in exchanges)
    return Solved(
        longest.index,
        "cardlib.timings of that capture has a column duration_ns; idxmax() gives the row of the largest",
        f"exchange {longest.index} takes {ms(longest.duration_ns):.0f} ms, {share:.0f} % of all answering (modelled)",
    )


@exercise("20.3")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    gaps = {b.index: ms(b.start_ns) - ms(a.end_ns) for a, b in pairwise(exchanges)}
    index = max(gaps, key=lambda key: gaps[key])
    return Solved(
        gaps[index],
        "the column gap_ns holds the time before each command; take its maximum, in ms",
        f"{gaps[index]:.0f} ms pass before exchange {index}: here the model waits for a person who types a PIN",
    )


# ---------------------------------------------------------------- 30


@exercise("30.1")
def _(traces: Path) -> Solved:
    capture = read(traces, "contact_purchase.card.jsonl")
    failed = [f for f in cardlib.check(capture) if f.rule == "E33" and f.verdict == "fail"]
    evidence = failed[0].evidence[0]
    size = evidence.stop - evidence.start
    return Solved(
        size,
        "the finding of rule E33 has evidence with a start and a stop; stop does not count any more",
        f"it is bytes {evidence.start} to {evidence.stop - 1} of exchange {evidence.exchange}, which are {size}",
    )


@exercise("30.2")
def _(traces: Path) -> Solved:
    found = cardlib.check(read(traces, "contact_wrong_pin.card.jsonl"))
    failed = [f for f in found if f.rule == "E33" and f.verdict == "fail"]
    where = " and in ".join(f"exchange {f.evidence[0].exchange}" for f in failed)
    return Solved(
        len(failed),
        "count the findings of rule E33 whose verdict is fail",
        f"a PIN was sent in clear in {where}: each is a finding, a wrong PIN too",
    )


@exercise("30.3")
def _(traces: Path) -> Solved:
    silent = [e.index for e in read(traces, "damaged.log").exchanges if e.response is None]
    return Solved(
        len(silent),
        "an exchange without an answer has response None",
        f"exchanges {', '.join(map(str, silent))} have a command and no answer",
    )


# ---------------------------------------------------------------- 40


@exercise("40.1")
def _(traces: Path) -> Solved:
    far = read(traces, "recorded_purchase.card.jsonl").exchanges
    near = read(traces, "recorded_purchase.pcscd.log").exchanges
    between = [((a.duration_ns or 0) - (b.duration_ns or 0)) / 1e3 for a, b in zip(far, near, strict=False)]
    middle = statistics.median(between)
    return Solved(
        middle,
        "subtract the two columns duration_ns, take the median, and divide by a thousand",
        f"the recorder stands {middle:.0f} us further away from the card than the daemon, in {len(between)} exchanges",
    )


@exercise("40.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "opensc_detects.pcscd.log").exchanges
    words = Counter(f"{e.response.sw:04X}" for e in exchanges if e.response is not None and e.response.sw is not None)
    refused = words.total() - words.pop("9000")
    return Solved(
        refused,
        "whatever is not 9000 is a refusal here, under three different status words; count them all",
        f"{refused} of {len(exchanges)} were refused: {', '.join(f'{n} x {word}' for word, n in words.items())}",
    )


# ---------------------------------------------------------------- 41


@exercise("41.1")
def _(traces: Path) -> Solved:
    one, other = (read(traces, f"{name}.card.jsonl").exchanges for name in ("attack_ctq", "tap_visa_high"))
    answers = [[e.response.raw for e in exchanges if e.response] for exchanges in (one, other)]
    places = [(at, place) for at, (a, b) in enumerate(zip(*answers, strict=False)) for place in _differing(a, b)]
    return Solved(
        len(places),
        "zip the raw answers of both, byte by byte, and count where they are not equal",
        f"they differ at (exchange, byte) {', '.join(map(str, places)) or 'no place'}: that is all that was changed",
    )


def _differing(one: bytes, other: bytes) -> list[int]:
    return [at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]


@exercise("41.2")
def _(traces: Path) -> Solved:
    hits = cardlib.find(read(traces, "attack_old_counter.card.jsonl"), "9F36")
    counters = [int.from_bytes(hit.node.value, "big") for hit in hits if hit.node]
    return Solved(
        counters[-1],
        'cardlib.find(capture, "9F36") has one hit for each payment; a hit has a node, and this a value',
        f"the counters are {' and then '.join(map(str, counters))}: a card itself never counts down",
    )
