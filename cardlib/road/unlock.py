# SPDX-License-Identifier: MIT
"""Secure messaging opened with the caller's keys: each exchange, and the context of those that follow.

The keys of basic access control follow from what is on the wire and the machine-readable zone. Those of PACE and chip
authentication do not: they need a private key of one side, or the session keys (ICAO Doc 9303-11, 4.3, 4.4, 6.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ..apps.instructions import (
    AGREE,
    EXTERNAL_AUTHENTICATE,
    GET_CHALLENGE,
    MANAGE_SECURITY,
    READER,
    accepted,
)
from ..core.apdu import data_start
from ..core.codec import to_hex
from ..core.errors import NotVerifiable
from ..core.model import Card, Command, Exchange, Fact, Node, Problem, Response, Session
from ..core.secure import Opened, is_protected, objects_of
from ..crypto.bac import AUTHENTICATION_SIZE, authentication, opened_authentication
from ..crypto.keyring import Key
from ..crypto.messaging import (
    WRONG_MAC,
    Channel,
    command_is_authentic,
    open_command,
    open_response,
)
from .agree import PaceRun
from .fold import Item
from .follow import after, before

MAX_DOORS = 256  # sessions that are open at the same time
_REF = "ICAO Doc 9303-11, 4.3"
_SET_KAT = (0x41, 0xA6)  # MSE: Set KAT, with the public key of the terminal (6.2.4.1)
VERIFIED = "MAC verified"
PROVED = "token verified"
_RANDOM, _KEY = 8, 16  # bytes of a random number, and of what a side gives to the key
NEW_KEYS = "chip authentication gave the channel new keys, which are not among those given"
OPENS = ("mrz", "session-keys", "ephemeral")


class _Door:
    """One session: its channel if it has one, the card as seen inside, and the agreement that is under way."""

    def __init__(self) -> None:
        self.channel: Channel | None = None
        self.how = ""
        self.inside: Card | None = None
        self.challenge = b""
        self.pace = PaceRun()
        self.has_new_keys = False

    def open(self, channel: Channel, how: str) -> None:
        self.channel = channel
        self.how = how
        self.inside = None
        self.has_new_keys = False


def unlocked(items: Iterable[Item], keys: Sequence[Key]) -> Iterator[Item]:
    """The items of a capture, its exchanges opened as far as the keys go."""
    fitting = [key for key in keys if key.use in OPENS]
    if not fitting:
        yield from items
        return
    unlocker = Unlocker(fitting)
    for item in items:
        yield unlocker.item(item)


class Unlocker:
    """Opens the exchanges of a capture in their order."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self._zones = [key.value for key in keys if key.use == "mrz"]
        self._sessions = [key.channel for key in keys if key.channel is not None]
        self._private = [key.value for key in keys if key.use == "ephemeral"]
        self._doors: dict[int, _Door] = {}

    def item(self, item: Item) -> Item:
        """An item of the capture, opened where it is an exchange that the keys open."""
        if isinstance(item, Problem) and item.gap:
            for door in self._doors.values():
                door.inside = None
        if isinstance(item, Session):
            self._doors.setdefault(item.index, _Door())
            while len(self._doors) > MAX_DOORS:
                del self._doors[next(iter(self._doors))]
        if isinstance(item, Exchange):
            return self.exchange(item)
        return item

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange with what the keys made of it."""
        door = self._doors.setdefault(exchange.session, _Door())
        command = exchange.command
        if command is None or command.protocol != "apdu" or command.cla == READER:
            return exchange
        if is_protected(command):
            return self._protected(door, exchange, command)
        return self._plain(door, exchange, command)

    def _plain(self, door: _Door, exchange: Exchange, command: Command) -> Exchange:
        """A command in clear: it may agree on keys; what it selects is selected outside of the channel."""
        response = exchange.response
        if response is None or not accepted(response):
            return exchange
        door.inside = None
        if command.ins == GET_CHALLENGE:
            door.challenge = response.data
        if command.ins == EXTERNAL_AUTHENTICATE and len(command.data) == AUTHENTICATION_SIZE:
            return self._authentication(door, exchange, command, response)
        door.pace.see(command, response)
        channel = door.pace.agreed(self._private)
        if channel is not None:
            door.open(channel, door.pace.title)
            remarks, faults = (PROVED, PROVED), ("", "")
            if not door.pace.chip_is_right:
                remarks, faults = (PROVED, ""), ("", "the token of the card does not verify")
            return replace(exchange, opened=Opened(remarks=remarks, faults=faults))
        if door.pace.fault:
            return replace(exchange, opened=Opened(faults=(door.pace.fault, "")))
        return exchange

    def _authentication(
        self, door: _Door, exchange: Exchange, command: Command, response: Response
    ) -> Exchange:
        """Mutual authentication of basic access control."""
        for zone in self._zones:
            try:
                sent = opened_authentication(zone, command.data)
            except NotVerifiable:
                continue
            return _authenticated(door, exchange, command, response, sent, zone)
        if not self._zones:
            return exchange
        return replace(exchange, opened=Opened(faults=(WRONG_MAC, "")))

    def _protected(self, door: _Door, exchange: Exchange, command: Command) -> Exchange:
        channel = self._fitting(door, command)
        if channel is None:
            if not self._sessions:
                return exchange
            return replace(exchange, opened=Opened(faults=(WRONG_MAC, "")))
        state = channel.next
        door.channel = state.next
        try:
            plain = open_command(state, command)
        except NotVerifiable as fault:
            reason = NEW_KEYS if door.has_new_keys else fault.reason
            return replace(exchange, opened=Opened(faults=(reason, "")))
        response, remark, fault_text = _opened_response(state.next, exchange.response)
        if door.inside is None:
            door.inside = Card(None, (exchange.context,), exchange.context.listed)
        if response is not None and accepted(response):
            door.has_new_keys = door.has_new_keys or gives_new_keys(plain)
        context = before(door.inside, plain, response)
        door.inside = after(door.inside, plain, response, context)
        opened = Opened(
            plain, response, f"deciphered: {door.how}", (VERIFIED, remark), ("", fault_text)
        )
        return replace(exchange, context=context, opened=opened)

    def _fitting(self, door: _Door, command: Command) -> Channel | None:
        """The channel under which this command verifies: the open one, else one that was given."""
        candidates = list(self._sessions)
        if door.channel is not None:
            candidates.insert(0, door.channel)
        for channel in candidates:
            try:
                is_authentic = command_is_authentic(channel.next, command)
            except NotVerifiable:
                continue
            if is_authentic:
                if channel is not door.channel:
                    door.open(channel, f"session keys given, {channel.cipher}")
                return channel
        return door.channel


def gives_new_keys(command: Command) -> bool:
    """Whether a command in clear ends chip authentication: after it the channel has other keys (6.2.4)."""
    if command.ins == MANAGE_SECURITY:
        return (command.p1, command.p2) == _SET_KAT
    return command.ins == AGREE


def _opened_response(state: Channel, response: Response | None) -> tuple[Response | None, str, str]:
    """The answer in clear, a remark and what is wrong; an answer without objects ends the channel (9.8.8)."""
    if response is None:
        return None, "", ""
    tags = {item.tag for item in objects_of(response.data)}
    if tags.isdisjoint(("8E", "87", "85", "99")):
        return response, "answered without secure messaging", ""
    try:
        return open_response(state, response), VERIFIED, ""
    except NotVerifiable as fault:
        return None, "", fault.reason


def _authenticated(
    door: _Door,
    exchange: Exchange,
    command: Command,
    response: Response,
    sent: bytes,
    zone: bytes,
) -> Exchange:
    """The authentication opened: what each side gave, and the channel that begins."""
    faults = ["", ""]
    parts = [("command", data_start(command), _authentication_node(command, sent, "terminal"))]
    if door.challenge and sent[_RANDOM : 2 * _RANDOM] != door.challenge:
        faults[0] = "not the random number that the chip gave"
    if not response.data:  # refused, with 6300 as a rule
        opened = Opened(remarks=(VERIFIED, ""), faults=(faults[0], ""), parts=tuple(parts))
        return replace(exchange, opened=opened)
    try:
        answered = opened_authentication(zone, response.data)
        parts.append(("response", 0, _authentication_node(command, answered, "chip")))
        agreed = authentication(sent, answered)
        door.open(agreed.session(), "basic access control, 3DES")
    except NotVerifiable as fault:
        faults[1] = fault.reason
    remarks = (VERIFIED, "" if faults[1] else VERIFIED)
    opened = Opened(remarks=remarks, faults=(faults[0], faults[1]), parts=tuple(parts))
    return replace(exchange, opened=opened)


def _authentication_node(command: Command, plain: bytes, side: str) -> Node:
    """The 32 bytes that one side enciphered: its random number, that of the other, and its part of the key."""
    other = "chip" if side == "terminal" else "terminal"
    fields = (
        (f"random number of the {side}", _RANDOM, False),
        (f"random number of the {other}", _RANDOM, False),
        (f"part of the {side} in the session keys", _KEY, True),
    )
    nodes = []
    start = 0
    for name, size, is_key in fields:
        fact = Fact("", name, to_hex, _REF, "vector", fresh="always")
        if is_key:
            fact = replace(fact, sensitive="key")
        nodes.append(Node(fact, plain, start, start, start + size))
        start += size
    outer = Fact("", "in clear", ref=_REF, checked="vector", opens="parts")
    derived = "deciphered with the key of the machine-readable zone"
    return Node(outer, plain, 0, 0, len(plain), tuple(nodes), derived=derived)
