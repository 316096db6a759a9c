# SPDX-License-Identifier: MIT
"""Exercises that check themselves: `verify("01.3", answer)` says `not yet: ...` or `right, because ...`, never raises.

The right answer is worked out from the trace each time, so that a trace may change and the exercise stays right.
To add an exercise: a function here under its number, and a cell with that number in a notebook.
"""

from __future__ import annotations

import math
import operator
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cardlib

TRACES = Path(__file__).resolve().parent.parent / "traces"
Value = int | float | str


@dataclass(frozen=True)
class Solved:
    """The right answer, what helps to find it, and why it is right. A fraction may be off by one per cent."""

    value: Value
    hint: str
    because: str


EXERCISES: dict[str, Callable[[Path], Solved]] = {}


def verify(exercise: str, answer: object) -> None:
    """Say whether an answer is right; if it is not, give a hint."""
    if not isinstance(exercise, str) or exercise not in EXERCISES:
        print("not yet: there is no exercise of that number")
        return
    try:
        solved = EXERCISES[exercise](TRACES)
    except Exception as fault:  # a changed trace may hold anything
        print(f"not yet: this needs {fault}")
        return
    print(f"right, because {solved.because}" if _is_right(answer, solved.value) else f"not yet: {solved.hint}")


def _is_right(answer: object, right: Value) -> bool:
    try:
        return same(answer, right)
    except Exception:  # whatever was handed in, a learner gets a hint and not a traceback
        return False


def same(answer: object, right: Value) -> bool:
    """Whether an answer means the same: 2 and "2", "9f38" and "9F 38", bytes and their hex."""
    if answer is None or isinstance(answer, bool):
        return False
    if isinstance(right, str):
        text = answer.hex() if isinstance(answer, bytes | bytearray) else answer
        return isinstance(text, str) and _plain(text) == _plain(right)
    number = _number(answer)
    if number is None:
        return False
    return number == right if isinstance(right, int) else math.isclose(number, right, rel_tol=0.01)


def _plain(text: str) -> str:
    return "".join(text.split()).upper()


def _number(answer: object) -> float | int | None:
    """A number from what a person may write for one; None if it is none."""
    if isinstance(answer, str):
        try:
            return float(answer)
        except ValueError:
            return None
    try:
        return operator.index(answer)  # type: ignore[arg-type]
    except TypeError:
        return float(answer) if isinstance(answer, float) else None


def exercise(number: str) -> Callable[[Callable[[Path], Solved]], Callable[[Path], Solved]]:
    """Put a function under the number by which notebooks call it."""

    def listed(solve: Callable[[Path], Solved]) -> Callable[[Path], Solved]:
        EXERCISES[number] = solve
        return solve

    return listed


# ---------------------------------------------------------------- what the exercises look at


def _read(traces: Path, name: str) -> cardlib.Capture:
    path = traces / name
    if not path.is_file():
        raise FileNotFoundError(f"the trace {name}, which is not in the folder of traces")
    return cardlib.read(path)


def _with_ins(capture: cardlib.Capture, ins: int) -> list[cardlib.Exchange]:
    return [e for e in capture.exchanges if e.command is not None and e.command.ins == ins]


def _node(exchanges: Iterable[cardlib.Exchange], tag: str, inside: int = 1) -> tuple[cardlib.Exchange, cardlib.Node]:
    """The first data element with a tag in a half (0: commands, 1: answers), and the exchange that it is in."""
    for found in exchanges:
        for half in cardlib.decode(found).children:
            node = half.find(tag) if half.name == ("command", "response")[inside] else None
            if node is not None:
                return found, node
    raise LookupError(f"data element {tag}, which is not in the trace")


# ---------------------------------------------------------------- 00, 01


@exercise("00.1")
def _(traces: Path) -> Solved:
    exchanges = _read(traces, "contact_purchase.card.jsonl").exchanges
    return Solved(
        len(exchanges),
        "the numbers at the beginning of the lines count the exchanges, from 0",
        f"the exchanges are numbered from {exchanges[0].index} to {exchanges[-1].index}, so there are {len(exchanges)}",
    )


@exercise("01.1")
def _(traces: Path) -> Solved:
    command = _with_ins(_read(traces, "contact_purchase.hex.txt"), 0x20)[0].command
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
    _, node = _node(_read(traces, "contact_purchase.hex.txt").exchanges, "A5")
    size = node.stop - node.body
    return Solved(
        size,
        "the byte after A5 is its length, written in hex; Python reads that with int(..., 16)",
        f"the length byte is {size:02X}, which is {size}, and the objects in it fill exactly these bytes",
    )


@exercise("01.3")
def _(traces: Path) -> Solved:
    _, node = _node(_read(traces, "contact_purchase.hex.txt").exchanges, "8C")
    asked = [child.value[-1] for child in node.children] or [0]
    return Solved(
        sum(asked),
        "take the value of tag 8C, read it with read_dol, and add the lengths",
        f"CDOL1 names {len(asked)} data elements of {' + '.join(map(str, asked))} = {sum(asked)} bytes",
    )


# ---------------------------------------------------------------- 10


@exercise("10.1")
def _(traces: Path) -> Solved:
    _, node = _node(_read(traces, "contact_purchase.card.jsonl").exchanges, "94")
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
    where, node = _node(_read(traces, "contact_purchase.card.jsonl").exchanges, "5F24")
    return Solved(
        where.index,
        'cardlib.find(capture, "5F24") prints where a tag stands; the first number is the exchange',
        f"5F24 stands in the answer of exchange {where.index}: {node.text}",
    )


@exercise("10.3")
def _(traces: Path) -> Solved:
    last = _with_ins(_read(traces, "contact_wrong_pin.card.jsonl"), 0x20)[-1]
    sw = last.response.sw if last.response and last.response.sw is not None else 0
    return Solved(
        sw & 0x0F,
        "look at the status word of the last VERIFY: 63 CX means that X tries are left",
        f"exchange {last.index} was answered {sw:04X}, and the last digit counts the tries that are left",
    )


# ---------------------------------------------------------------- 20


def _ms(ns: int | None) -> float:
    return (ns or 0) / 1e6


@exercise("20.1")
def _(traces: Path) -> Solved:
    exchanges = _read(traces, "contactless_tap.card.jsonl").exchanges
    longest = max(exchanges, key=lambda e: e.duration_ns or 0)
    share = 100 * _ms(longest.duration_ns) / sum(_ms(e.duration_ns) for e in exchanges)
    return Solved(
        longest.index,
        "cardlib.timings of that capture has a column duration_ns; idxmax() gives the row of the largest",
        f"exchange {longest.index} takes {_ms(longest.duration_ns):.0f} ms, {share:.0f} % of all answering (modelled)",
    )


@exercise("20.2")
def _(traces: Path) -> Solved:
    chosen = _with_ins(_read(traces, "contact_purchase.card.jsonl"), 0xB2)
    total = sum(_ms(e.duration_ns) for e in chosen)
    return Solved(
        total,
        "choose the rows whose command_name is READ RECORD, add duration_ns, and divide by a million",
        f"{len(chosen)} READ RECORDs take {total:.1f} ms together",
    )


@exercise("20.3")
def _(traces: Path) -> Solved:
    exchanges = _read(traces, "contact_purchase.card.jsonl").exchanges
    gaps = {b.index: _ms(b.start_ns) - _ms(a.end_ns) for a, b in pairwise(exchanges)}
    index = max(gaps, key=lambda key: gaps[key])
    return Solved(
        gaps[index],
        "the column gap_ns holds the time before each command; take its maximum, in ms",
        f"{gaps[index]:.0f} ms pass before exchange {index}: here the model waits for a person who types a PIN",
    )


# ---------------------------------------------------------------- 30


@exercise("30.1")
def _(traces: Path) -> Solved:
    capture = _read(traces, "contact_purchase.card.jsonl")
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
    found = cardlib.check(_read(traces, "contact_wrong_pin.card.jsonl"))
    failed = [f for f in found if f.rule == "E33" and f.verdict == "fail"]
    where = " and in ".join(f"exchange {f.evidence[0].exchange}" for f in failed)
    return Solved(
        len(failed),
        "count the findings of rule E33 whose verdict is fail",
        f"a PIN was sent in clear in {where}: each is a finding, a wrong PIN too",
    )


@exercise("30.3")
def _(traces: Path) -> Solved:
    silent = [e.index for e in _read(traces, "damaged.log").exchanges if e.response is None]
    return Solved(
        len(silent),
        "an exchange without an answer has response None",
        f"exchanges {', '.join(map(str, silent))} have a command and no answer",
    )


# ---------------------------------------------------------------- 40


@exercise("40.1")
def _(traces: Path) -> Solved:
    far = _read(traces, "recorded_purchase.card.jsonl").exchanges
    near = _read(traces, "recorded_purchase.pcscd.log").exchanges
    between = [((a.duration_ns or 0) - (b.duration_ns or 0)) / 1e3 for a, b in zip(far, near, strict=False)]
    middle = statistics.median(between)
    return Solved(
        middle,
        "subtract the two columns duration_ns, take the median, and divide by a thousand",
        f"the recorder stands {middle:.0f} us further away from the card than the daemon, in {len(between)} exchanges",
    )


@exercise("40.2")
def _(traces: Path) -> Solved:
    exchanges = _read(traces, "opensc_detects.pcscd.log").exchanges
    words = Counter(f"{e.response.sw:04X}" for e in exchanges if e.response is not None and e.response.sw is not None)
    refused = words.total() - words.pop("9000")
    return Solved(
        refused,
        "whatever is not 9000 is a refusal here, under three different status words; count them all",
        f"{refused} of {len(exchanges)} were refused: {', '.join(f'{n} x {word}' for word, n in words.items())}",
    )
