# SPDX-License-Identifier: MIT
"""Rides from a card's own records: an entry and the exit behind it, the balance from one to the next, the log beside.

Source: JT/T 978 (second hand), files 18 (log of the purse) and 1E (rides).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ...core.model import Evidence, Exchange, Node, record
from ...road.meaning import tree
from ..act import Statement

RIDE, LOG = "Ride", "Purse transaction"
_ENTRY, _EXIT = "entry", "exit"


@record
class Entry:
    """One record of a file: its values by name, and where it stands."""

    values: dict[str, str]
    numbers: dict[str, int]
    evidence: Evidence

    @property
    def time(self) -> str:
        """Date and time of day, which the log has in two fields."""
        parts = (self.values.get("date", ""), self.values.get("time", ""))
        return " ".join(part for part in parts if part)

    @property
    def terminal(self) -> str:
        """The last 6 bytes of the terminal's number: rides have 8."""
        return self.values.get("terminal", "")[-12:]


def entries(exchanges: Iterable[Exchange], name: str) -> list[Entry]:
    """The records of that name, each once, the earliest first."""
    seen: dict[bytes, Entry] = {}
    for exchange in exchanges:
        for half in tree(exchange).children:
            for node in half.children:
                if node.name == name and half.name == "response" and node.children:
                    seen.setdefault(node.value, _entry(exchange, node))
    return sorted(seen.values(), key=lambda entry: entry.time)


def _entry(exchange: Exchange, node: Node) -> Entry:
    values = {part.name: part.text for part in node.children if not part.error}
    numbers = {}
    for part in node.children:
        if len(part.value) <= 4:
            numbers[part.name] = int.from_bytes(part.value, "big")
    evidence = Evidence(exchange.index, "response", node.start, node.stop)
    return Entry(values, numbers, evidence)


def ride_statements(exchanges: Sequence[Exchange]) -> Iterator[Statement]:
    """What the records say together."""
    rides = entries(exchanges, RIDE)
    log = entries(exchanges, LOG)
    yield from _journeys(rides)
    yield from _chain(rides, log)
    yield from _joined(rides, log)


def _journeys(rides: Sequence[Entry]) -> Iterator[Statement]:
    """An entry with the exit that follows it; a single ride by itself."""
    entered: Entry | None = None
    for ride in rides:
        kind = ride.values.get("type", "")
        if kind == _ENTRY:
            entered = ride
            continue
        where = _place(ride)
        evidence: tuple[Evidence, ...] = (ride.evidence,)
        if kind == _EXIT and entered is not None:
            where = f"{_place(entered)} to {where}"
            evidence = (entered.evidence, ride.evidence)
        entered = None
        amount = ride.values.get("amount", "an unknown amount")
        yield Statement(f"{ride.time}: {kind}, {where}, {amount}", evidence)
    if entered is not None:
        text = f"{entered.time}: entry at {_place(entered)}, and no exit yet"
        yield Statement(text, (entered.evidence,))


def _place(ride: Entry) -> str:
    """Line and station; cities cut these bytes in different ways."""
    industry = ride.values.get("industry", "")
    line, station = ride.values.get("line", ""), ride.values.get("station", "")
    if not (line + station).strip("0"):
        return "no place told"
    return f"{industry} line {line} station {station}".strip()


def _loaded(log: Sequence[Entry], earlier: Entry, later: Entry) -> int:
    """What was loaded between two rides, by the log."""
    total = 0
    for entry in log:
        if "load" in entry.values.get("type", "") and earlier.time < entry.time < later.time:
            total += entry.numbers.get("amount", 0)
    return total


def _chain(rides: Sequence[Entry], log: Sequence[Entry]) -> Iterator[Statement]:
    """Whether each ride leaves the balance before it, less its amount; a load may stand between."""
    for earlier, later in pairwise(rides):
        needed = ("amount", "balance after")
        if any(name not in entry.numbers for entry in (earlier, later) for name in needed):
            continue
        expected = earlier.numbers["balance after"] - later.numbers["amount"]
        expected += _loaded(log, earlier, later)
        left = later.numbers["balance after"]
        if left == expected:
            continue
        text = f"{later.time}: {left - expected:+} minor units beside what the ride before left"
        agrees = None if left > expected else False
        yield Statement(text, (earlier.evidence, later.evidence), agrees)


def _joined(rides: Sequence[Entry], log: Sequence[Entry]) -> Iterator[Statement]:
    """Each ride that cost something beside its record in the log: terminal, amount and time are the same."""
    if not rides or not log:
        return
    by_time = {entry.time: entry for entry in log}
    earliest = log[0].time
    for ride in rides:
        if not ride.numbers.get("amount") or ride.time < earliest:
            continue
        entry = by_time.get(ride.time)
        if entry is None:
            text = f"{ride.time}: the log of the purse has no such transaction"
            yield Statement(text, (ride.evidence,), False)
            continue
        is_same = entry.numbers.get("amount") == ride.numbers["amount"]
        is_same = is_same and entry.terminal == ride.terminal
        number = entry.values.get("counter", "")
        text = f"{ride.time}: transaction {number} in the log of the purse"
        if not is_same:
            text += ", with another terminal or amount"
        yield Statement(text, (ride.evidence, entry.evidence), is_same)
