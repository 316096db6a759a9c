# SPDX-License-Identifier: MIT
"""Secure messaging opened with the caller's keys: what a message says in clear, and the channel after it.

The keys of basic access control follow from what is on the wire and the machine-readable zone. Those of PACE and chip
authentication do not: they need a private key of one side, or the session keys (ICAO Doc 9303-11, 4.3, 4.4, 6.2).
`follow` keeps the state in `Context.secure`; all here are functions of it, the keys and the exchange.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import lru_cache

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
from ..core.model import Card, Command, Context, Exchange, Fact, Node, Response, record
from ..core.secure import Opened, is_protected, objects_of
from ..crypto.bac import AUTHENTICATION_SIZE, authentication, opened_authentication
from ..crypto.keyring import Key
from ..crypto.messaging import (
    VERIFIED,
    WRONG_MAC,
    Channel,
    command_is_authentic,
    may_end_with_mac,
    open_command,
    open_response,
)
from .agree import SET_KAT, ChipRun, PaceRun

_REF = "ICAO Doc 9303-11, 4.3"
PROVED = "token verified"
DAMAGED = "the objects of secure messaging are damaged: not opened"
CHIP_AUTHENTICATED = "chip authentication"
_RANDOM, _KEY = 8, 16  # bytes of a random number, and of what a side gives to the key
NEW_KEYS = "chip authentication gave the channel new keys, which are not among those given"
OPENS = ("mrz", "session-keys", "ephemeral")
_KEPT = 1024  # exchanges that are not opened again while several readers look at them


@record
class Messaging:
    """What is known of secure messaging before a command.

    `channel` is the one that is open, `inside` the card as commands in it see it, `challenge` the last random number
    of the chip, `pace` and `chip` are agreements that are under way; `has_new_keys`: chip authentication has changed
    the keys, to those of one of the `candidates` where a private key is known.
    """

    channel: Channel | None = field(default=None, repr=False)
    how: str = ""
    inside: Card | None = None
    challenge: bytes = b""
    pace: PaceRun = PaceRun()
    chip: ChipRun = ChipRun()
    has_new_keys: bool = False
    candidates: tuple[Channel, ...] = field(default=(), repr=False)


@record
class Step:
    """An exchange as the keys open it (None where they say nothing about it), and what is known after it."""

    opened: Opened | None
    after: Messaging


@record
class _Secrets:
    """The keys that may open secure messaging, by what they are."""

    zones: tuple[bytes, ...] = field(repr=False)
    channels: tuple[Channel, ...] = field(repr=False)
    private: tuple[bytes, ...] = field(repr=False)


@lru_cache(maxsize=16)
def _secrets_of(keys: tuple[Key, ...]) -> _Secrets | None:
    """None where none of the keys opens secure messaging."""
    if not any(key.use in OPENS for key in keys):
        return None
    zones = [key.value for key in keys if key.use == "mrz"]
    channels = [key.channel for key in keys if key.channel is not None]
    private = [key.value for key in keys if key.use == "ephemeral"]
    return _Secrets(tuple(zones), tuple(channels), tuple(private))


def step_of(context: Context, command: Command | None, response: Response | None) -> Step | None:
    """What the keys in the context make of an exchange; None where there are none for it."""
    secrets = _secrets_of(context.keys) if context.keys else None
    if secrets is None or command is None:
        return None
    if command.protocol != "apdu" or command.cla == READER:
        return None
    state = context.secure
    if state is None:
        state = Messaging()
    if not isinstance(state, Messaging):  # a channel of GlobalPlatform: apps/channel
        return None
    return _step(state, secrets, command, response)


@lru_cache(maxsize=_KEPT)
def _step(state: Messaging, secrets: _Secrets, command: Command, response: Response | None) -> Step:
    if is_protected(command):
        return _protected(state, secrets, command, response)
    if response is None or not accepted(response):
        return Step(None, state)
    return _plain(replace(state, inside=None), secrets, command, response)


def opening_of(exchange: Exchange, context: Context) -> Opened | None:
    """What keys made of an exchange in this context; None without keys, or where there is nothing to open."""
    step = step_of(context, exchange.command, exchange.response)
    return step.opened if step else None


def in_clear(exchange: Exchange) -> Exchange:
    """The exchange as keys opened it; where they opened nothing, as it is."""
    if exchange.command is None or not is_protected(exchange.command):
        return exchange
    opened = opening_of(exchange, exchange.context)
    if opened is None or opened.command is None:
        return exchange
    return replace(exchange, command=opened.command, response=opened.response)


def interrupted(state: Messaging) -> Messaging:
    """What is known after damage in the capture: the channel, not what was selected in it."""
    return replace(state, inside=None)


def _plain(state: Messaging, secrets: _Secrets, command: Command, response: Response) -> Step:
    """A command in clear: it may agree on keys; what it selects is selected outside of the channel."""
    if command.ins == GET_CHALLENGE:
        state = replace(state, challenge=response.data)
    if command.ins == EXTERNAL_AUTHENTICATE and len(command.data) == AUTHENTICATION_SIZE:
        return _authentication(state, secrets, command, response)
    pace = state.pace.see(command, response)
    if not pace.is_over or not secrets.private:
        return Step(None, replace(state, pace=pace))
    state = replace(state, pace=PaceRun())
    agreed = pace.agreed(secrets.private)
    if agreed.channel is None:
        return Step(Opened(faults=(agreed.fault, "")), state)
    remarks, faults = (PROVED, PROVED), ("", "")
    if not agreed.chip_is_right:
        remarks, faults = (PROVED, ""), ("", "the token of the card does not verify")
    return Step(Opened(remarks=remarks, faults=faults), _begun(state, agreed.channel, agreed.title))


def _begun(state: Messaging, channel: Channel, how: str) -> Messaging:
    """A channel that begins now."""
    return replace(state, channel=channel, how=how, inside=None, has_new_keys=False, candidates=())


def _authentication(
    state: Messaging, secrets: _Secrets, command: Command, response: Response
) -> Step:
    """Mutual authentication of basic access control."""
    for zone in secrets.zones:
        try:
            sent = opened_authentication(zone, command.data)
        except NotVerifiable:
            continue
        return _authenticated(state, command, response, sent, zone)
    if not secrets.zones:
        return Step(None, state)
    return Step(Opened(faults=(WRONG_MAC, "")), state)


def _protected(
    state: Messaging, secrets: _Secrets, command: Command, response: Response | None
) -> Step:
    state = _fitting(state, secrets, command)
    if state.channel is None:
        fault = Opened(faults=(WRONG_MAC, "")) if secrets.channels else None
        return Step(fault, state)
    sending = state.channel.next
    answering = sending.next
    after = replace(state, channel=answering)
    try:
        plain = open_command(sending, command)
    except NotVerifiable as fault:
        reason = NEW_KEYS if state.has_new_keys else fault.reason
        return Step(Opened(faults=(reason, "")), after)
    answer, remark, fault_text = _opened_response(answering, response)
    if answer is not None and accepted(answer):
        after = _agreeing(after, secrets, plain, answer)
    how = f"deciphered: {state.how}"
    return Step(Opened(plain, answer, how, (VERIFIED, remark), ("", fault_text)), after)


def _agreeing(
    state: Messaging, secrets: _Secrets, command: Command, response: Response
) -> Messaging:
    """What is known after a command in the channel that may be part of chip authentication."""
    state = replace(state, chip=state.chip.see(command))
    if not gives_new_keys(command):
        return state
    candidates = state.chip.channels(command, response, secrets.private)
    return replace(state, has_new_keys=True, candidates=candidates)


def _fitting(state: Messaging, secrets: _Secrets, command: Command) -> Messaging:
    """The state with the channel under which this command verifies: the open one, else one that was given."""
    candidates = [*state.candidates, *secrets.channels]
    if state.channel is not None:
        candidates.insert(0, state.channel)
    for channel in candidates:
        try:
            is_authentic = command_is_authentic(channel.next, command)
        except NotVerifiable:
            continue
        if is_authentic:
            if channel is state.channel:
                return state
            if channel in state.candidates:
                how = f"{CHIP_AUTHENTICATED}, {channel.cipher}"
                return replace(_begun(state, channel, how), inside=state.inside)
            return _begun(state, channel, f"session keys given, {channel.cipher}")
    return state


def gives_new_keys(command: Command) -> bool:
    """Whether a command in clear ends chip authentication: after it the channel has other keys (6.2.4)."""
    if command.ins == MANAGE_SECURITY:
        return (command.p1, command.p2) == SET_KAT
    return command.ins == AGREE


def _opened_response(state: Channel, response: Response | None) -> tuple[Response | None, str, str]:
    """The answer in clear, a remark and what is wrong; an answer without objects ends the channel (9.8.8)."""
    if response is None:
        return None, "", ""
    tags = {item.tag for item in objects_of(response.data)}
    if tags.isdisjoint(("8E", "87", "85", "99")):
        if may_end_with_mac(response.data):
            return None, "", DAMAGED
        return response, "answered without secure messaging", ""
    try:
        return open_response(state, response), VERIFIED, ""
    except NotVerifiable as fault:
        return None, "", fault.reason


def _authenticated(
    state: Messaging, command: Command, response: Response, sent: bytes, zone: bytes
) -> Step:
    """The authentication opened: what each side gave, and the channel that begins."""
    faults = ["", ""]
    parts = [("command", data_start(command), _authentication_node(command, sent, "terminal"))]
    if state.challenge and sent[_RANDOM : 2 * _RANDOM] != state.challenge:
        faults[0] = "not the random number that the chip gave"
    if not response.data:  # refused, with 6300 as a rule
        opened = Opened(remarks=(VERIFIED, ""), faults=(faults[0], ""), parts=tuple(parts))
        return Step(opened, state)
    try:
        answered = opened_authentication(zone, response.data)
        parts.append(("response", 0, _authentication_node(command, answered, "chip")))
        agreed = authentication(sent, answered)
        state = _begun(state, agreed.session(), "basic access control, 3DES")
    except NotVerifiable as fault:
        faults[1] = fault.reason
    remarks = (VERIFIED, "" if faults[1] else VERIFIED)
    opened = Opened(remarks=remarks, faults=(faults[0], faults[1]), parts=tuple(parts))
    return Step(opened, state)


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
