# SPDX-License-Identifier: MIT
"""Our own format, *.card.jsonl: one JSON object a line, readable while it is written.

A first line {"card_capture": 1}, a line for each session, each frame, each problem. Unknown keys do
no harm. See docs/formats.md.
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

_SENDERS = get_args(Sender)
_KINDS = get_args(FrameKind)
_CLOCKS = get_args(Clock)
_INTERFACES = get_args(Interface)
_MAX_NS = 1 << 63


def recognises(head: bytes) -> float:
    """Sure where the first line says so, or other lines are frames of this format."""
    texts = head_lines(head)[:50]
    if any('"card_capture"' in text for text in texts[:3]):
        return 1.0
    frame_lines = [text for text in texts if '"from"' in text and '"data"' in text]
    if len(frame_lines) >= 2:
        return 0.9
    return 0.0


def frames(file: BinaryIO, coverage: Coverage) -> Iterator[Frame | Session | Problem]:
    """A Session, Frame or Problem for each line that holds one."""
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
        if row["card_capture"] == VERSION:
            return "header"
        return unreadable(line, f"not version {VERSION} of this format")
    if "session" in row:
        return [_session(row)]
    if "problem" in row:
        return [_problem(row, line)]
    return _frame(row, line, index)


def _session(row: dict[str, Any]) -> Session:
    """The head of a session; what cannot be believed is as if it were not there."""
    clock: Clock = "none"
    if row.get("clock") in _CLOCKS:
        clock = row["clock"]
    interface: Interface = "unknown"
    if row.get("interface") in _INTERFACES:
        interface = row["interface"]
    started = row.get("started")
    if not isinstance(started, str):
        started = None
    meta = row.get("meta")
    pairs: tuple[tuple[str, str], ...] = ()
    if isinstance(meta, dict):
        pairs = tuple((str(key), str(value)) for key, value in meta.items())
    return Session(0, None, interface, clock, started, meta=pairs)


def _problem(row: dict[str, Any], line: Line) -> Problem:
    """What was wrong in the capture that this file was converted from."""
    kind = str(row["problem"])
    detail = str(row.get("detail", ""))
    raw = parse_hex(str(row.get("raw", ""))) or b""
    is_gap = row.get("gap") is not False
    return Problem(kind, detail, line.unit, line.start, line.stop, raw[:256], is_gap)


def _frame(row: dict[str, Any], line: Line, index: int) -> list[Item]:
    digits = row.get("data")
    data: bytes | None = None
    if isinstance(digits, str):
        data = parse_hex(digits)
    if data is None:
        return unreadable(line, '"data" is not hex')
    sender = row.get("from")
    kind = row.get("kind")
    if sender not in _SENDERS or kind not in _KINDS:
        senders = ", ".join(_SENDERS)
        kinds = ", ".join(_KINDS)
        return unreadable(line, f'"from" is one of {senders}; "kind" one of {kinds}')
    time_ns = row.get("t")
    end_ns = row.get("end")
    if not _is_time(time_ns) or not _is_time(end_ns):
        return unreadable(line, '"t" and "end" are nanoseconds, or null')
    note = row.get("note")
    if not isinstance(note, str):
        note = ""
    frame = line.frame(index, cast(Sender, sender), cast(FrameKind, kind), data, time_ns, note)
    if end_ns is not None:
        frame = replace(frame, end_ns=end_ns)
    return [frame]


def _is_time(value: object) -> bool:
    """Whether JSON has nanoseconds here, or null; true is no number."""
    if value is None:
        return True
    return type(value) is int and 0 <= value < _MAX_NS


def write(file: TextIO, entries: Iterable[Item], made_by: str = "cardlib", **more: Any) -> int:
    """Write sessions, their frames and problems; returns the number of frames.

    `file` is opened with newline="".
    """
    begin(file, made_by, **more)
    return sum(write_item(file, item) for item in entries)


def begin(file: TextIO, made_by: str = "cardlib", **more: Any) -> None:
    """Write the first line, with what else is to stand there."""
    _write_line(file, {"card_capture": VERSION, "made_by": made_by, **more})


def write_item(file: TextIO, item: Item) -> bool:
    """Write one line; whether it was a frame."""
    if isinstance(item, Session):
        _write_line(file, _session_row(item))
    elif isinstance(item, Problem):
        _write_line(file, _problem_row(item))
    else:
        _write_line(file, _frame_row(item))
    return isinstance(item, Frame)


def _session_row(session: Session) -> dict[str, Any]:
    return {
        "session": session.index,
        "clock": session.clock,
        "interface": session.interface,
        "started": session.started,
        "meta": dict(session.meta),
    }


def _problem_row(problem: Problem) -> dict[str, Any]:
    return {
        "problem": problem.kind,
        "detail": problem.detail,
        "gap": problem.gap,
        "raw": to_hex(problem.raw),
    }


def _frame_row(frame: Frame) -> dict[str, Any]:
    row = {
        "t": frame.time_ns,
        "from": frame.sender,
        "kind": frame.kind,
        "data": to_hex(frame.data),
    }
    if frame.end_ns is not None:
        row["end"] = frame.end_ns
    if frame.note:
        row["note"] = frame.note
    return row


def _write_line(file: TextIO, row: dict[str, Any]) -> None:
    file.write(json.dumps(row, ensure_ascii=True) + "\n")
