# SPDX-License-Identifier: MIT
"""Rules about the toolkit: what the card does with the phone while its user sees nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from ...acts.telecom.toolkit import Objects, halves, is_of_toolkit, objects_of
from ...apps.messages import ENVELOPE, FETCH
from ...core.model import Exchange, Node, record
from ..chips.dialogue import bytes_of
from ..engine import Case, Results, fails_if, rule, whole_half
from ..sources import ADAPTIVE19
from .codes import TELECOM

CAT = "ETSI TS 102 223, 6.4, 6.5.4"
DETAILS, ALPHA = 0x01, 0x05  # tags without the bit for comprehension
SEND_MESSAGE, LOCATION = 0x13, 0x26
# Commands that spend money, reach out or open something (TS 102 223, 9.4)
REACHING_OUT = {
    0x10: "SET UP CALL",
    0x11: "SEND SS",
    0x12: "SEND USSD",
    SEND_MESSAGE: "SEND SHORT MESSAGE",
    0x15: "LAUNCH BROWSER",
    0x40: "OPEN CHANNEL",
}
# Commands that a user sees: GET INKEY, GET INPUT, SELECT ITEM, SET UP MENU, DISPLAY TEXT
SHOWN = (0x21, 0x22, 0x23, 0x24, 0x25)
DOWNLOAD = "D1"


@record
class Asked:
    """A command of the card to the phone: its type, and the text for the user; None where the card gives none."""

    exchange: Exchange
    half: Node
    type: int
    alpha: Node | None

    @property
    def is_silent(self) -> bool:
        """Whether the card asks that nothing is shown: a text that is there and empty (TS 102 223, 6.4)."""
        return self.alpha is not None and not self.alpha.value


@record
class Chain:
    """A message for the card and what the card asked of the phone before something else was reported."""

    message: Exchange
    asked: list[Asked] = field(default_factory=list)


def _asked(exchange: Exchange) -> Asked | None:
    """What the card asks in the answer to FETCH."""
    _, half = halves(exchange)
    objects: Objects = objects_of(half)
    details, alphas = objects.get(DETAILS), objects.get(ALPHA)
    if half is None or not details or len(details[0].value) < 2:
        return None
    alpha = alphas[0] if alphas else None
    return Asked(exchange, half, details[0].value[1], alpha)


def _of_toolkit(case: Case) -> Iterator[Exchange]:
    for exchange in case.exchanges:
        if exchange.context.application == TELECOM and is_of_toolkit(exchange):
            yield exchange


def _is_fetch(exchange: Exchange) -> bool:
    return exchange.command is not None and exchange.command.ins == FETCH


@rule("S13", "medium", "the SIM reaches out and the user sees nothing", CAT)
def silent_command(case: Case) -> Results:
    """The card makes the phone call, send or open something with an empty text for the user: the phone shows nothing.
    Do: usual for the operator's own reports and downloads; ask the operator what else it is.
    """
    for exchange in filter(_is_fetch, _of_toolkit(case)):
        asked = _asked(exchange)
        if asked is None or asked.alpha is None:
            continue  # without a text the phone decides what it shows
        name = REACHING_OUT.get(asked.type)
        if name:
            detail = f"{name} with a text for the user"
            if asked.is_silent:
                detail = f"{name} with an empty text"
            place = bytes_of(exchange, "response", asked.alpha)
            yield fails_if(asked.is_silent, detail, place)


@rule("S12", "critical", "a message makes the SIM tell where the phone is", ADAPTIVE19, counts=True)
def locating_message(case: Case) -> Results:
    """After a message for the card, the card asked where the phone is and sent a message of its own, and the user was
    shown nothing: this is what Simjacker does. Do: find out who sent the message; ask the operator to filter such
    messages and to protect the application that took it.
    """
    for chain in _chains(case):
        kinds = [asked.type for asked in chain.asked]
        senders = [asked for asked in chain.asked if asked.type == SEND_MESSAGE]
        is_seen = any(kind in SHOWN for kind in kinds) or any(map(_has_text, senders))
        is_locating = LOCATION in kinds and bool(senders)
        detail = f"{len(kinds)} commands of the card after a message"
        if is_locating:
            detail += ", it asked for the location and sent a message"
            if is_seen:
                detail += ", and the user saw it"
        places = [whole_half(asked.exchange, "response") for asked in chain.asked[:10]]
        yield fails_if(is_locating and not is_seen, detail, *places, whole_half(chain.message))


def _has_text(asked: Asked) -> bool:
    return asked.alpha is not None and bool(asked.alpha.value)


def _chains(case: Case) -> Iterator[Chain]:
    """What a card asked after each message for it, where it asked anything."""
    chains: dict[tuple[int, int], Chain] = {}
    ended: list[Chain] = []
    for exchange in _of_toolkit(case):
        lane = (exchange.session, exchange.context.channel)
        if exchange.command and exchange.command.ins == ENVELOPE:
            if lane in chains:
                ended.append(chains.pop(lane))
            half, _ = halves(exchange)
            if half is not None and half.find(DOWNLOAD) is not None:
                chains[lane] = Chain(exchange)
        elif _is_fetch(exchange) and lane in chains:
            asked = _asked(exchange)
            if asked is not None:
                chains[lane].asked.append(asked)
    for chain in (*ended, *chains.values()):
        if chain.asked:
            yield chain
