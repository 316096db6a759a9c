# SPDX-License-Identifier: MIT
"""One exchange as an event: selected, verified, read, wrote, or another command; done or refused, and what it tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ..apps import chips, desfire, facts_of
from ..apps.cells import subject_of
from ..apps.fields import is_select, tag_of
from ..apps.files import READS, place_of
from ..apps.instructions import (
    CHANGE_PIN,
    GET_DATA,
    GET_DATA_ODD,
    PUT_DATA,
    PUT_DATA_ODD,
    SECRET,
    VERIFY,
    accepted,
)
from ..core.addresses import parameters_of
from ..core.facts import Facts
from ..core.model import Command, Evidence, Exchange, Fact, Node, Response, record
from ..core.native import is_poll
from ..road.meaning import failure, name, status, tree
from ..road.unlock import in_clear
from .act import whole_answer

Verb = Literal["selected", "verified", "read", "wrote", "commanded"]
_BY_TAG = (GET_DATA, GET_DATA_ODD, PUT_DATA, PUT_DATA_ODD)
WRITES = (0xD0, 0xD2, 0xD6, 0xDC, 0xE2, PUT_DATA, PUT_DATA_ODD)


@record
class Event:
    """What a command was about, and how it went.

    `what` is the name of the file, object, reference or command; `done` and `refused` the words of its row for a
    headline; `values` what its rows give to a headline, as (label, name, text). `unit` and `cells`: which pages or
    blocks of a chip it read or wrote.
    """

    exchange: Exchange
    verb: Verb
    what: str
    went_well: bool
    done: str = ""
    refused: str = ""
    values: tuple[tuple[str, str, str], ...] = ()
    unit: str = ""
    cells: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The event in words."""
        if self.went_well:
            return f"{self.what} {_DONE[self.verb]}"
        return f"{self.what} {_REFUSED[self.verb]}: {self.status}"

    @property
    def status(self) -> str:
        """What the card answered: the data where they say that it failed, else the status word."""
        return failure_text(self.exchange) or status(self.exchange)[0] or "no status word"

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The answer that shows it."""
        if self.exchange.response is None:
            return ()
        return (whole_answer(self.exchange),)


_DONE = {
    "selected": "selected",
    "verified": "verified",
    "read": "read",
    "wrote": "written",
    "commanded": "done",
}
_REFUSED = {
    "selected": "not selected",
    "verified": "not verified",
    "read": "not read",
    "wrote": "not written",
    "commanded": "refused",
}


def event_of(exchange: Exchange) -> Event | None:
    """The event of an exchange; None for half an exchange without a command."""
    clear = in_clear(exchange)
    command, response = clear.command, clear.response
    if command is None:
        return None
    facts = facts_of(exchange.context)
    if command.protocol != "apdu":
        return _native(exchange, command, facts)
    went_well = response is not None and accepted(response) and not _is_refusal(exchange, response)
    if (
        response is not None
        and response.sw is not None
        and _is_warning_of_pin(command, response.sw)
    ):
        went_well = False
    went_well = went_well and not failure_text(exchange)
    verb, what, fact = _subject(exchange, command, facts)
    row = facts.command(command.cla, command.ins, desfire.parameters_in(exchange.context, command))
    done = (fact.done if fact else "") or (row.done if row else "")
    refused = _filled(row.refused if row else "", command, facts)
    values = _values(exchange) if went_well else ()
    done = _filled(done, command, facts)
    unit = ""
    numbers: tuple[int, ...] = ()
    subject = subject_of(exchange.context, command, response)
    if subject:
        verb = _VERBS[subject.is_write]
        unit, numbers = subject.unit, subject.numbers
    return Event(exchange, verb, what, went_well, done, refused, values, unit, numbers)


def failure_text(exchange: Exchange) -> str:
    """What the data of an answer say of a failure; empty where they say nothing of one."""
    if exchange.response is None:
        return ""
    node = failure(tree(exchange).children[-1])
    if node is None:
        return ""
    return f"{node.name}: {node.text}"


def _is_refusal(exchange: Exchange, response: Response) -> bool:
    """Whether the application calls its status word a refusal, although others begin like it where all is well."""
    if response.sw is None or exchange.command is None:
        return False
    return facts_of(exchange.context).refuses(response.sw, exchange.command.ins)


_VERBS: dict[bool, Verb] = {True: "wrote", False: "read"}


def _native(exchange: Exchange, command: Command, facts: Facts) -> Event | None:
    """The event of a chip with commands of its own: what it read or wrote are cells of its memory."""
    response = exchange.response
    if response is None and is_poll(command):
        return None  # no card is there
    went_well = response is not None and accepted(response)
    if response and response.sw is not None:
        went_well = not _is_refusal(exchange, response)
    row = chips.row_of(command, facts)
    verb: Verb = "commanded"
    what = name(exchange)
    unit = ""
    numbers: tuple[int, ...] = ()
    subject = subject_of(exchange.context, command, response)
    if subject:
        verb = _VERBS[subject.is_write]
        unit, numbers = subject.unit, subject.numbers
        what = f"{unit} {ranges(numbers)}"
    done = refused = ""
    if row:
        done, refused = row.done, row.refused
    values: tuple[tuple[str, str, str], ...] = ()
    if went_well:
        values = _values(exchange)
    return Event(exchange, verb, what, went_well, done, refused, values, unit, numbers)


def ranges(numbers: Iterable[int]) -> str:
    """Numbers as runs: 4-11, 20."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    words = []
    for low, high in runs:
        word = str(low)
        if high > low:
            word += f"-{high}"
        words.append(word)
    return ", ".join(words)


def _is_warning_of_pin(command: Command, sw: int) -> bool:
    """Whether 63CX after a PIN command says that the PIN was wrong (ISO/IEC 7816-4, 11.5.6)."""
    return command.ins in SECRET and sw >> 8 == 0x63


def _subject(exchange: Exchange, command: Command, facts: Facts) -> tuple[Verb, str, Fact | None]:
    """What a command is about: its verb, a name, and the row of the file or object."""
    if is_select(command, facts):
        return "selected", _selected(exchange), None
    if command.ins in (VERIFY, 0x21, CHANGE_PIN) and command.cla != 0xFF:
        reference = facts.reference(command.p2) or f"reference {command.p2:02X}"
        return "verified", reference, None
    fact = _object(exchange, command, facts)
    what = fact.name if fact else _unnamed(exchange, command)
    if command.ins in READS or command.ins in (GET_DATA, GET_DATA_ODD):
        return "read", what, fact
    if command.ins in WRITES:
        return "wrote", what, fact
    return "commanded", name(exchange), fact


def _unnamed(exchange: Exchange, command: Command) -> str:
    """A file or object of which no row says what it is."""
    place = place_of(exchange.context, command)
    if place is not None:
        return f"file {place.path[-1]}"
    tag = tag_of(command) if command.ins in _BY_TAG else ""
    if tag:
        return f"object {tag}"
    return "the current file" if command.ins in READS else name(exchange)


def _selected(exchange: Exchange) -> str:
    """The name of what is selected, as its node says it."""
    for half in tree(exchange).children:
        for _, node in half.walk():
            if node.name in ("DF name (AID)", "file identifier", "path"):
                return node.text
    return name(exchange)


def _object(exchange: Exchange, command: Command, facts: Facts) -> Fact | None:
    """The row of the file or data object that a command reads or writes."""
    place = place_of(exchange.context, command)
    if place is not None:
        return facts.file(place.row_path, place.record)
    if command.ins in _BY_TAG:
        tag = tag_of(command)
        if tag and facts.has(tag):
            return facts.find(tag)
    if command.ins == GET_DATA:
        return facts.answer(command.cla, command.ins, parameters_of(command))
    return None


def _filled(words: str, command: Command, facts: Facts) -> str:
    """The words of a row, with the names of P1, P2 and the key reference in their places."""
    if "{" not in words:
        return words
    row = facts.command(command.cla, command.ins, parameters_of(command))
    first = row.p1(command.p1) if row and row.p1 else f"{command.p1:02X}"
    second = row.p2(command.p2) if row and row.p2 else f"{command.p2:02X}"
    reference = facts.reference(command.p2) or second
    replaced = words.replace("{p1}", first).replace("{p2}", second)
    return replaced.replace("{reference}", reference)


def _values(exchange: Exchange) -> tuple[tuple[str, str, str], ...]:
    """The values of the answer and the command that rows give to a headline; nothing that is sensitive."""
    values = []
    for half in tree(exchange).children:
        for label, node in _telling(half, ""):
            values.append((label, node.name, node.text))
    return tuple(values)


def _telling(node: Node, label: str) -> list[tuple[str, Node]]:
    label = node.fact.headline or label
    if node.fact.sensitive:
        return []
    if node.fact.tells and node.stop > node.body and not node.error:
        return [(label, node)]
    return [pair for child in node.children for pair in _telling(child, label)]
