# SPDX-License-Identifier: MIT
"""The causal fold: what each logical channel knows before a command, and how a command and its answer change it.

`after` is the only place where traffic changes state. It looks at nothing but the card before, the command and the
answer. `noticed` is the only place where the log's own words do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..apps import (
    ANY_CARD,
    RID_DIGITS,
    by_aid,
    by_answer,
    by_atr,
    channel,
    claimed_by,
    classic,
    facts_of,
    files,
    follow_of,
    get,
    is_native,
    listing,
)
from ..apps.fields import is_select
from ..apps.files import place_of
from ..apps.instructions import MANAGE_CHANNEL, READ_RECORD, READER, SELECT, accepted
from ..apps.iso7816 import at_file, name_of_application, root_of
from ..core import tlv
from ..core.apdu import channel_of
from ..core.codec import to_hex
from ..core.model import Card, Command, Context, Frame, How, Protocol, Response
from ..core.native import application_of
from ..core.notices import CLOSED, FILE, OPENED, uid_of
from ..core.secure import is_protected
from .unlock import Messaging, interrupted, step_of

MANAGEMENT = "globalplatform"
MAX_LISTED = 64  # AIDs that are remembered from directories
_SECURITY_OPTIONS = ("010E", "sfi 0E")  # EF.DG14
CHANNELS = 20  # ISO/IEC 7816-4, 5.4.1


def begin(dictionaries: tuple[str, ...] = (), keys: tuple[Any, ...] = ()) -> Card:
    """The card at the beginning of a capture without an ATR: it may be in the middle of anything."""
    return Card(None, (Context(dictionaries=dictionaries),), keys=keys)


def reset(
    atr: bytes | None, dictionaries: tuple[str, ...] = (), keys: tuple[Any, ...] = ()
) -> Card:
    """The card after power-up: nothing is selected but what the card selects by itself (ISO/IEC 7816-4, 8.2.1)."""
    application = (by_atr(atr, dictionaries) if atr else "") or ANY_CARD
    context = Context(0, application, "implicit", df=_first_directory(application))
    return Card(atr, (replace(context, dictionaries=dictionaries),), keys=keys)


def _first_directory(application: str) -> str:
    """The directory after power-up: the MF, where an application has its files below it (TS 102 221, 8.4.1)."""
    return files.MF_NAME if get(application).roots else ""


def assume(card: Card, application: str) -> Card:
    """The card of a capture that begins in the middle, where what follows shows which application is selected."""
    first, *others = card.channels
    df = first.df or _first_directory(application)
    first = replace(first, application=application, how="assumed", df=df)
    return replace(card, channels=(first, *others))


def before(card: Card, command: Command | None, response: Response | None = None) -> Context:
    """The context in which this command is to be understood; of an answer alone, the answer.

    That of a command under secure messaging which the caller's keys open is the one inside of it.
    """
    context = _outside(card, command, response)
    if not card.keys:
        return context
    context = replace(context, keys=card.keys)
    step = step_of(context, command, response)
    if step is None or step.opened is None or step.opened.command is None:
        return context
    inside = before(_inside(step.after, context), step.opened.command, step.opened.response)
    return replace(inside, keys=card.keys, secure=context.secure)


def _inside(state: Messaging, context: Context) -> Card:
    """The card as the commands of a channel see it; at its beginning as it was before."""
    if state.inside is not None:
        return state.inside
    return Card(None, (replace(context, secure=None),), context.listed)


def _outside(card: Card, command: Command | None, response: Response | None) -> Context:
    """The context of the command as it stands on the wire."""
    half = command or response
    if half and half.protocol != "apdu":
        return _natively(card, half.protocol)
    context = _before(card, command, response)
    is_to_card = command is not None and command.cla != READER
    if is_to_card and is_native(
        context.application
    ):  # the chip has left its own commands for APDUs
        return Context(context.channel, how="unknown", dictionaries=context.dictionaries)
    return context


def _natively(card: Card, protocol: Protocol) -> Context:
    """The context of a native command: its protocol is its application, whatever was selected."""
    context = card.channels[0]
    name = application_of(protocol)
    if context.application != name:
        context = Context(0, name, "implicit", dictionaries=context.dictionaries)
    if name == classic.USE and card.uid and context.secure is None:
        return replace(context, secure=classic.selected(card.uid))
    return context


def _before(card: Card, command: Command | None, response: Response | None) -> Context:
    number = channel_of(command.cla) if command else 0
    for context in card.channels:
        if context.channel == number:
            break
    else:
        context = Context(number, how="unknown", dictionaries=card.channels[0].dictionaries)
    if command is None:
        return context
    if command.ins == SELECT and card.listed:
        return replace(context, listed=card.listed)
    if context.application != ANY_CARD:
        return context
    claimed = claimed_by(command, context)
    if not claimed and channel.greeting_of(command, response):
        claimed = MANAGEMENT
    if not claimed:
        return context
    how: How = context.how if context.aid else "assumed"
    df = context.df or ("" if context.aid else _first_directory(claimed))
    return replace(context, application=claimed, how=how, df=df)


def after(
    card: Card, command: Command | None, response: Response | None, context: Context | None = None
) -> Card:
    """The card after this exchange (`context` held before it). A missing command may have changed anything."""
    if command is None:
        return lost(card)
    context = context or before(card, command)
    following = _after(card, command, response, context)
    step = step_of(context, command, response) if card.keys else None
    if step is None:
        return following
    state = step.after
    opened = step.opened
    if opened is not None and opened.command is not None:
        inside = after(
            _inside(state, _outside(card, command, response)),
            opened.command,
            opened.response,
            replace(context, secure=None),
        )
        listed = _security_options(inside) or state.chip.listed
        state = replace(state, inside=inside, chip=replace(state.chip, listed=listed))
    elif state.inside is not None and is_protected(command):  # whatever it was, header and all
        state = replace(state, inside=lost(state.inside))
    return _knowing(following, context.channel, state)


def _security_options(card: Card) -> bytes:
    """What a travel document says about its protocols, as far as it was just read; empty for other files."""
    for context in card.channels:
        if context.ef in _SECURITY_OPTIONS and context.content is not None:
            return files.joined(context.content)
    return b""


def _knowing(card: Card, number: int, state: Messaging) -> Card:
    """The card with what is known of secure messaging on a channel, unless GlobalPlatform has one of its own there."""
    for context in card.channels:
        if context.channel == number and isinstance(context.secure, Messaging | None):
            return _put(card, replace(context, secure=state))
    return card


def _after(card: Card, command: Command, response: Response | None, context: Context) -> Card:
    """The card after an exchange as it stands on the wire."""
    if command.protocol != "apdu":
        return _put(card, follow_of(context.application)(context, command, response))
    if command.cla == READER:  # the card never sees it (PC/SC part 3, 3.2.2)
        return _of_reader(card, context, command, response)
    if is_protected(command):
        return _put(card, _unseen(_outside(card, command, response), command, response))
    if command.ins == SELECT and is_select(command, facts_of(context)):
        return _selected(card, context, command, response)
    if command.ins == MANAGE_CHANNEL and command.cla < 0x80:
        return _manage(card, command, response)
    context = channel.follow(context, command, response)
    card = _put(card, follow_of(context.application)(context, command, response))
    return _listed(card, context, command, response)


def _unseen(context: Context, command: Command, response: Response | None) -> Context:
    """The context after a command whose data field is not in clear: what it selected or read is not known."""
    if response is not None and response.sw is not None and not accepted(response):
        return context
    if command.ins == SELECT and command.p1 in (0, 4):  # any directory, or another application
        return replace(_forget(context), application=ANY_CARD, aid="")
    if command.ins == SELECT:
        return replace(context, ef="", content=None, record_length=0)
    place = place_of(context, command)
    if place is None:
        return context
    return replace(context, ef=place.path[-1], content=None)


CARD_TYPE = 0xA4  # SELECT CARD TYPE of readers for memory cards (ACS)


def _of_reader(card: Card, context: Context, command: Command, response: Response | None) -> Card:
    """A command to the reader changes nothing but the kind of memory card that later ones are about."""
    is_chosen = command.ins == CARD_TYPE and response is not None and response.sw == 0x9000
    if not is_chosen:
        return card
    claimed = claimed_by(command, Context(dictionaries=context.dictionaries))
    if not claimed:
        return card
    return _put(card, replace(_forget(context), application=claimed, how="selected"))


def lost(card: Card) -> Card:
    """The card after damage: the last known application stays as a name, all that was known of its state goes."""
    return replace(card, channels=tuple(_forget(context) for context in card.channels))


def met(card: Card, frame: Frame) -> Card:
    """The card after a radio frame: the last one of a selection says its number (ISO/IEC 14443-3, 6.5)."""
    uid = uid_of(frame.note)
    if not uid:
        return card
    first, *others = card.channels
    if isinstance(first.secure, classic.Run):
        first = replace(first, secure=None)
    return replace(card, channels=(first, *others), uid=uid)


def noticed(card: Card, frame: Frame) -> Card:
    """The card after an event of the log: a channel was opened or closed, a file was chosen.

    The modem behind such a log chooses the channel that the class byte names, or the program does (3GPP TS 27.007,
    8.45). Whatever class byte follows, it is of that application.
    """
    if frame.note == OPENED and frame.data:
        aid = to_hex(frame.data)
        dictionaries = card.channels[0].dictionaries
        application, _ = by_aid(aid, dictionaries)
        context = Context(0, application, "selected", aid, dictionaries=dictionaries)
        context = replace(context, df=root_of(context))
    elif frame.note == CLOSED:
        context = Context(how="unknown", dictionaries=card.channels[0].dictionaries)
    elif frame.note == FILE and len(frame.data) >= 2:
        context = at_file(card.channels[0], frame.data)
    else:
        return card
    return _with(card, tuple(replace(context, channel=number) for number in range(CHANNELS)))


def _forget(context: Context) -> Context:
    return Context(
        context.channel,
        context.application,
        "unknown",
        context.aid,
        secure=_torn(context.secure),
        dictionaries=context.dictionaries,
    )


def _torn(state: Any) -> Any:
    """What is known of secure messaging after something that is missing."""
    if isinstance(state, Messaging):
        return interrupted(state)
    if isinstance(state, classic.Run):
        return None  # the next command begins anew, with the number of the card
    return channel.interrupted(state)


def _put(card: Card, context: Context) -> Card:
    """The card with this context in place of the one of its channel; the same card if nothing changed."""
    channels = card.channels
    for place, old in enumerate(channels):
        if old is context:
            return card
        if old.channel == context.channel:
            return _with(card, (*channels[:place], context, *channels[place + 1 :]))
    return _with(card, (*channels, context))


def _with(card: Card, channels: tuple[Context, ...]) -> Card:
    return replace(card, channels=channels)


def _selected(card: Card, context: Context, command: Command, response: Response | None) -> Card:
    """SELECT: by name, or of a file whose answer tells a DF name, chooses the application (7816-4, 11.1.1)."""
    if response is None or response.sw is None:
        return _put(card, _forget(context))
    if not accepted(response):
        return card
    name = name_of_application(response.data)
    if command.p1 == 4 or name:
        aid = name or to_hex(command.data)
        application = _application(card, aid, response.data, context)
        # Whoever is selected, a secure channel of GlobalPlatform ends (2.3.1, 10.2.3)
        context = replace(_forget(context), application=application, how="selected", aid=aid)
        context = replace(context, secure=None)
        context = replace(context, df=root_of(context))
    elif context.application == ANY_CARD:
        shown = by_answer(response.data, context.dictionaries)
        if shown:
            context = replace(context, application=shown)
    context = follow_of(context.application)(context, command, response)
    return _listed(_put(card, context), context, command, response)


def _application(card: Card, aid: str, data: bytes, context: Context) -> str:
    """The application behind an AID, by evidence.

    The AID's own row comes first, then what the card's answer shows, what a directory listed; a row about the
    provider alone comes last: providers have applications of many kinds.
    """
    by_row, digits = by_aid(aid, context.dictionaries)
    if digits > RID_DIGITS:
        return by_row
    shown = by_answer(data, context.dictionaries)
    if shown and shown not in get(by_row).uses:
        return shown
    for application, prefix in card.listed:
        if aid.startswith(prefix) or prefix.startswith(aid):
            return application
    return by_row


def _listed(card: Card, context: Context, command: Command, response: Response | None) -> Card:
    """The card with the AIDs that a directory of an application lists in this answer."""
    if response is None or b"\x4f" not in response.data or len(card.listed) >= MAX_LISTED:
        return card
    application = listing(context.aid, context.dictionaries) if context.aid else ""
    if not application or command.ins not in (SELECT, READ_RECORD):
        return card
    aids = [
        (application, to_hex(response.data[body:stop]))
        for tag, _, _, body, stop, error in tlv.scan(response.data)
        if tag == "4F" and not error and stop - body >= 5
    ]
    listed = dict.fromkeys((*card.listed, *aids))
    return replace(card, listed=tuple(listed)[:MAX_LISTED])


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
        return _with(card, tuple(c for c in card.channels if c.channel != number))
    forgotten = [_forget(c) if c.channel == number else c for c in card.channels]
    return _with(card, tuple(forgotten))


def _open(card: Card, origin: Context, command: Command, response: Response | None) -> Card:
    """A channel opened from the basic one starts as after a reset, from another one with what that has selected."""
    answered = response is not None and bool(response.sw)
    assigned = 0
    if response and response.sw and len(response.data) == 1:
        assigned = response.data[0]
    number = command.p2 or assigned
    if not 0 < number < CHANNELS:
        return card
    if answered and origin.channel:
        return _put(card, replace(origin, channel=number, secure=None))
    how: How = "implicit" if answered else "unknown"
    return _put(card, Context(number, how=how, dictionaries=origin.dictionaries))
