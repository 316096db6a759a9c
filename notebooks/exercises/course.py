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
    answers = sum(len(e.response.raw) for e in exchanges if e.response)
    commands = sum(len(e.command.raw) for e in exchanges if e.command)
    return Solved(
        answers,
        "each exchange has a response, and this has raw, its bytes; add their lengths",
        f"{len(exchanges)} answers are {answers} bytes, the commands only {commands}: a card says more than it hears",
        slips={
            commands: "those are the commands of the terminal; what did the card say?",
            answers + commands: "that is both sides together; leave out the commands",
            answers
            - 2 * len(exchanges): "the two bytes of each status word are said by the card, too: take raw, not data",
            len(exchanges): "so many exchanges there are; how many bytes are in their answers?",
        },
        unit="bytes",
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
        slips={
            case % 4 + 1: "count again: does the command end with its data, or does one more byte follow?",
            2: "the byte after the header is 08, and eight bytes follow it: it is Lc, not Le",
            len(command.data): "that is the number of bytes of data; which of the four cases has data and no Le?",
        },
    )


@exercise("01.2")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "contact_purchase.hex.txt").exchanges, "A5")
    size = node.stop - node.body
    return Solved(
        size,
        "the byte after A5 is its length, written in hex; Python reads that with int(..., 16)",
        f"the length byte is {size:02X}, which is {size}, and the objects in it fill exactly these bytes",
        slips={
            node.buf[node.body - 1] // 16 * 10
            + node.buf[node.body - 1] % 16: "read as decimal; lengths are written in hex",
            size + 2: "that is with tag and length; how long is the value alone?",
            node.body: "that is where the value begins; how long is it?",
        },
        unit="bytes",
    )


@exercise("01.3")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "contact_purchase.hex.txt").exchanges, "8C")
    asked = [child.value[-1] for child in node.children] or [0]
    return Solved(
        sum(asked),
        "take the value of tag 8C, read it with read_dol, and add the lengths",
        f"CDOL1 names {len(asked)} data elements of {' + '.join(map(str, asked))} = {sum(asked)} bytes",
        slips={
            len(node.value): "that is the length of the list; how many bytes do the values have that it asks for?",
            len(asked): "so many elements are asked for; add up their lengths",
            sum(asked) + len(node.value): "the list itself is not sent back: only the values",
        },
        unit="bytes",
    )


# ---------------------------------------------------------------- 10


@exercise("10.1")
def _(traces: Path) -> Solved:
    _, node = read_node(read(traces, "contact_purchase.card.jsonl").exchanges, "94")
    *before, last = [node.value[at : at + 4] for at in range(0, len(node.value), 4)]
    head = b"".join(before)

    def with_last(sfi: int, first: int, end: int, signed: int) -> str:
        return (head + bytes((sfi, first, end, signed))).hex().upper()

    sfi, first, end, _ = last
    right = with_last(sfi, first, end + 1, 2)
    return Solved(
        right,
        "an entry is four bytes: SFI in the left five bits, first record, last record, how many of them are signed",
        f"the last entry, for SFI {sfi >> 3}, becomes {right[-8:]}: records {first} to {end + 1}, two of them signed",
        slips={
            with_last(
                sfi, first, end + 1, last[3]
            ): "the records are right; the last byte counts those that are signed",
            with_last(
                sfi, first, end, 2
            ): "the signed ones are right; the third byte is the last record: one was added",
            with_last(sfi, first + 1, end + 1, 2): "the second byte is the first record of the file, and that stays",
            right[-8:]: "that is the entry that changes; the AFL has the others before it",
        },
    )


@exercise("10.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    where, node = read_node(exchanges, "5F24")
    begins, _ = read_node(exchanges, "5F25")
    track, _ = read_node(exchanges, "57")
    return Solved(
        where.index,
        'cardlib.find(capture, "5F24") prints where a tag stands; the first number is the exchange',
        f"5F24 stands in the answer of exchange {where.index}: {node.text}",
        slips={
            track.index: "track 2 has a date as well, but inside 57: where does 5F24 stand?",
            where.index + 1: "exchanges are counted from 0",
            int(node.value.hex()): "that is the date itself; in which exchange does it stand?",
            **({begins.index: "that is where the card begins to be valid"} if begins is not where else {}),
        },
    )


@exercise("10.3")
def _(traces: Path) -> Solved:
    pins = with_ins(read(traces, "contact_wrong_pin.card.jsonl"), 0x20)
    words = [pin.response.sw or 0 for pin in pins if pin.response]
    sw, before = words[-1], words[0]
    return Solved(
        sw & 0x0F,
        "look at the status word of the last VERIFY: 63 CX means that X tries are left",
        f"exchange {pins[-1].index} was answered {sw:04X}, and the last digit counts the tries that are left",
        slips={
            before & 0x0F: "that is after the first VERIFY; there is another",
            sw & 0xFF: "the left half of that byte, C, only says that a counter follows",
            sw: "that is the whole status word; its last digit is the counter",
            3: "so many tries a fresh card has",
        },
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
        slips={
            100 - 100 * wire / total: "that is the rest, the card's part",
            wire: "those are the ms on the wire; which share of all are they?",
            100 * total / wire: "divided the wrong way round: the part by the whole",
        },
        unit="%",
    )


@exercise("20.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contactless_tap.card.jsonl").exchanges
    longest = max(exchanges, key=lambda e: e.duration_ns or 0)
    took = ms(longest.duration_ns)
    total = sum(ms(e.duration_ns) for e in exchanges)
    passed = ms(exchanges[-1].end_ns) - ms(exchanges[0].start_ns)
    return Solved(
        100 * took / total,
        "cardlib.timings of that capture has a column duration_ns; divide its largest value by its sum",
        f"exchange {longest.index} takes {took:.0f} of {total:.0f} ms (modelled)",
        slips={
            100 * took / passed: "that is its share of the whole time, gaps and all; the question is about answering",
            took: "those are its ms; which share of all answering is that?",
            longest.index: "that is the number of the exchange; which share does it take?",
        },
        unit="%",
    )


@exercise("20.3")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "contact_purchase.card.jsonl").exchanges
    gaps = {b.index: ms(b.start_ns) - ms(a.end_ns) for a, b in pairwise(exchanges)}
    index = max(gaps, key=lambda key: gaps[key])
    passed = ms(exchanges[-1].end_ns) - ms(exchanges[0].start_ns)
    answering = sum(ms(e.duration_ns) for e in exchanges)
    saved = gaps[index] / 2
    return Solved(
        100 * saved / passed,
        "half of the longest gap is saved; the whole lasts from the first command to the end of the last answer",
        f"half of the {gaps[index]:.0f} ms before exchange {index} are saved, of {passed:.0f} ms in all",
        slips={
            100 * gaps[index] / passed: "that is the whole gap; only half of it is saved",
            100 * saved / answering: "divided by the answering alone; the gaps belong to the payment, too",
            saved: "those are the ms that are saved; which share of the payment is that?",
        },
        unit="%",
    )


# ---------------------------------------------------------------- 30


@exercise("30.1")
def _(traces: Path) -> Solved:
    pins = with_ins(read(traces, "contact_wrong_pin.card.jsonl"), 0x20)
    blocks = [pin.command.data.hex().upper() for pin in pins if pin.command]
    digits = [block[2 : 2 + int(block[1], 16)] for block in blocks]
    return Solved(
        digits[-1],
        "the evidence is the PIN block: a 2, then how many digits, the digits, and F up to eight bytes",
        f"in {blocks[-1]} 2 is the kind of block, {blocks[-1][1]} counts digits, and {digits[-1]} are the digits",
        slips={
            blocks[-1]: "that is the whole block; which of its digits did a person type?",
            digits[0]: "that is the first PIN that was tried; there is a second",
            blocks[-1][: 2 + len(digits[-1])]: "the first two digits say what follows; they were not typed",
        },
    )


@exercise("30.2")
def _(traces: Path) -> Solved:
    found = cardlib.check(read(traces, "contact_wrong_pin.card.jsonl"))
    failed = [f for f in found if f.rule == "E33" and f.verdict == "fail"]
    where = " and in ".join(f"exchange {f.evidence[0].exchange}" for f in failed)
    total = sum(f.verdict == "fail" for f in found)
    return Solved(
        len(failed),
        "count the findings of rule E33 whose verdict is fail",
        f"a PIN was sent in clear in {where}: each is a finding, a wrong PIN too",
        slips={
            total: "those are the failures of all rules; count those of E33",
            len(failed) - 1: "a wrong PIN is a secret, too: people try the PINs of their other cards",
            len(found): "that is everything that check says",
        },
    )


@exercise("30.3")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "damaged.log").exchanges
    silent = [e.index for e in exchanges if e.response is None]
    unsure = sum(e.context.how == "unknown" for e in exchanges)
    return Solved(
        len(silent),
        "an exchange without an answer has response None",
        f"exchanges {', '.join(map(str, silent))} have a command and no answer",
        slips={
            unsure: "in so many the library is not sure what the card had in mind; which have no answer?",
            len(exchanges): "that is all of them",
            len(exchanges) - len(silent): "those have an answer",
        },
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
        slips={
            statistics.fmean(between): "that is the mean; one late answer moves it, and the median not",
            -middle: "turn the subtraction round: who stands further away measures more",
            middle * 1e3: "those are nanoseconds",
        },
        unit="us",
    )


@exercise("40.2")
def _(traces: Path) -> Solved:
    exchanges = read(traces, "opensc_detects.pcscd.log").exchanges
    words = Counter(f"{e.response.sw:04X}" for e in exchanges if e.response is not None and e.response.sw is not None)
    accepted = words.pop("9000")
    refused = words.total()
    return Solved(
        refused,
        "whatever is not 9000 is a refusal here, under three different status words; count them all",
        f"{refused} of {len(exchanges)} were refused: {', '.join(f'{n} x {word}' for word, n in words.items())}",
        slips={
            words["6A82"]: "6A82 is one kind of refusal; there are two more",
            accepted: "those were accepted",
            refused - 1: "the refusal of the directory counts as well: the card gave it",
        },
    )


# ---------------------------------------------------------------- 41


@exercise("41.1")
def _(traces: Path) -> Solved:
    names = ("contact_purchase", "attack_no_pin")
    pins = [with_ins(read(traces, f"{name}.card.jsonl"), 0x20)[0] for name in names]
    honest, attacked = (ms(pin.duration_ns) for pin in pins)
    return Solved(
        honest - attacked,
        "INS 20 is VERIFY; its exchange has duration_ns in each of the two traces",
        f"{honest:.1f} ms when the card answers, {attacked:.1f} ms when a device does: the card's work is missing",
        slips={
            attacked: "that is what it took with the device; how much less is that than with the card?",
            honest: "that is what it took with the card",
            attacked - honest: "turn the subtraction round",
        },
        unit="ms",
    )


def _differing(one: bytes, other: bytes) -> list[int]:
    return [at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b]


@exercise("41.2")
def _(traces: Path) -> Solved:
    hits = cardlib.find(read(traces, "attack_old_counter.card.jsonl"), "9F36")
    counters = [int.from_bytes(hit.node.value, "big") for hit in hits if hit.node]
    least = max(counters) + 1
    return Solved(
        f"{least:04X}",
        'cardlib.find(capture, "9F36") has one hit for each payment: what would an honest card say after these?',
        f"after {max(counters)} comes {least} at the least; and the cryptogram covers the counter",
        slips={
            f"{max(counters):04X}": "that one was used in the first payment, and a counter is never used twice",
            f"{min(counters):04X}": "that is what was played: it is the older one",
            f"{min(counters) + 1:04X}": "count on from the highest counter that was seen",
        },
    )
