# SPDX-License-Identifier: MIT
"""What a bare string is and says, as lines and as data: masked, escaped and bounded like all that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..bare.model import WORDS, Explanation, Reading
from ..core.codec import to_hex
from ..core.escape import cut, escape
from ..core.model import Fact, Node
from ..share.masking import Shown, shown_node
from .json import Row, nodes_json
from .lines import MAX_TEXT
from .trees import MAX_NODES, tree_rows

MAX_OTHERS = 5  # weaker readings that are named
NOTHING_FITS = "nothing fits"


def explanation_lines(explanation: Explanation, reveal: bool) -> Iterator[str]:
    """What it is first, then what else it may be, then what it says."""
    for number, part in enumerate(explanation.parts, 1):
        yield f"string {number} of {len(explanation.parts)}"
        yield from explanation_lines(part, reveal)
        yield ""
    if explanation.parts:
        return
    if not explanation.readings:
        yield NOTHING_FITS
        yield from (escape(f"  {cut(line, MAX_TEXT)}") for line in explanation.tried)
        return
    yield from head_lines(explanation)
    for reading in explanation.readings:
        if len(explanation.readings) > 1:
            yield escape(f"as {reading.kind}:")
        yield from reading_lines(reading, reveal)


def head_lines(explanation: Explanation) -> Iterator[str]:
    """What the string is, how sure that is and why; then other readings that fit."""
    readings = explanation.readings
    if len(readings) == 1:
        reading = readings[0]
        yield escape(f"{reading.title} ({WORDS[reading.strength]}: {reading.reason})")
    else:
        choices = " or ".join(f"{reading.title} ({reading.reason})" for reading in readings)
        kinds = " or ".join(f"--as {reading.kind}" for reading in readings)
        yield escape(f"nothing decides: {choices}; {kinds}")
    others = explanation.others[:MAX_OTHERS]
    if others:
        names = "; ".join(f"{other.title} (--as {other.kind})" for other in others)
        yield escape(f"  fits less well: {names}")


def reading_lines(reading: Reading, reveal: bool) -> Iterator[str]:
    """The remarks and the data elements of a reading."""
    for remark in reading.remarks:
        yield escape(f"  !! {cut(remark, MAX_TEXT)}")
    count = 0
    for view in views(reading, reveal):
        for row in tree_rows(view):
            count += 1
            if count > MAX_NODES:
                yield "..."
                return
            yield row


def views(reading: Reading, reveal: bool) -> Iterator[Shown]:
    """The data elements of a reading (the first thousand), as they may be shown; a secret of one is hidden in all."""
    root = Node(Fact("", reading.title), b"", 0, 0, 0, reading.nodes)
    view = shown_node(root, reveal)
    for node in reading.nodes[:MAX_NODES]:
        yield replace(view, node=node)


def explanation_json(explanation: Explanation, reveal: bool, file: str = "") -> Row:
    """An explanation as plain data; the keys of a capture are there too, with an ATR as its session."""
    atrs = [reading.atr for reading in _all_readings(explanation) if reading.atr]
    sessions = []
    for index, atr in enumerate(atrs):
        session: Row = {"index": index, "atr": to_hex(atr), "exchanges": []}
        sessions.append(session)
    return {
        "schema": 1,
        "file": file,
        "format": "bare string",
        "problems": [],
        "sessions": sessions,
        "strings": [_string(part, reveal) for part in explanation.parts or (explanation,)],
    }


def _all_readings(explanation: Explanation) -> Iterator[Reading]:
    for part in explanation.parts or (explanation,):
        yield from part.readings


def _string(explanation: Explanation, reveal: bool) -> Row:
    return {
        "sure": explanation.sure,
        "readings": [_reading(reading, reveal) for reading in explanation.readings],
        "others": [{"kind": other.kind, "title": other.title} for other in explanation.others],
        "tried": list(explanation.tried),
    }


def _reading(reading: Reading, reveal: bool) -> Row:
    nodes = []
    for view in views(reading, reveal):
        nodes += nodes_json(view, itself=True)
    return {
        "kind": reading.kind,
        "title": reading.title,
        "how_sure": WORDS[reading.strength],
        "reason": reading.reason,
        "remarks": list(reading.remarks),
        "nodes": nodes,
    }
