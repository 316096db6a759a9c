# SPDX-License-Identifier: MIT
"""Card management as rules see it: its commands in clear and its authentications."""

from __future__ import annotations

from collections.abc import Iterator

from ...apps.channel import Channel, begun, greeting_of, management_of, plain_command
from ...apps.instructions import accepted
from ...apps.management import NAME
from ...core.model import Command, Evidence, Exchange, Response, record
from ...crypto.static_keys import Greeting
from ..engine import Case

GP = "GlobalPlatform Card Specification 2.3.1"
CPS = "EMV Card Personalization Specification 1.1"
AMENDMENT_D = "GlobalPlatform Card Specification 2.3.1, Amendment D 1.1.2"
INSTALL, LOAD, DELETE, STORE_DATA, PUT_KEY = 0xE6, 0xE8, 0xE4, 0xE2, 0xD8
SET_STATUS, GET_STATUS, GET_DATA, EXTERNAL_AUTHENTICATE = 0xF0, 0xF2, 0xCA, 0x82
CHANGES = (INSTALL, LOAD, DELETE, STORE_DATA, PUT_KEY, SET_STATUS)
DONE = 0x9000
_CLASSES = (0x80, 0x84)


@record
class Step:
    """A command of card management that was carried out; `plain`: its data in clear, None where they are not known."""

    exchange: Exchange
    command: Command
    response: Response
    channel: Channel | None
    plain: Command | None


@record
class Authentication:
    """INITIALIZE UPDATE, and EXTERNAL AUTHENTICATE where it followed."""

    case: Case
    exchange: Exchange
    channel: Channel
    answer: Exchange | None = None

    @property
    def greeting(self) -> Greeting:
        """What both sides said."""
        return self.channel.greeting

    @property
    def is_done(self) -> bool:
        """Whether the card took the host for authentic."""
        answer = self.answer
        return answer is not None and answer.response is not None and answer.response.sw == DONE

    @property
    def level(self) -> int:
        """The security level that the host asked for."""
        answer = self.answer
        if answer is None or answer.command is None:
            return 0
        return answer.command.p1

    @property
    def cryptogram(self) -> Evidence:
        """Where the card's cryptogram stands."""
        counter = len(self.greeting.counter)
        size = len(self.greeting.cryptogram)
        response = self.exchange.response
        stop = len(response.data) if response else size
        if self.greeting.protocol == 3:
            stop -= counter
        return Evidence(self.exchange.index, "response", stop - size, stop)


def steps(case: Case, *instructions: int) -> Iterator[Step]:
    """The commands of card management with these instructions that the card carried out, in order."""
    for exchange in case.exchanges:
        command, response = exchange.command, exchange.response
        if command is None or response is None or command.ins not in instructions:
            continue
        if not _is_managed(exchange, command) or not accepted(response):
            continue
        channel = management_of(exchange.context).channel
        plain = plain_command(exchange.context, command)
        yield Step(exchange, command, response, channel, plain)


def _is_managed(exchange: Exchange, command: Command) -> bool:
    if command.protocol != "apdu" or command.cla & 0xFC not in _CLASSES:
        return False
    has_channel = management_of(exchange.context).channel is not None
    return has_channel or exchange.context.application == NAME


def authentications(case: Case) -> list[Authentication]:
    """Each INITIALIZE UPDATE with the EXTERNAL AUTHENTICATE that follows it on the same channel."""
    found: list[Authentication] = []
    waiting: dict[tuple[int, int], int] = {}
    for exchange in case.exchanges:
        command = exchange.command
        if command is None:
            continue
        lane = (exchange.session, exchange.context.channel)
        greeting = greeting_of(command, exchange.response)
        if greeting is not None:
            waiting[lane] = len(found)
            channel = begun(greeting, exchange.context.keys)
            found.append(Authentication(case, exchange, channel))
        elif command.ins == EXTERNAL_AUTHENTICATE and lane in waiting:
            place = waiting.pop(lane)
            first = found[place]
            found[place] = Authentication(case, first.exchange, first.channel, exchange)
    return found
