# SPDX-License-Identifier: MIT
"""The exchanges of two captures side by side, aligned by meaning: application, command, file or record; not by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from ..apps import iso7816, listing
from ..core.codec import to_hex
from ..core.model import Exchange
from ..road.meaning import name

Pair = tuple[Exchange | None, Exchange | None]
Meaning = tuple[int, str, str, str]  # session, application, command, place
Key = tuple[Meaning, int]  # and which of those that mean the same
# READ, SEARCH, WRITE and UPDATE of BINARY and RECORD: P1 and P2 say where (ISO 7816-4, 11.3 and 11.4).
READS_AND_WRITES = (0xB0, 0xD0)
# Native protocols whose commands begin with the number of a page or block; in others the number of the card does.
NUMBERED = ("ultralight", "classic", "picopass", "srx")
DATA_OBJECTS = (0xCA, 0xCB)  # GET DATA: P1 and P2 say which


def align(first: Sequence[Exchange], second: Sequence[Exchange]) -> list[Pair]:
    """Those that mean the same, in the order of the first; what only the second has, behind what it came after."""
    alias = _stand_ins(first, second)
    left = _by_meaning(first, {})
    right = _by_meaning(second, alias)
    blocks: dict[Key | None, list[Pair]] = {None: []}  # None: what comes before all of the first
    for key, exchange in left.items():
        blocks[key] = [(exchange, right.get(key))]
    last: Key | None = None
    for key, exchange in right.items():
        if key in left:
            last = key
        else:
            blocks[last].append((None, exchange))
    return list(chain.from_iterable(blocks.values()))


def _stand_ins(first: Sequence[Exchange], second: Sequence[Exchange]) -> dict[str, str]:
    """For each application that only the second has, the one that only the first has and that stands in its place."""
    first_aids = dict.fromkeys(exchange.context.aid for exchange in first)
    second_aids = dict.fromkeys(exchange.context.aid for exchange in second)
    only_first = _only(first_aids, second_aids)
    only_second = _only(second_aids, first_aids)
    return dict(zip(only_second, only_first, strict=False))


def _only(aids: Iterable[str], others: Iterable[str]) -> list[str]:
    """The applications, in order, that are not among the others; directories are no applications."""
    return [aid for aid in aids if aid and aid not in others and not listing(aid)]


def _by_meaning(exchanges: Sequence[Exchange], alias: dict[str, str]) -> dict[Key, Exchange]:
    """Each exchange under what it is about; those about the same are numbered."""
    sessions: dict[int, int] = {}
    seen: Counter[Meaning] = Counter()
    keyed = {}
    for exchange in exchanges:
        session = sessions.setdefault(exchange.session, len(sessions))
        meaning = (session, *_place(exchange, alias))
        keyed[meaning, seen[meaning]] = exchange
        seen[meaning] += 1
    return keyed


def _place(exchange: Exchange, alias: dict[str, str]) -> tuple[str, str, str]:
    """Application, command, and the file, record or data object that it is about, where it names one."""
    command, aid = exchange.command, exchange.context.aid
    application = alias.get(aid, aid) or exchange.context.application
    title = name(exchange)
    if command is None:
        return application, title, ""
    if command.protocol != "apdu":
        numbers = command.data[:2] if command.protocol in NUMBERED else b""
        return application, title, to_hex(numbers)
    if command.ins == iso7816.SELECT:
        selected = to_hex(command.data)
        if command.p1 == 4:  # by name: whatever is selected before
            application = ""
        return application, title, alias.get(selected, selected)
    if command.ins & 0xF0 in READS_AND_WRITES or command.ins in DATA_OBJECTS:
        return application, title, f"{command.p1:02X}{command.p2:02X}"
    return application, title, ""
