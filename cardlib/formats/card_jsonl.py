# SPDX-License-Identifier: MIT
"""Our own format, *.card.jsonl: one JSON object a line, readable while it is written. See docs/formats.md.

A first line {"card_capture": 1}, a line for each session, each frame, each problem. Unknown keys do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, BinaryIO, TextIO, cast, get_args

from ..core.codec import parse_hex, to_hex
from ..core.model import Clock, Coverage, Frame, FrameKind, Interface, Problem, Sender, Session
from .lines import Item, Line, LineContent, items, unreadable
from .style import head_lines

NAME = "card.jsonl"
CLOCK: Clock = "none"
PROVEN = True
VERSION = 1

_SENDERS, _KINDS = get_args(Sender), get_args(FrameKind)
_CLOCKS, _INTERFACES = get_args(Clock), get_args(Interface)
_MAX_NS = 1 << 63


def recognises(head: bytes) -> float:
    """Sure where the first line says so, or other lines are frames of this format."""
    texts = head_lines(head)[:50]
    if any('"card_capture"' in text for text in texts[:3]):
        return 1.0
    return 0.9 if sum('"from"' in text and '"data"' in text for text in texts) >= 2 else 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """A Session for each session line, a Frame for each frame line, a Problem for each line that tells of one."""
    return items(file, coverage, _read)


def _read(line: Line, index: int) -> LineContent:
    if not line.text.strip():
        return "blank or comment"
    try:
        row = json.loads(line.text)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        return unreadable(line, "not a JSON object")
    if "card_capture" in row:
        return "header" if row["card_capture"] == VERSION else unreadable(line, f"not version {VERSION} of this format")
    if "session" in row:
        return [_session(row)]
    return [_problem(row, line)] if "problem" in row else _frame(row, line, index)


def _session(row: dict[str, Any]) -> Session:
    meta = row.get("meta")
    pairs = tuple((str(key), str(value)) for key, value in meta.items()) if isinstance(meta, dict) else ()
    clock: Clock = row["clock"] if row.get("clock") in _CLOCKS else "none"
    interface: Interface = row["interface"] if row.get("interface") in _INTERFACES else "unknown"
    started = row.get("started")
    return Session(0, None, interface, clock, started if isinstance(started, str) else None, meta=pairs)


def _problem(row: dict[str, Any], line: Line) -> Problem:
    """What was wrong in the capture that this file was converted from."""
    raw, gap = parse_hex(str(row.get("raw", ""))) or b"", row.get("gap") is not False
    return Problem(str(row["problem"]), str(row.get("detail", "")), line.unit, line.start, line.stop, raw[:256], gap)


def _frame(row: dict[str, Any], line: Line, index: int) -> list[Item]:
    data = row.get("data")
    value = parse_hex(data) if isinstance(data, str) else None
    sender, kind, time_ns, note = row.get("from"), row.get("kind"), row.get("t"), row.get("note")
    end_ns = row.get("end", time_ns)
    if value is None:
        return unreadable(line, '"data" is not hex')
    if sender not in _SENDERS or kind not in _KINDS:
        return unreadable(line, f'"from" is one of {", ".join(_SENDERS)}; "kind" one of {", ".join(_KINDS)}')
    if any(one is not None and (type(one) is not int or not 0 <= one < _MAX_NS) for one in (time_ns, end_ns)):
        return unreadable(line, '"t" and "end" are nanoseconds, or null')
    known = cast(Sender, sender), cast(FrameKind, kind), value, time_ns
    frame = line.frame(index, *known, note if isinstance(note, str) else "")
    return [replace(frame, end_ns=end_ns) if "end" in row else frame]


def write(file: TextIO, found: Iterable[Item], made_by: str = "cardlib", **more: Any) -> int:
    """Write sessions, their frames and problems; returns the number of frames. `file` is opened with newline=""."""
    begin(file, made_by, **more)
    return sum(write_item(file, item) for item in found)


def begin(file: TextIO, made_by: str = "cardlib", **more: Any) -> None:
    """Write the first line, with what else is to be told there."""
    _line(file, {"card_capture": VERSION, "made_by": made_by, **more})


def write_item(file: TextIO, item: Item) -> bool:
    """Write one line; whether it was a frame."""
    if isinstance(item, Session):
        head = {"session": item.index, "clock": item.clock, "interface": item.interface}
        _line(file, {**head, "started": item.started, "meta": dict(item.meta)})
    elif isinstance(item, Problem):
        _line(file, {"problem": item.kind, "detail": item.detail, "gap": item.gap, "raw": to_hex(item.raw)})
    else:
        row = {"t": item.time_ns, "from": item.sender, "kind": item.kind, "data": to_hex(item.data)}
        row |= {"end": item.end_ns} if item.end_ns is not None else {}
        _line(file, {**row, "note": item.note} if item.note else row)
    return isinstance(item, Frame)


def _line(file: TextIO, row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=True) + "\n")
