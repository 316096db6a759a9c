# SPDX-License-Identifier: MIT
"""Where the seconds of one card go while it is personalised: wire, the card's work by kind, gaps; they add up."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from ..core.errors import CaptureError
from ..core.model import Exchange, Session, record
from ..road.sources import Source, path_of, sessions_of
from .timing import Split, splits

WIRE, GAPS, UNKNOWN = "wire", "gaps between commands", "not told by the clock"
KEY_OPERATIONS, WRITING, READING, REST = "key operations", "writing", "reading", "other commands"
KINDS = (WIRE, KEY_OPERATIONS, WRITING, READING, REST, GAPS, UNKNOWN)
# INITIALIZE UPDATE, EXTERNAL and INTERNAL AUTHENTICATE, PUT KEY, GENERATE ASYMMETRIC KEY PAIR
_KEY_COMMANDS = (0x50, 0x82, 0x88, 0xD8, 0x46, 0x47)
# STORE DATA, INSTALL, LOAD, DELETE, SET STATUS, and the commands that write files and objects
_WRITES = (0xE2, 0xE6, 0xE8, 0xE4, 0xF0, 0xD0, 0xD6, 0xDC, 0xDA, 0xDB, 0xE0)
_READS = (0xA4, 0xB0, 0xB2, 0xCA, 0xCB, 0xF2, 0xC0)
_PERSONALISES = (0xE2, 0xE6, 0xE8, 0xD8)


@record
class CardTime:
    """One card: its session, the ns from the first command to the last answer, and the parts that add up to them.

    `commands` and `size`: how many commands there were, and how many bytes they carried.
    """

    session: int
    total_ns: int
    shares: tuple[tuple[str, int], ...]
    commands: int
    size: int

    def share(self, kind: str) -> int:
        """The ns of one part; 0 where there is none."""
        return dict(self.shares).get(kind, 0)

    def __str__(self) -> str:
        seconds = self.total_ns / 1e9
        rows = [f"card of session {self.session}: {seconds:.2f} s, {self.commands} commands"]
        for kind, ns in self.shares:
            part = ns / max(self.total_ns, 1)
            rows.append(f"  {kind:24} {ns / 1e9:7.2f} s  {part:6.1%}")
        return "\n".join(rows)


def card_times(source: Source) -> list[CardTime]:
    """Where the time went, a card a session; CaptureError where no card was personalised, or no clock tells.

    A card was personalised where something was installed, loaded, stored or keyed.
    """
    rows: list[CardTime] = []
    by_session: dict[int, list[Split]] = {}
    for split in splits(source):
        by_session.setdefault(split.exchange.session, []).append(split)
    for session in sessions_of(source):
        group = by_session.get(session.index, [])
        if group and _is_personalised(group):
            rows.append(_card_time(session, group))
    if not rows:
        raise CaptureError("no card is personalised in this capture", path_of(source))
    return rows


def _is_personalised(group: Sequence[Split]) -> bool:
    return any(_instruction(split.exchange) in _PERSONALISES for split in group)


def _instruction(exchange: Exchange) -> int:
    command = exchange.command
    if command is None or command.protocol != "apdu":
        return -1
    return command.ins


def _card_time(session: Session, group: Sequence[Split]) -> CardTime:
    """The parts of one session; what the stamps leave over is a part of its own."""
    parts = dict.fromkeys(KINDS, 0)
    for split in group:
        wire = split.wire_ns or 0
        kind = _kind(split.exchange)
        parts[WIRE] += wire
        parts[kind] += split.total_ns - wire
        parts[GAPS] += split.gap_ns or 0
    parts[GAPS] -= group[0].gap_ns or 0
    total = _total(group)
    parts[UNKNOWN] = total - sum(parts.values())
    shares = tuple((kind, parts[kind]) for kind in KINDS if parts[kind])
    return CardTime(
        session=session.index,
        total_ns=total,
        shares=shares,
        commands=len(group),
        size=sum(_size(split.exchange) for split in group),
    )


def _total(group: Sequence[Split]) -> int:
    """From the first command to the last answer; without stamps, the durations together."""
    first, last = group[0].exchange, group[-1].exchange
    if first.start_ns is None or last.end_ns is None:
        return sum(split.total_ns for split in group)
    return last.end_ns - first.start_ns


def _kind(exchange: Exchange) -> str:
    instruction = _instruction(exchange)
    if instruction in _KEY_COMMANDS:
        return KEY_OPERATIONS
    if instruction in _WRITES:
        return WRITING
    if instruction in _READS:
        return READING
    return REST


def _size(exchange: Exchange) -> int:
    if exchange.command is None:
        return 0
    return len(exchange.command.data)


def batch(times: Sequence[CardTime]) -> Iterator[tuple[str, float]]:
    """The medians of many cards, part by part, in ns; the whole first."""
    yield "whole", statistics.median(time.total_ns for time in times)
    for kind in KINDS:
        values = [time.share(kind) for time in times]
        if any(values):
            yield kind, statistics.median(values)
