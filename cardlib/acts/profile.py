# SPDX-License-Identifier: MIT
"""The objects that a specification asks of every card of an application: which the card gave, which it has not.

What nobody asked for may be on the card all the same; a capture cannot show that it is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..apps import facts_of, get
from ..core.model import Exchange, Fact, record
from ..road.unlock import in_clear
from .act import Statement, Step
from .events import Event

ABSENT = (0x6A82, 0x6A83, 0x6A88)  # no such file, record or data object (ISO/IEC 7816-4, 5.6)
EMPTY = (b"", b"\x53\x00")  # PIV gives a container without content (SP 800-73-4 part 1, 4)


@record
class Required:
    """An object or file that every card of the application has: how SELECT calls it, and its row."""

    identifier: str
    fact: Fact

    @property
    def name(self) -> str:
        return _short(self.fact.name)


def profile_steps(events: Sequence[Event]) -> Iterator[Step]:
    """What is to be said of the objects that are required, once one of them was asked for."""
    if not events:
        return
    objects = _required(events[-1].exchange)
    answers = {item.name: _answer(item, events) for item in objects}
    if not any(answers.values()):
        return
    statements: list[Statement] = []
    present: list[str] = []
    unseen: list[str] = []
    for item in objects:
        event = answers[item.name]
        if event is not None and _is_absent(event):
            statements.append(_missing(item, event))
        elif event is not None and event.went_well:
            present.append(item.name)
        else:
            unseen.append(item.name)
    if present:
        statements.append(Statement(f"required and given: {', '.join(present)}"))
    if unseen:
        statements.append(Statement(f"required and not seen in this capture: {', '.join(unseen)}"))
    yield Step("required objects", (), tuple(statements))


def _required(exchange: Exchange) -> list[Required]:
    """The head of the data file lists them by their tag, or as `file` and an identifier."""
    facts = facts_of(exchange.context)
    objects = []
    for address in get(exchange.context.application).required:
        kind, _, identifier = address.rpartition(" ")
        fact: Fact | None = facts.find(identifier)
        if kind:
            fact = facts.file((identifier,))
        if fact and fact.known:
            objects.append(Required(identifier, fact))
    return objects


def _answer(item: Required, events: Sequence[Event]) -> Event | None:
    """The last event in which the card gave it; else the last in which it was asked for it."""
    refused = given = None
    for event in events:
        if not _asks_for(item, event):
            continue
        if event.went_well:
            given = event
        else:
            refused = event
    return given or refused


def _asks_for(item: Required, event: Event) -> bool:
    """Whether it was to be read; a file that was not there to be selected counts, too."""
    if event.verb == "read":
        return _short(event.what) == item.name
    command = in_clear(event.exchange).command
    if event.verb != "selected" or event.went_well or command is None:
        return False
    return command.data.hex().upper() == item.identifier


def _short(name: str) -> str:
    return name.partition(" (")[0]


def _is_absent(event: Event) -> bool:
    """Whether the card says that it has no such object, or gives one without content."""
    response = in_clear(event.exchange).response
    if response is None:
        return False
    if event.went_well:
        return response.data in EMPTY
    return response.sw in ABSENT


def _missing(item: Required, event: Event) -> Statement:
    reason = f"refused: {event.status}"
    if event.went_well:
        reason = "given without content"
    text = f"{item.name}: required by {item.fact.ref}, and {reason}"
    return Statement(text, event.evidence)
