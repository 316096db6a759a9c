# SPDX-License-Identifier: MIT
"""The secure channel of GlobalPlatform that an exchange stands in: which keys opened it, its level, its MACs so far.

It begins with INITIALIZE UPDATE, whose answer has a form of its own, so that it is known by that in any application
(GlobalPlatform Card Specification 2.3.1, D and E; Amendment D). The keys that are tried are those of the caller, then
those that are published.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import lru_cache
from typing import Any

from ..core.apdu import is_secure
from ..core.model import Command, Context, Response, record
from ..crypto.channels import C_MAC, R_MAC, Opened
from ..crypto.keyring import Key, shipped
from ..crypto.static_keys import Greeting, Match, match
from . import dgi, files
from .instructions import accepted

INITIALIZE_UPDATE, EXTERNAL_AUTHENTICATE, LOAD, STORE_DATA = 0x50, 0x82, 0xE8, 0xE2
_OF_DGI, LAST_BLOCK = 1, 0x80  # in P1 of STORE DATA: bits 5 and 4, bit 8
_PROPRIETARY = (0x80, 0x84)
_PROTOCOL_AT = 11  # in the answer to INITIALIZE UPDATE
_SHORT, _LONG = 8, 16  # bytes of challenges and cryptograms of SCP03
_S16 = 0x01


@record
class Channel:
    """A secure channel before a command: `level` is None until the host has authenticated.

    `match` says which keys made the card's cryptogram; its session is where the MACs stand. `is_torn`: something of
    it is missing in the capture, so that MACs cannot be checked any more.
    """

    greeting: Greeting
    match: Match
    session: Any = field(default=None, repr=False)
    level: int | None = None
    is_torn: bool = False

    @property
    def protocol(self) -> str:
        """The name of the protocol."""
        return f"SCP{self.greeting.protocol:02X}"

    @property
    def mac_size(self) -> int:
        """Bytes of a MAC of a command or an answer."""
        return len(self.greeting.cryptogram)


@record
class Management:
    """What card management knows on a logical channel: the secure channel, what LOAD has brought so far.

    `stored` are the blocks of STORE DATA over which a data grouping goes that is not yet whole.
    """

    channel: Channel | None = None
    loaded: files.Content | None = field(default=None, repr=False)
    stored: files.Content | None = field(default=None, repr=False)


NOTHING = Management()


def management_of(context: Context) -> Management:
    """What card management knows before a command."""
    state = context.secure
    return state if isinstance(state, Management) else NOTHING


def has_own_class(command: Command) -> bool:
    """Whether a class is one of GlobalPlatform's own, on the first four logical channels."""
    return command.cla & 0xFC in _PROPRIETARY


def greeting_of(command: Command, response: Response | None) -> Greeting | None:
    """What INITIALIZE UPDATE and its answer say; None where their form is another one.

    SCP02 answers 28 bytes; SCP03 29, or 45 with challenges of 16 bytes, and 3 more of a counter.
    """
    if command.ins != INITIALIZE_UPDATE or not has_own_class(command):
        return None
    if response is None or response.sw != 0x9000 or len(command.data) not in (_SHORT, _LONG):
        return None
    data = response.data
    if len(data) <= _PROTOCOL_AT:
        return None
    if len(data) == 28 and data[_PROTOCOL_AT] in (1, 2):
        return _greeting02(command, data)
    if data[_PROTOCOL_AT] == 3:
        return _greeting03(command, data)
    return None


def _greeting02(command: Command, data: bytes) -> Greeting:
    """SCP01 has the same length and no counter, SCP02 a counter before a challenge of 6 bytes."""
    counter, challenge = data[12:14], data[14:20]
    if data[_PROTOCOL_AT] == 1:
        counter, challenge = b"", data[12:20]
    return Greeting(
        host=command.data,
        card_data=data[:10],
        key_version=data[10],
        protocol=data[_PROTOCOL_AT],
        option=0,
        counter=counter,
        challenge=challenge,
        cryptogram=data[20:28],
    )


def _greeting03(command: Command, data: bytes) -> Greeting | None:
    option = data[12] if len(data) > 12 else 0
    size = _SHORT
    if option & _S16:
        size = _LONG
    begin = 13
    stop = begin + 2 * size
    if len(data) not in (stop, stop + 3) or len(command.data) != size:
        return None
    return Greeting(
        host=command.data,
        card_data=data[:10],
        key_version=data[10],
        protocol=3,
        option=option,
        counter=data[stop:],
        challenge=data[begin : begin + size],
        cryptogram=data[begin + size : stop],
    )


@lru_cache(maxsize=256)
def _matched(greeting: Greeting, keys: tuple[Key, ...]) -> Match:
    return match(greeting, (*keys, *shipped()))


def begun(greeting: Greeting, keys: tuple[Key, ...]) -> Channel:
    """The channel after INITIALIZE UPDATE, with the keys of the caller or those that are published."""
    matched = _matched(greeting, keys)
    return Channel(greeting, matched, matched.session)


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """What a command and its answer change in card management; the same context where they change nothing."""
    before = management_of(context)
    after = _followed(before, context, command, response)
    if after is before or after == before:
        return context
    return replace(context, secure=after)


def _followed(
    before: Management, context: Context, command: Command, response: Response | None
) -> Management:
    greeting = greeting_of(command, response)
    if greeting is not None:
        return replace(before, channel=begun(greeting, context.keys))
    channel = before.channel
    if command.ins == LOAD and has_own_class(command):
        before = _loaded(before, command, response)
    if command.ins == STORE_DATA and has_own_class(command):
        before = replace(before, stored=_stored(before, command, response))
    if channel is None or not is_secure(command.cla):
        return before
    is_cut = bool(command.error) or len(command.data) < channel.mac_size
    if is_cut or response is None or response.sw is None:
        return replace(before, channel=torn(channel))
    if command.ins == EXTERNAL_AUTHENTICATE and channel.level is None:
        return replace(before, channel=_authenticated(channel, command, response))
    _, session = opened_command(channel, command)
    return replace(before, channel=replace(channel, session=session))


def _authenticated(channel: Channel, command: Command, response: Response) -> Channel | None:
    """The channel after EXTERNAL AUTHENTICATE; none where the card refused it."""
    if response.sw != 0x9000:
        return None
    session = channel.session
    if session is not None:
        _, session = session.authenticated(command.raw[:4], command.data)
    return replace(channel, session=session, level=command.p1)


def torn(channel: Channel) -> Channel:
    """The channel after something that is missing: level and keys stay known, MACs cannot be checked."""
    return replace(channel, session=None, is_torn=True)


def interrupted(state: Any) -> Any:
    """What card management knows after damage in the capture."""
    if not isinstance(state, Management) or state.channel is None:
        return state
    return Management(torn(state.channel))


def opened_command(channel: Channel, command: Command) -> tuple[Opened, Any]:
    """The data field of a protected command as far as the keys go, and the session after it.

    Without keys the data are in clear where the level says so, else None.
    """
    session = channel.session
    if session is not None and channel.level is not None:
        opened, after = session.open_command(command.raw[:4], command.data)
        return opened, after
    level = channel.level
    if level is None or not level & C_MAC:
        return Opened(None, is_checked=False), session
    size = channel.mac_size
    if level & 2 and len(command.data) > size:
        return Opened(None, is_checked=False), session
    return Opened(command.data[:-size], is_checked=False), session


def opened_answer(channel: Channel, command: Command, response: Response) -> Opened:
    """The data field of the answer to a protected command, as `opened_command` has that of the command."""
    level = channel.level or 0
    data = response.data
    if not level & R_MAC or not data:
        return Opened(data)
    _, session = opened_command(channel, command)
    if session is not None and channel.level is not None:
        opened: Opened = session.open_answer(data, response.raw[len(data) : len(data) + 2])
        return opened
    if level & 0x20:
        return Opened(None, is_checked=False)
    return Opened(data[: -channel.mac_size], is_checked=False)


def plain_command(context: Context, command: Command) -> Command | None:
    """A command of card management with its data in clear; None where they are not known.

    Its `raw` has no MAC and no cryptogram.
    """
    channel = management_of(context).channel
    if not is_secure(command.cla):
        return command
    if channel is None or channel.level is None:
        return None
    opened, _ = opened_command(channel, command)
    if opened.data is None:
        return None
    return with_data(command, opened.data)


def with_data(command: Command, data: bytes) -> Command:
    """A command in clear: its class without secure messaging, other data, their length before them."""
    cla = command.cla & ~0x0C
    size = len(data)
    length = b""
    if size > 0xFF:
        length = b"\0" + size.to_bytes(2, "big")
    elif size:
        length = bytes([size])
    raw = bytes([cla]) + command.raw[1:4] + length + data
    return replace(command, raw=raw, cla=cla, data=data, le=None, error="", pieces=())


def _loaded(before: Management, command: Command, response: Response | None) -> Management:
    """What LOAD has brought after one more block; nothing where a block is missing or cannot be read."""
    if response is None or not accepted(response):
        return replace(before, loaded=None)
    data = _block(before, command)
    if data is None:
        return replace(before, loaded=None)
    offset = 0
    content = before.loaded
    if command.p2 and content is not None:
        offset = content.size
    elif command.p2:
        return replace(before, loaded=None)
    return replace(before, loaded=files.read_on(content, offset, data))


def is_of_groupings(command: Command) -> bool:
    """Whether STORE DATA says that its data are groupings (GlobalPlatform Card Specification 2.3.1, 11.11.2.1)."""
    return command.p1 >> 3 & 3 == _OF_DGI


def _stored(
    before: Management, command: Command, response: Response | None
) -> files.Content | None:
    """The blocks so far, where their last data grouping goes on in the next one (11.11.3.2)."""
    is_last_block = bool(command.p1 & LAST_BLOCK)
    if response is None or not accepted(response) or is_last_block or not is_of_groupings(command):
        return None
    data = _block(before, command)
    if data is None or not dgi.goes_on(files.joined(before.stored) + data):
        return None
    offset = before.stored.size if before.stored is not None else 0
    return files.read_on(before.stored, offset, data)


def _block(before: Management, command: Command) -> bytes | None:
    """The data of a block of LOAD or STORE DATA in clear."""
    if not is_secure(command.cla):
        return command.data
    if before.channel is None:
        return None
    opened, _ = opened_command(before.channel, command)
    return opened.data
