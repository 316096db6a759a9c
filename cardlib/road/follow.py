# SPDX-License-Identifier: MIT
"""The causal fold: what each logical channel knows before a command, and how a command and its answer change it.

`after` is the only place that changes state. It looks at nothing but the card before, the command and the answer.
"""

from __future__ import annotations

from dataclasses import replace

from ..apps import by_aid, by_name, claimed_by
from ..apps.iso7816 import MANAGE_CHANNEL, SELECT, accepted
from ..core import tlv
from ..core.apdu import channel_of
from ..core.codec import to_hex
from ..core.model import Card, Command, Context, How, Response


def begin(dictionaries: tuple[str, ...] = ()) -> Card:
    """The card at the beginning of a capture without an ATR: it may be in the middle of anything."""
    return Card(None, (Context(dictionaries=dictionaries),))


def reset(atr: bytes | None, dictionaries: tuple[str, ...] = ()) -> Card:
    """The card after power-up: nothing is selected but what the card selects by itself (ISO/IEC 7816-4, 8.2.1)."""
    return Card(atr, (Context(how="implicit", dictionaries=dictionaries),))


def before(card: Card, command: Command | None) -> Context:
    """The context in which this command is to be understood."""
    channel = channel_of(command.cla) if command else 0
    for context in card.channels:
        if context.channel == channel:
            break
    else:
        context = Context(channel, how="unknown", dictionaries=card.channels[0].dictionaries)
    if command and not context.aid and context.application == "iso7816":
        app = claimed_by(command.cla, command.ins)
        if app:
            return Context(
                channel, app.name, "assumed", "", "", "", None, False, context.dictionaries
            )
    return context


def after(
    card: Card, command: Command | None, response: Response | None, context: Context | None = None
) -> Card:
    """The card after this exchange (`context` held before it). A missing command may have changed anything."""
    if command is None:
        return lost(card)
    if command.cla == 0xFF:  # for the reader: the card never sees it (PC/SC part 3, 3.2.2)
        return card
    context = context or before(card, command)
    if command.ins == SELECT:
        return _put(card, _select(context, command, response))
    if command.ins == MANAGE_CHANNEL and command.cla < 0x80:
        return _manage(card, command, response)
    return _put(card, by_name(context.application).follow(context, command, response))


def lost(card: Card) -> Card:
    """The card after damage: the last known application stays as a name, all that was known of its state goes."""
    return Card(card.atr, tuple(_forget(context) for context in card.channels))


def _forget(c: Context) -> Context:
    return Context(
        c.channel, c.application, "unknown", c.aid, "", "", None, c.secure, c.dictionaries
    )


def _put(card: Card, context: Context) -> Card:
    """The card with this context in place of the one of its channel; the same card if nothing changed."""
    channels = card.channels
    for place, old in enumerate(channels):
        if old is context:
            return card
        if old.channel == context.channel:
            return Card(card.atr, (*channels[:place], context, *channels[place + 1 :]))
    return Card(card.atr, (*channels, context))


def _select(context: Context, command: Command, response: Response | None) -> Context:
    """SELECT: by name, or of a file whose answer tells a DF name, chooses the application (ISO/IEC 7816-4, 11.1.1)."""
    if response is None or response.sw is None:
        return _forget(context)
    if not accepted(response):
        return context
    data = response.data
    name = (
        tlv.first(data, "84").get("84", b"")
        if data[:1] in (b"\x6f", b"\x62") and b"\x84" in data
        else b""
    )
    if command.p1 == 4 or name:
        aid = to_hex(name or command.data)
        context = replace(
            _forget(context), application=by_aid(aid).name, how="selected", aid=aid, df=aid
        )
    return by_name(context.application).follow(context, command, response)


def _manage(card: Card, command: Command, response: Response | None) -> Card:
    """MANAGE CHANNEL opens or closes a channel; what it did without an answer is unknown (ISO/IEC 7816-4, 11.1.2)."""
    sw = response.sw if response else None
    if sw is not None and sw != 0x9000:
        return card
    origin = before(card, command)
    if command.p1 == 0:
        return _open(card, origin, command, response)
    number = command.p2 or origin.channel
    if command.p1 == 0x80 and sw == 0x9000 and number:
        return Card(card.atr, tuple(c for c in card.channels if c.channel != number))
    return Card(card.atr, tuple(_forget(c) if c.channel == number else c for c in card.channels))


def _open(card: Card, origin: Context, command: Command, response: Response | None) -> Card:
    """A channel opened from the basic one starts as after a reset, from another one with what that has selected."""
    given = response.data[0] if response and response.sw and len(response.data) == 1 else 0
    number = command.p2 or given
    if not 0 < number < 20:
        return card
    if response and response.sw and origin.channel:
        return _put(card, replace(origin, channel=number, secure=False))
    how: How = "implicit" if response and response.sw else "unknown"
    return _put(card, Context(number, how=how, dictionaries=origin.dictionaries))
