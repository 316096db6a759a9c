# SPDX-License-Identifier: MIT
"""The act of card management: which channel, what was loaded, installed, personalised, and how the card was left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from ..apps import dgi
from ..apps.channel import (
    EXTERNAL_AUTHENTICATE,
    INITIALIZE_UPDATE,
    LOAD,
    STORE_DATA,
    Channel,
    begun,
    greeting_of,
    has_own_class,
    management_of,
    plain_command,
)
from ..apps.instructions import accepted
from ..apps.management import (
    CHANGES,
    DELETE,
    INSTALL,
    NAME,
    PUT_KEY,
    SET_STATUS,
)
from ..core.codec import to_hex
from ..core.escape import counted
from ..core.model import Command, Exchange, record
from ..road.meaning import name, status
from .act import Act, Ending, Statement, Step, whole_answer
from .plain import events_of, steps_of

KIND = "management"
MAX_REFUSED = 3  # refusals in a headline
_OF_THE_CARD = 0x80  # P1 of SET STATUS
_FOR_INSTALL = 0x04  # P1 of INSTALL
_STATES = {
    0x01: "OP_READY",
    0x07: "INITIALIZED",
    0x0F: "SECURED",
    0x7F: "CARD_LOCKED",
    0xFF: "TERMINATED",
}
# P1 of EXTERNAL AUTHENTICATE
_LEVELS = (
    (0x01, "C-MAC"),
    (0x02, "command encryption"),
    (0x10, "R-MAC"),
    (0x20, "response encryption"),
)


@record
class Work:
    """A command that changed the card, with its data in clear where these are known."""

    exchange: Exchange
    command: Command
    plain: Command | None
    went_well: bool


def _size(works: Sequence[Work]) -> int:
    """Bytes of data in clear; 0 where those of any command are not known."""
    size = 0
    for work in works:
        if work.plain is None:
            return 0
        size += len(work.plain.data)
    return size


def management_act(act: Act) -> Act:
    """An act in which card management opened a channel or changed the card; any other act as it is."""
    works = list(_works(act.exchanges))
    channels = [exchange for exchange in act.exchanges if _greets(exchange)]
    if not works and not channels:
        return act
    words = [*_channel_words(act.exchanges), *_work_words(works)]
    if not words:
        return act
    if not any(work.command.ins == SET_STATUS for work in works):
        words.extend(f"{label} {text}" for label, text in act.facts if label == "life cycle")
    refused = [work for work in works if not work.went_well]
    words.extend(_refusal(work) for work in refused[:MAX_REFUSED])
    return replace(
        act,
        kind=KIND,
        endings=(Ending("; ".join(words)),),
        explain=partial(_steps, act.exchanges),
    )


def _refusal(work: Work) -> str:
    return f"{name(work.exchange)} refused: {status(work.exchange)[0]}"


def _greets(exchange: Exchange) -> bool:
    command = exchange.command
    return command is not None and greeting_of(command, exchange.response) is not None


def _works(exchanges: Sequence[Exchange]) -> Iterator[Work]:
    """The commands of card management that change a card, in order."""
    for exchange in exchanges:
        command, response = exchange.command, exchange.response
        if command is None or command.ins not in CHANGES or not has_own_class(command):
            continue
        if exchange.context.application != NAME:
            if management_of(exchange.context).channel is None:
                continue
        plain = plain_command(exchange.context, command)
        went_well = response is not None and accepted(response)
        yield Work(exchange, command, plain, went_well)


def _channel_words(exchanges: Sequence[Exchange]) -> Iterator[str]:
    """Which channels were opened, by which keys, and with which level."""
    channel: Channel | None = None
    for exchange in exchanges:
        command = exchange.command
        if command is None:
            continue
        greeting = greeting_of(command, exchange.response)
        if greeting is not None:
            channel = begun(greeting, exchange.context.keys)
        elif command.ins == EXTERNAL_AUTHENTICATE and channel is not None:
            yield _opened(channel, exchange, command)
            channel = None
    if channel is not None:
        yield f"{channel.protocol} begun and not opened"


def _opened(channel: Channel, exchange: Exchange, command: Command) -> str:
    response = exchange.response
    if response is None or response.sw != 0x9000:
        return f"{channel.protocol} not opened: {status(exchange)[0] or 'no answer'}"
    words = f"{channel.protocol} opened, {level_words(command.p1)}"
    if channel.match.session is not None:
        words += f", with {channel.match.note}"
    return words


def level_words(level: int) -> str:
    """A security level in words."""
    names = [text for bit, text in _LEVELS if level & bit]
    return " and ".join(names) or "without protection"


def _work_words(works: Sequence[Work]) -> Iterator[str]:
    """What was changed, in the order in which a card comes to life."""
    done = [work for work in works if work.went_well]
    for instruction, describe in _WORDS.items():
        group = [work for work in done if work.command.ins == instruction]
        if group:
            yield from describe(group)


def _installed(works: Sequence[Work]) -> Iterator[str]:
    applications = [aid for work in works for aid in _aids(work, _FOR_INSTALL, 2)]
    if applications:
        yield f"{' and '.join(applications)} installed"


def _aids(work: Work, purpose: int, place: int) -> Iterator[str]:
    """The AID at a place of INSTALL for this purpose."""
    plain = work.plain
    if plain is None or not plain.p1 & purpose:
        return
    data = plain.data
    start = 0
    for _ in range(place):
        if start < len(data):
            start += 1 + data[start]
    if start < len(data) and data[start]:
        yield to_hex(data[start + 1 : start + 1 + data[start]])


def _loaded(works: Sequence[Work]) -> Iterator[str]:
    size = _size(works)
    of_size = f" of {size} bytes" if size else ""
    yield f"code{of_size} loaded in {counted(len(works), 'block')}"


def _deleted(works: Sequence[Work]) -> Iterator[str]:
    yield f"{counted(len(works), 'object')} deleted"


def _stored(works: Sequence[Work]) -> Iterator[str]:
    size = _size(works)
    groupings = [part for work in works for part in _groupings(work)]
    what = f"{size} bytes of data" if size else "data"
    text = f"{what} stored in {counted(len(works), 'command')}"
    if groupings:
        text += f", {counted(len(groupings), 'data grouping')}"
    yield text


def _groupings(work: Work) -> Iterator[str]:
    """The data groupings of a block of STORE DATA that can be read."""
    plain = work.plain
    if plain is not None and dgi.is_tiled(plain.data, 0, len(plain.data)):
        for part in dgi.groupings(plain.data, 0, len(plain.data)):
            yield part.identifier


def _keys_put(works: Sequence[Work]) -> Iterator[str]:
    versions = [work.plain.data[0] for work in works if work.plain is not None and work.plain.data]
    if versions:
        yield f"keys of version {', '.join(map(str, versions))} put"
    else:
        yield "keys put"


def _states(works: Sequence[Work]) -> Iterator[str]:
    states = [work.command.p2 for work in works if work.command.p1 == _OF_THE_CARD]
    if states:
        names = [_STATES.get(state, f"{state:02X}") for state in states]
        yield f"card set to {', then '.join(names)}"


_WORDS: dict[int, Callable[[Sequence[Work]], Iterator[str]]] = {
    DELETE: _deleted,
    LOAD: _loaded,
    INSTALL: _installed,
    STORE_DATA: _stored,
    PUT_KEY: _keys_put,
    SET_STATUS: _states,
}
_STEP_NAMES = {
    INITIALIZE_UPDATE: "secure channel",
    EXTERNAL_AUTHENTICATE: "secure channel",
    LOAD: "code",
    DELETE: "deletion",
    INSTALL: "applications",
    STORE_DATA: "data of an application",
    PUT_KEY: "keys",
    SET_STATUS: "life cycle",
}


def _steps(exchanges: Sequence[Exchange]) -> tuple[Step, ...]:
    """Runs of commands of one kind, each with what it did."""
    steps: list[Step] = []
    run: list[Exchange] = []
    for exchange in exchanges:
        if run and _step_name(exchange) != _step_name(run[0]):
            steps.extend(_step(run))
            run = []
        run.append(exchange)
    if run:
        steps.extend(_step(run))
    return tuple(steps)


def _step_name(exchange: Exchange) -> str:
    command = exchange.command
    if command is None or not has_own_class(command):
        return ""
    return _STEP_NAMES.get(command.ins, "")


def _step(run: Sequence[Exchange]) -> Iterator[Step]:
    title = _step_name(run[0])
    if not title:
        yield from steps_of(events_of(run))
        return
    works = list(_works(run))
    words = [*_channel_words(run), *_work_words(works)]
    evidence = tuple(whole_answer(exchange) for exchange in run)
    said = [Statement(text, evidence[-1:]) for text in words]
    for work in works:
        if not work.went_well:
            said.append(Statement(_refusal(work), (whole_answer(work.exchange),), False))
    groupings = [part for work in works for part in _groupings(work)]
    if groupings:
        said.append(Statement(f"data groupings {', '.join(groupings)}", evidence))
    yield Step(title, tuple(run), tuple(said))
