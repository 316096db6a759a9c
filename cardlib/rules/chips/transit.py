# SPDX-License-Identifier: MIT
"""Rules about transport cards: FeliCa without a key, histories that do not add up, sessions of Calypso."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ...apps.files import (
    APPEND_RECORD,
    READ_RECORD,
    UPDATE_BINARY,
    UPDATE_RECORD,
    place_of,
    short_name,
)
from ...apps.instructions import SELECT
from ...core.model import Command, Evidence, Exchange, Node, record
from ...road.meaning import halves
from ..engine import Case, Missing, Results, enough, fails_if, rule, whole_half
from .dialogue import bytes_of, code_of, data_of, done

WRITE_WITHOUT_ENCRYPTION = 0x08
CALYPSO = "calypso"
OPEN_SESSION, CLOSE_SESSION = 0x8A, 0x8E
BY_NAME = 4  # P1 of SELECT
DECREASE, INCREASE, WRITE_RECORD, WRITE_BINARY = 0x30, 0x32, 0xD2, 0xD0
CHANGES = (
    APPEND_RECORD,
    UPDATE_RECORD,
    WRITE_RECORD,
    UPDATE_BINARY,
    WRITE_BINARY,
    DECREASE,
    INCREASE,
)
EVENT_LOG = short_name(8)
CHALLENGES = (4, 8)  # bytes of a terminal's challenge, of a regular and an extended session
# How the rows of the history call it, its fields, and what takes money off.
HISTORY, PROCESS, BALANCE, SERIAL = "History", "process", "balance", "serial"
SPENDING = ("fare at a gate", "purchase")
_KEYPLE = "Calypso specification (second hand: Keyple)"


@rule("M31", "medium", "a FeliCa card is written without a key", "JIS X 6319-4")
def written_without_encryption(case: Case) -> Results:
    """A block of a FeliCa card was written without any key: anyone nearby can write it, too. Do: usual for NDEF while
    tags are made; services that hold money must ask for a key.
    """
    for exchange in case.exchanges:
        if code_of(exchange) != ("felica", WRITE_WITHOUT_ENCRYPTION) or exchange.response is None:
            continue
        is_written = done(exchange)
        detail = "the card refuses"
        if is_written:
            detail = "written, no key asked for"
        yield fails_if(is_written, detail, whole_half(exchange))


@record
class Entry:
    """A record of a history: what it says, and where."""

    serial: int
    process: str
    balance: int
    place: Evidence


@rule("M32", "high", "the history of a card does not add up", "public readers of transport cards")
def history_arithmetic(case: Case) -> Results:
    """From one record of the card to the next the balance rises, although the later record takes money off: the
    history was written by somebody, or something answers in place of the card. Do: compare with the operator's records.
    """
    for entries in _histories(case).values():
        for older, newer in pairwise(entries):
            is_next = newer.serial == older.serial + 1
            if is_next and newer.process in SPENDING:
                detail = f"{older.balance}, then {newer.balance} after {newer.process}"
                yield fails_if(newer.balance > older.balance, detail, older.place, newer.place)


def _histories(case: Case) -> dict[int, list[Entry]]:
    """The records that were read in each session, by their number; one that was read again as it was last."""
    sessions: dict[int, dict[int, Entry]] = {}
    for exchange in case.exchanges:
        for entry in _entries(exchange):
            sessions.setdefault(exchange.session, {})[entry.serial] = entry
    return {
        session: [entries[serial] for serial in sorted(entries)]
        for session, entries in sessions.items()
    }


def _entries(exchange: Exchange) -> Iterator[Entry]:
    if exchange.protocol != "felica" or not done(exchange):
        return
    for side, root in halves(exchange):
        for _, node in root.walk():
            if side == "response" and node.name == HISTORY:
                yield from _entry(exchange, node)


def _entry(exchange: Exchange, node: Node) -> Iterator[Entry]:
    """The record in a node; nothing where a field is missing or damaged."""
    fields = {part.name: part for _, part in node.walk() if not part.error}
    if all(name in fields for name in (PROCESS, BALANCE, SERIAL)):
        serial = int.from_bytes(fields[SERIAL].value)
        balance = int.from_bytes(fields[BALANCE].value, "little")
        place = bytes_of(exchange, "response", node)
        yield Entry(serial, fields[PROCESS].text, balance, place)


def _of_calypso(case: Case) -> list[Exchange]:
    return [exchange for exchange in case.exchanges if exchange.context.application == CALYPSO]


def _with_sessions(case: Case) -> Iterator[tuple[Exchange, Command, bool | None]]:
    """What Calypso cards did, and whether a secure session was open; None where the capture does not say."""
    if not _of_calypso(case):
        return
    is_damaged = bool(case.hole(()))
    is_open: dict[int, bool] = {}
    for exchange in case.exchanges:
        command, session = exchange.command, exchange.session
        if command is None or exchange.index in case.broken:
            is_open.pop(session, None)
            continue
        if not done(exchange):
            continue
        if command.ins == SELECT and command.p1 == BY_NAME:
            is_open[session] = False
        if exchange.context.application != CALYPSO:
            continue
        if command.ins in (OPEN_SESSION, CLOSE_SESSION):
            is_open[session] = command.ins == OPEN_SESSION
        if is_damaged:
            is_open.clear()
        yield exchange, command, is_open.get(session)


@rule("M33", "medium", "a Calypso file is changed outside a secure session", _KEYPLE)
def change_without_session(case: Case) -> Results:
    """A record or counter was changed while no secure session was open: neither card nor terminal proved a key, so
    anyone can do the same. Do: require a session for the file.
    """
    for exchange, command, is_open in _with_sessions(case):
        if command.ins in CHANGES:
            if is_open is None:
                raise Missing("what came before the change is not in this capture")
            detail = "changed in a session" if is_open else "changed, no session open"
            yield fails_if(not is_open, detail, whole_half(exchange))


@rule("M34", "high", "the challenge of a Calypso terminal comes again", _KEYPLE, counts=True)
def repeated_challenge(case: Case) -> Results:
    """Two secure sessions were opened with the same challenge: the terminal cannot tell a card from a recording of its
    earlier answers. Do: repair the random numbers of the terminal's module.
    """
    places: dict[bytes, list[Evidence]] = {}
    count = 0
    for exchange in _of_calypso(case):
        command = exchange.command
        if command is None or command.ins != OPEN_SESSION or not done(exchange):
            continue
        challenge = command.data[-8:] if len(command.data) > 8 else command.data
        if len(challenge) in CHALLENGES:
            count += 1
            places.setdefault(challenge, []).append(data_of(exchange))
    enough(range(count), 2, "sessions with a challenge")
    repeated = [shown for shown in places.values() if len(shown) > 1]
    detail = f"{count} sessions, {len(places)} different challenges"
    shown = repeated[0] if repeated else [places_[0] for places_ in places.values()]
    yield fails_if(repeated, detail, *shown[:10])


@rule("M13", "low", "the journeys of a Calypso card are read without a key", _KEYPLE)
def readable_journeys(case: Case) -> Results:
    """The event log was read while no secure session was open: anyone with a phone can see where its holder went. Do:
    usual; know it.
    """
    for exchange, command, is_open in _with_sessions(case):
        if command.ins != READ_RECORD:
            continue
        place = place_of(exchange.context, command)
        if place and place.path[-1] == EVENT_LOG:
            if is_open is None:
                raise Missing("what came before the reading is not in this capture")
            detail = "read in a session" if is_open else "read, no session open"
            yield fails_if(not is_open, detail, whole_half(exchange, "response"))
