# SPDX-License-Identifier: MIT
"""How a phone starts with a SIM: whose it is, what it can do, which files the phone asked for and did not get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ...apps import facts_of
from ...apps.fields import is_select
from ...apps.files import READS, levels, place_of
from ...apps.instructions import accepted
from ...apps.iso7816 import select_file
from ...core.escape import counted
from ...core.model import Command, Exchange, Response, record
from ...core.registers import country_of_network
from ...road.meaning import tree
from ..act import Statement, whole_answer
from ..events import WRITES

_PROVIDER, _SERVICES, _DATA, _IMSI = "6F46", ("6F38", "sfi 04"), "6FAD", "6F07"
_MARKS = (_PROVIDER, *_SERVICES, _IMSI, "sfi 07")  # a phone that starts reads one of these
_NOT_THERE = (0x6A82, 0x9404)
_CODE_LENGTH = "digits of the network code in the IMSI"
_COUNTRY_DIGITS = 3
MAX_NAMES = 12


@record
class FileUse:
    """A file that was asked for: its name, and how that ended."""

    name: str
    what: str
    exchange: Exchange


def boot_statements(exchanges: Sequence[Exchange]) -> list[Statement]:
    """What the files of a card say about it, and what became of those that were asked for."""
    statements = list(_about_the_card(exchanges))
    uses = list(_file_uses(exchanges))
    for what, words in _WORDS.items():
        named = _named(uses, what)
        if named:
            evidence = tuple(whole_answer(use.exchange) for use in uses if use.what == what)
            text = f"{counted(len(named), 'file')} {words}: {_listed(named)}"
            statements.append(Statement(text, evidence[:MAX_NAMES]))
    return statements


_WORDS = {
    "read": "read",
    "written": "written",
    "missing": "asked for and not on the card",
    "refused": "refused",
}


def boot_words(exchanges: Sequence[Exchange]) -> list[str]:
    """The parts of a headline; none where the phone read nothing that tells the card."""
    identifiers = {_identifier(exchange) for exchange in exchanges}
    if identifiers.isdisjoint(_MARKS):
        return []
    words = [statement.text for statement in _about_the_card(exchanges)]
    uses = list(_file_uses(exchanges))
    for what, text in _WORDS.items():
        named = _named(uses, what)
        if named:
            words.append(f"{counted(len(named), 'file')} {text}")
    return words


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(names[:MAX_NAMES])
    if len(names) > MAX_NAMES:
        text += f" and {len(names) - MAX_NAMES} more"
    return text


def _named(uses: Iterable[FileUse], what: str) -> list[str]:
    """The names of the files that were used so, each once."""
    names = (use.name for use in uses if use.what == what)
    return list(dict.fromkeys(names))


def _about_the_card(exchanges: Sequence[Exchange]) -> Iterator[Statement]:
    """Provider, home network and number of services, each with the answer that says it."""
    contents = {_identifier(exchange): exchange for exchange in exchanges if _is_read(exchange)}
    provider = contents.get(_PROVIDER)
    if provider is not None:
        name = _text(provider, "name")
        if name:
            yield Statement(f"provider {name}", (whole_answer(provider),))
    network = _home_network(contents)
    if network:
        yield Statement(f"home network {network}", (whole_answer(contents[_DATA]),))
    for identifier in _SERVICES:
        if identifier in contents:
            table = _content(contents[identifier])
            count = sum(byte.bit_count() for byte in table)
            yield Statement(counted(count, "service"), (whole_answer(contents[identifier]),))


def _home_network(contents: dict[str, Exchange]) -> str:
    """Country and network of the subscriber, where EF.AD says how many digits of the IMSI they are."""
    if _DATA not in contents or _IMSI not in contents:
        return ""
    digits = _text(contents[_IMSI], "IMSI")
    length = _text(contents[_DATA], _CODE_LENGTH)
    if length not in ("2", "3") or not digits.isdecimal():
        return ""
    end = _COUNTRY_DIGITS + int(length)
    country = digits[:_COUNTRY_DIGITS]
    network = f"{country}-{digits[_COUNTRY_DIGITS:end]}"
    name = country_of_network(country)
    if name:
        return f"{network} ({name})"
    return network


def _text(exchange: Exchange, name: str) -> str:
    """The text of the first field of that name in an answer."""
    for _, node in tree(exchange).walk():
        if node.name == name and not node.children and not node.error:
            return node.text
    return ""


def _content(exchange: Exchange) -> bytes:
    response = exchange.response
    return response.data if response else b""


def _is_read(exchange: Exchange) -> bool:
    command, response = exchange.command, exchange.response
    if command is None or response is None or command.ins not in READS:
        return False
    return accepted(response) and bool(response.data.strip(b"\xff"))


def _identifier(exchange: Exchange) -> str:
    """The identifier of the file that is read; empty where none is."""
    command = exchange.command
    if command is None or command.ins not in READS:
        return ""
    place = place_of(exchange.context, command)
    if place is None:
        return ""
    return place.path[-1]


def _file_uses(exchanges: Iterable[Exchange]) -> Iterator[FileUse]:
    """What became of each file that was selected, read or written."""
    for exchange in exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None:
            continue
        facts = facts_of(exchange.context)
        if is_select(command, facts):
            if response.sw in _NOT_THERE:
                name = _asked_for(exchange, command, response)
                if name:
                    yield FileUse(name, "missing", exchange)
            continue
        place = place_of(exchange.context, command)
        if place is None:
            continue
        fact = facts.file(place.row_path, place.record)
        name = f"file {place.path[-1]}"
        if fact is not None:
            name = fact.name.partition(" (")[0]
        yield FileUse(name, _what(command, response), exchange)


def _what(command: Command, response: Response) -> str:
    if not accepted(response):
        return "refused"
    if command.ins in WRITES:
        return "written"
    return "read"


def _asked_for(exchange: Exchange, command: Command, response: Response) -> str:
    """The name of a file that is not there: where it would stand, had the card accepted the command."""
    if command.p1 == 4 or len(command.data) < 2:
        return ""
    granted = replace(response, sw=0x9000, data=b"")
    there = select_file(exchange.context, command, granted)
    path = levels(there)
    if there.ef:
        path = (*path, there.ef)
    fact = facts_of(exchange.context).file(path) if path else None
    if fact is None:
        return f"file {command.data[-2:].hex().upper()}"
    return fact.name.partition(" (")[0]
