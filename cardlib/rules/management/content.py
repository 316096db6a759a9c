# SPDX-License-Identifier: MIT
"""Rules about what card management writes: keys, check values, data of a personalisation, life cycle, code."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from ...apps import dgi
from ...apps.put_key import Sent, keys_sent
from ...apps.put_key import check_value as check_value_of
from ...core.model import Command, Evidence, Exchange, Node, record
from ...crypto import blocks
from ...crypto.channels import enciphers
from ...road.meaning import tree
from ..engine import (
    Case,
    Cases,
    Result,
    Results,
    fails_if,
    only,
    rule,
    series_rule,
    whole_half,
)
from ..joining import joined_by
from .steps import (
    CPS,
    DONE,
    GET_DATA,
    GET_STATUS,
    GP,
    INSTALL,
    LOAD,
    PUT_KEY,
    SET_STATUS,
    STORE_DATA,
    Step,
    steps,
)

OPEN_STATES = {0x01: "OP_READY", 0x07: "INITIALIZED"}
STATES = {**OPEN_STATES, 0x0F: "SECURED", 0x7F: "CARD_LOCKED", 0xFF: "TERMINATED"}
OF_THE_CARD = 0x80  # P1 of GET STATUS and SET STATUS
FOR_LOAD = 0x02  # P1 of INSTALL
LAST, UNDER_A_KEY, STRUCTURE = 0x80, 0x60, 0x18  # P1 of STORE DATA
PRODUCTION_DATA = (0x9F, 0x7F)
DEFAULT_NAMES = ("A000000151000000", "A000000003000000")
_KEYS, _CHECK_VALUES = "8000", "9000"
_KEY_SIZE, _KCV_SIZE = 16, 3
Hole = tuple[int, str]  # an exchange that is not whole, and why


@record
class Stored:
    """A data grouping that was stored, its value in clear as far as that is known."""

    step: Step
    identifier: str
    value: bytes
    is_under_a_key: bool


def stored(case: Case) -> Iterator[Stored]:
    """The data groupings of STORE DATA that can be read, in order."""
    for step in steps(case, STORE_DATA):
        plain = step.plain
        if plain is None or not _has_groupings(plain):
            continue
        for part in dgi.groupings(plain.data, 0, len(plain.data)):
            value = plain.data[part.body : part.stop]
            is_under_a_key = bool(plain.p1 & UNDER_A_KEY)
            yield Stored(step, part.identifier, value, is_under_a_key)


def _has_groupings(command: Command) -> bool:
    """Whether P1 says that data groupings follow, or says nothing and they do."""
    structure = command.p1 & STRUCTURE
    if structure == 0:
        return dgi.is_tiled(command.data, 0, len(command.data))
    return structure == 0x08


@rule("G03", "critical", "PUT KEY carries a key in clear", f"{GP}, 11.8.2.3 and B.6")
def clear_key(case: Case) -> Results:
    """The check value beside a new key is that of the bytes as they were sent. So these are the key itself, not the key
    under the data encryption key: whoever listens has it. Do: put another key, enciphered; see where else it is used.
    """
    for step, sent in _keys_put(case):
        if sent.kcv is None or not sent.kcv.value:
            continue
        detail = f"key of type {sent.type:02X}"
        yield fails_if(sent.is_clear, detail, whole_half(step.exchange))


def _keys_put(case: Case) -> Iterator[tuple[Step, Sent]]:
    """The keys of PUT KEY."""
    for step in steps(case, PUT_KEY):
        for sent in _keys_of(step):
            yield step, sent


def _keys_of(step: Step) -> list[Sent]:
    """The keys of one PUT KEY, from its nodes; none where it is not in clear."""
    if step.plain is None:
        return []
    for _, node in tree(step.exchange).walk():
        if node.name == "PUT KEY":
            return list(keys_sent((node,)))
    return []


@rule("G07", "medium", "the life cycle of the card is left open", f"{GP}, 5.1")
def left_open(case: Case) -> Results:
    """The last state of the card that the capture shows is OP_READY or INITIALIZED: a card in the field must be
    SECURED, else its security policy does not hold. Do: set the state with SET STATUS when all is written.
    """
    last: tuple[int, Evidence] | None = None
    for step in steps(case, GET_STATUS, SET_STATUS):
        state = _state(step)
        if state is not None:
            last = state
    only(last)
    if last is not None:
        state_byte, place = last
        detail = f"at the end {STATES.get(state_byte, f'{state_byte:02X}')}"
        yield fails_if(state_byte in OPEN_STATES, detail, place)


def _state(step: Step) -> tuple[int, Evidence] | None:
    """The state of the card that a command set or told, and where it stands."""
    if step.command.p1 != OF_THE_CARD or step.response.sw != DONE:
        return None
    index = step.exchange.index
    if step.command.ins == SET_STATUS:
        return step.command.p2, Evidence(index, "command", 3, 4)
    for half in tree(step.exchange).children:
        for _, node in half.walk():
            if half.name == "response" and (node.tag == "9F70" or node.name == "life cycle"):
                if len(node.value) == 1:
                    place = Evidence(index, "response", 0, len(step.response.raw))
                    return node.value[0], place
    return None


@rule("G08", "low", "the serial number of the chip can be read by radio", f"{GP}, H.6")
def production_data(case: Case) -> Results:
    """GET DATA 9F7F gives the production data with the chip's serial number without any authentication: anyone with a
    reader nearby can recognise the card. Do: ask whether the card can hide them over the air.
    """
    interfaces = {session.index: session.interface for session in case.sessions}
    for step in steps(case, GET_DATA):
        if (step.command.p1, step.command.p2) != PRODUCTION_DATA or step.response.sw != DONE:
            continue
        interface = interfaces.get(step.exchange.session, "unknown")
        if interface == "unknown":
            continue
        is_by_radio = interface == "contactless"
        yield fails_if(is_by_radio, f"read, {interface}", whole_half(step.exchange, "response"))


@rule("G11", "low", "code is loaded without hash and token", f"{GP}, 11.5.2.3.1; C")
def nothing_signed(case: Case) -> Results:
    """INSTALL [for load] has neither the hash of the load file nor a token: whoever has the keys of the channel can
    load any code. Do: where several may load, use DAP verification or tokens.
    """
    for step in steps(case, INSTALL):
        plain = step.plain
        if plain is None or plain.p1 & FOR_LOAD == 0:
            continue
        fields = _length_values(plain.data)
        if len(fields) != 5:
            continue
        _, _, hashed, _, token = fields
        has_proof = bool(hashed or token)
        detail = f"hash of {len(hashed)} bytes, token of {len(token)}"
        yield fails_if(not has_proof, detail, whole_half(step.exchange))


def _length_values(data: bytes) -> list[bytes]:
    """The values behind their lengths, as far as they are whole."""
    fields = []
    place = 0
    while place < len(data):
        stop = place + 1 + data[place]
        if stop > len(data):
            break
        fields.append(data[place + 1 : stop])
        place = stop
    return fields


def secrets_of(case: Case) -> Iterator[bytes]:
    """The application keys that were stored, where they can be read."""
    for item in stored(case):
        secret = _secret(item)
        if secret is not None:
            yield item.identifier.encode() + secret


@series_rule(
    "G12",
    "high",
    "two cards got the same secret",
    f"{CPS}, 3.2; EMV 4.4 Book 2, A1.4",
    "your keys, several cards",
)
@joined_by(secrets_of)
def same_secret(cases: Cases) -> Results:
    """The same application keys were written into cards with different diversification data: one cloned card speaks for
    all of them. Do: recall the cards; look for the step of the personalisation that used its data twice.
    """
    seen: dict[tuple[str, bytes], set[bytes]] = {}
    places: dict[tuple[str, bytes], Evidence] = {}
    for case in cases:
        for item in stored(case):
            secret = _secret(item)
            if secret is None or item.step.channel is None:
                continue
            key = (item.identifier, secret)
            seen.setdefault(key, set()).add(item.step.channel.greeting.card_data)
            places[key] = whole_half(item.step.exchange, "command", case.file)
    cards = {card for group in seen.values() for card in group}
    only(len(cards) > 1)
    for key, group in seen.items():
        detail = f"data grouping {key[0]} of {len(group)} of {len(cards)} cards"
        yield fails_if(len(group) > 1, detail, places[key])


def _secret(item: Stored) -> bytes | None:
    """The keys of a data grouping in clear; None where it holds none, or they are not known."""
    if not dgi.is_secret(item.identifier) or item.identifier == "8010":
        return None
    if not item.is_under_a_key:
        return item.value
    channel = item.step.channel
    if channel is None:
        return None
    return dgi.deciphered(channel.session, item.value)


@rule(
    "G13", "critical", "secrets of a personalisation in clear", f"{CPS}, 3.2 and 5; {GP}, 11.11.2.2"
)
def secrets_in_clear(case: Case) -> Results:
    """Keys or a PIN were stored in a data grouping that is not marked as enciphered: they are readable on the wire, or,
    where the channel enciphers commands, in every machine on the way. Do: encipher them with the data encryption key.
    """
    for item in stored(case):
        if not dgi.is_secret(item.identifier):
            continue
        level = 0
        if item.step.channel is not None:
            level = item.step.channel.level or 0
        place = whole_half(item.step.exchange)
        if item.is_under_a_key:
            yield fails_if(False, f"data grouping {item.identifier} is enciphered", place)
        elif enciphers(level):
            detail = f"data grouping {item.identifier}, enciphered by the channel alone"
            yield fails_if(True, detail, place, severity="medium")
        else:
            yield fails_if(True, f"data grouping {item.identifier}", place)


@rule("G14", "high", "a check value is wrong", f"{GP}, 11.8.3 and B.6; {CPS}, A.5", "keys that fit")
def check_values(case: Case) -> Results:
    """The check value of a key is not the one that the key has, or the card answers with another one than was sent: one
    side has another key. Do: stop; do not hand out the card before both sides agree.
    """
    for step, sent in _keys_put(case):
        yield from _of_a_new_key(step, sent)
    for step in steps(case, PUT_KEY):
        yield from _of_the_answer(step)
    yield from _of_groupings(case)


def _of_a_new_key(step: Step, sent: Sent) -> Results:
    """The check value of PUT KEY, where the key can be deciphered."""
    session = step.channel.session if step.channel else None
    key = dgi.deciphered(session, sent.value.value)
    if key is None or sent.kcv is None or not sent.kcv.value or sent.is_clear:
        return
    computed = check_value_of(sent.type, key[: sent.size])
    if computed:
        detail = f"PUT KEY: type {sent.type:02X}"
        yield fails_if(computed != sent.kcv.value, detail, whole_half(step.exchange))


def _of_the_answer(step: Step) -> Results:
    """The check values that the card answers to PUT KEY, beside those that were sent."""
    sent = [key.kcv.value for key in _keys_of(step) if key.kcv]
    answered = [node.value for node in _answered(step)]
    if sent and len(sent) == len(answered) and all(sent):
        detail = "the card answers the check values that were sent"
        differs = sent != answered
        if differs:
            detail = "the card answers other check values than were sent"
        yield fails_if(differs, detail, whole_half(step.exchange, "response"))


def _answered(step: Step) -> Iterator[Node]:
    for half in tree(step.exchange).children:
        if half.name == "response":
            for _, node in half.walk():
                if node.name == "KCV":
                    yield node


def _of_groupings(case: Case) -> Results:
    """The check values of DGI 9000 beside the keys of DGI 8000 that came before."""
    keys = b""
    for item in stored(case):
        if item.identifier == _KEYS:
            keys = _secret(item) or b""
        elif item.identifier == _CHECK_VALUES and keys:
            computed = b"".join(
                blocks.kcv(keys[place : place + _KEY_SIZE])
                for place in range(0, len(keys) - _KEY_SIZE + 1, _KEY_SIZE)
            )
            size = min(len(computed), len(item.value)) // _KCV_SIZE * _KCV_SIZE
            if not size:
                continue
            detail = f"data grouping {_CHECK_VALUES} beside {_KEYS}"
            differs = computed[:size] != item.value[:size]
            yield fails_if(differs, detail, whole_half(item.step.exchange))


@rule("G16", "info", "the security domain has its default name", f"{GP}, F and 5.7")
def default_name(case: Case) -> Results:
    """The issuer security domain answers to the name that it has from the factory: tools find it at once. Do: nothing,
    if the keys are the card's own; a name of the issuer's own hides it from the simplest tools.
    """
    names: dict[str, Exchange] = {}
    for step in steps(case, GET_DATA, GET_STATUS, STORE_DATA):
        names.setdefault(step.exchange.context.aid, step.exchange)
    for name, exchange in names.items():
        if name:
            yield fails_if(name in DEFAULT_NAMES, f"name {name}", whole_half(exchange))


@rule("G17", "low", "a load or a personalisation was not finished", f"{GP}, 11.6.2.1 and 11.11.2.1")
def unfinished(case: Case) -> Results:
    """The last block of LOAD or STORE DATA never came: the card waits for it, and may keep half of an application. Do:
    find out why the host stopped; delete what is half loaded.
    """
    damage = case.hole(())
    holes = _holes(case)
    blocks_of = steps(case, LOAD, STORE_DATA)
    runs = groupby(blocks_of, key=lambda step: (step.exchange.session, step.command.ins))
    for (session, ins), run in runs:
        *_, last = run
        name = "LOAD" if ins == LOAD else "STORE DATA"
        detail = f"{name}, block {last.command.p2}"
        is_finished = bool(last.command.p1 & LAST)
        hole = damage or _first_behind(holes.get(session, []), last.exchange.index)
        if hole and not is_finished:
            reason = f"{detail}: the last block may be hidden: {hole}"
            yield Result("not-enough-data", reason)
        else:
            yield fails_if(not is_finished, detail, whole_half(last.exchange))


def _holes(case: Case) -> dict[int, list[Hole]]:
    """The exchanges of each session that are not whole, in order."""
    holes: dict[int, list[Hole]] = {}
    for exchange in case.exchanges:
        if exchange.index in case.broken:
            hole = exchange.index, case.broken[exchange.index]
            holes.setdefault(exchange.session, []).append(hole)
    return holes


def _first_behind(holes: list[Hole], index: int) -> str:
    """Why the first of these behind an exchange is not whole; empty without one."""
    place = bisect_right(holes, index, key=itemgetter(0))
    if place == len(holes):
        return ""
    _, reason = holes[place]
    return reason
