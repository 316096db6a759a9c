# SPDX-License-Identifier: MIT
"""How many bytes of a capture the decoder explains: `python benchmarks/explained.py FILE...`, a table a file.

Counted are the bytes of all commands and answers, header and status word included; frames that are no exchange (ATR,
ATS, PPS) are not. A byte is explained
- in a value: if the innermost element that holds it has a row or a function that names it and reads it;
- as tag or length: if the tag has a row;
- as CLA, INS, P1, P2, Lc or Le: if the instruction has a row; as SW: if the status word has one.

Not explained: data that nobody divides, tags without a row, what a list did not ask for, values that no layout of
their row fits and what no part of a layout covers, rows that only say that something is proprietary or discretionary,
damaged elements, and what does not fit its row (unknown codes, bits without a name, wrong lengths, no date; of track
2 what follows the date and is no digit). A certificate, signature, cryptogram or random number whose row says what it
is has no further meaning without a key, and counts. Rows from memory count; their share is shown apart.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import cardlib
from cardlib.core.model import Capture, Constant, Exchange, Node
from cardlib.road.meaning import halves, name

HEADER = ("CLA", "INS", "P1", "P2", "Lc", "Le")
MISFIT = re.compile(
    r"\((unknown value|not |length \d)|unknown (command|status word)|a byte after the status word"
)
PARTLY = re.compile(r"not digits: ([0-9A-F]+)$")
OPAQUE = re.compile(r"proprietary|discretionary|further")

Leaf = tuple[str, Node, int, int]  # path, element, bytes, explained bytes


def leaves(exchange: Exchange) -> Iterator[Leaf]:
    """What tiles both halves: the values that hold no others, and the tags and lengths of those that do."""
    known = not name(exchange).startswith(("unknown", "proprietary"))
    for side, half in halves(exchange):
        for path, node in half.walk():
            where = f"{name(exchange)}, {side}: {path}"
            if node.bits is not None:  # counted with the bytes that they share
                continue
            head, size = node.body - node.start, node.stop - node.body
            yield where, node, head, head if node.fact.known and not node.error else 0
            if is_of_bits(node):
                yield where, node, size, explained_bytes(node)
            elif not node.children:
                is_read = known or node.name not in HEADER
                yield where, node, size, explained_value(node, size) if is_read else 0


def is_of_bits(node: Node) -> bool:
    """Whether the parts of a node are bit fields."""
    return bool(node.children) and node.children[0].bits is not None


def explained_bytes(group: Node) -> int:
    """The bytes of bit fields that are all explained."""
    unexplained = set()
    for _, part in group.walk():
        if not part.children and part.bits[0] < part.bits[1] and not explained_value(part, 1):
            unexplained.update(range(part.start, part.stop))
    return group.stop - group.body - len(unexplained)


def explained_value(node: Node, size: int) -> int:
    """How many bytes of a value its row or function explains."""
    text = node.text
    opaque = OPAQUE.search(node.name.lower()) and text == node.value.hex().upper()
    if node.bits is not None and (node.name == "reserved" or OPAQUE.search(node.name)):
        opaque = any(node.value)
    silent = not text and not isinstance(node.fact.describe, Constant)
    if not node.fact.known or node.error or opaque or silent or MISFIT.search(text):
        return 0
    unread = PARTLY.search(text)
    return size - (len(unread[1]) + 1) // 2 if unread else size


def table(capture: Capture) -> tuple[int, int, int, dict[str, int]]:
    """All bytes, those explained, of them those from memory; where how many are not explained."""
    total = explained = memory = 0
    gaps: dict[str, int] = {}
    for exchange in capture.exchanges:
        for where, node, size, told in leaves(exchange):
            total, explained = total + size, explained + told
            memory += told if node.fact.checked == "memory" else 0
            if told < size:
                gaps[where] = gaps.get(where, 0) + size - told
    return total, explained, memory, gaps


def main(files: list[str]) -> None:
    """Print share, size and what is missing of each file."""
    for file in files:
        total, explained, memory, gaps = table(cardlib.read(file))
        size = total or 1
        print(
            f"{explained / size:7.2%} of {total:6} bytes, {memory / size:5.2%} from memory  {Path(file).name}"
        )
        for where, count in sorted(gaps.items(), key=lambda item: -item[1]):
            print(f"{count:10}  {where}")


if __name__ == "__main__":
    main(sys.argv[1:])
