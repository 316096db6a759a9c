# SPDX-License-Identifier: MIT
"""What rules about chips ask of an exchange: whether the chip did it, what a field says, who proved a key to whom."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from ...apps import desfire, facts_of
from ...apps.instructions import READER, accepted
from ...core.apdu import data_start
from ...core.model import Evidence, Exchange, Node, Session, Side, record
from ...core.notices import uid_of
from ...crypto.challenge import Cipher
from ...road.meaning import halves
from ..engine import Case, whole_half

DONE_BY_READER = 0x90  # first byte of the status word; memory cards tell their tries in the second
AES_BLOCK = 16
_MORE = b"\xaf"  # before a challenge of Ultralight C
_ULTRALIGHT_AUTHENTICATE, _ULTRALIGHT_PROOF = 0x1A, 0xAF
_CIPHERS: dict[int, Cipher] = {
    0x0A: "native DES",
    0x1A: "DES",
    0xAA: "AES",
    0x71: "AES",
    0x77: "AES",
}


def done(exchange: Exchange) -> bool:
    """Whether the card did what it was asked; rows know the status words that only look like success."""
    command, response = exchange.command, exchange.response
    if command is None or response is None or response.error or not accepted(response):
        return False
    if response.sw is None:
        return True
    if command.cla == READER and response.sw >> 8 != DONE_BY_READER:
        return False  # 63XX, elsewhere a warning, says here that it failed (PC/SC part 3, 3.2.2.1)
    return not facts_of(exchange.context).refuses(response.sw, command.ins)


def code_of(exchange: Exchange) -> tuple[str, int]:
    """Protocol and code of a command; that of a DESFire is its own, wrapped in an APDU or not. "" for other APDUs."""
    command = exchange.command
    if command is None:
        return "", -1
    if is_desfire(exchange):
        return "desfire", command.ins
    if command.protocol == "apdu":
        return "", -1
    return command.protocol, command.code


def is_desfire(exchange: Exchange) -> bool:
    """Whether this is a command of a DESFire, native or wrapped."""
    command = exchange.command
    if command is None or command.cla != desfire.CLASS:
        return False
    return command.protocol == "desfire" or exchange.context.application in desfire.APPLICATIONS


def begun_by(exchange: Exchange) -> int:
    """The code of the DESFire command that an ADDITIONAL FRAME goes on with; of others, their own."""
    command, state = exchange.command, exchange.context.state
    if command is None:
        return -1
    if command.ins == desfire.MORE and isinstance(state, desfire.State):
        return state.command
    return command.ins


def is_secured(exchange: Exchange) -> bool:
    """Whether an authentication of a DESFire holds when the command is sent."""
    state = exchange.context.state
    return isinstance(state, desfire.State) and state.secured


def fields(exchange: Exchange, side: Side) -> dict[str, Node]:
    """The nodes of a half by name, the first of each."""
    nodes: dict[str, Node] = {}
    for half, root in halves(exchange):
        if half != side:
            continue
        for _, node in root.walk():
            if not node.error:
                nodes.setdefault(node.name, node)
    return nodes


def bytes_of(exchange: Exchange, side: Side, *nodes: Node) -> Evidence:
    """The bytes of some nodes of a half, from the first to the last."""
    start = min(node.start for node in nodes)
    stop = max(node.stop for node in nodes)
    return Evidence(exchange.index, side, start, stop)


def data_of(exchange: Exchange) -> Evidence:
    """The data of a command."""
    command = exchange.command
    if command is None or not command.data:
        return whole_half(exchange)
    start = len(command.raw) - len(command.data)
    if command.protocol == "apdu":
        start = data_start(command)
    return Evidence(exchange.index, "command", start, start + len(command.data))


def numbers_of_cards(case: Case) -> dict[int, bytes]:
    """For each exchange over the air the number of the card that was selected last before it, where that is seen."""
    numbers: dict[int, bytes] = {}
    selected = {session.index: deque(_selections(session)) for session in case.sessions}
    for exchange in case.exchanges:
        if not exchange.frames:
            continue
        in_session = selected.get(exchange.session, deque())
        while len(in_session) > 1 and in_session[1][0] < exchange.frames[0].index:
            in_session.popleft()
        if in_session and in_session[0][0] < exchange.frames[0].index:
            numbers[exchange.index] = in_session[0][1]
    return numbers


def _selections(session: Session) -> Iterator[tuple[int, bytes]]:
    """Where in the file a card was selected, and its number."""
    for frame in session.frames:
        uid = uid_of(frame.note)
        if uid:
            yield frame.index, uid


@record
class Authentication:
    """A mutual authentication: whose chip, with which cipher, its two exchanges, and what was sent in them."""

    family: str
    cipher: Cipher
    asked: Exchange
    proved: Exchange
    challenge: bytes
    answer: bytes


def authentications(case: Case) -> Iterator[Authentication]:
    """The authentications of DESFire and Ultralight C that the chip accepted."""
    asked: Exchange | None = None
    for exchange in case.exchanges:
        if _is_challenge(exchange):
            asked = exchange
            continue
        if asked is not None and asked.session == exchange.session and done(exchange):
            proof = _proof(asked, exchange)
            if proof:
                yield proof
        asked = None


def _is_challenge(exchange: Exchange) -> bool:
    protocol, code = code_of(exchange)
    if protocol == "desfire":
        return code in _CIPHERS and done(exchange)
    return (protocol, code) == ("ultralight", _ULTRALIGHT_AUTHENTICATE) and done(exchange)


def _proof(asked: Exchange, exchange: Exchange) -> Authentication | None:
    """The authentication that two exchanges in a row are; None where the second is something else."""
    first, second, response = asked.command, exchange.command, asked.response
    if first is None or second is None or response is None:
        return None
    protocol, code = code_of(asked)
    if code_of(exchange) != (protocol, _ULTRALIGHT_PROOF):
        return None
    challenge = response.data
    cipher: Cipher = "DES"
    if protocol == "desfire":
        cipher = _CIPHERS[code]
    elif challenge.startswith(_MORE):
        challenge = challenge[1:]
        if len(challenge) == AES_BLOCK:  # Ultralight AES
            cipher = "AES"
    if len(challenge) not in (8, 16) or len(second.data) != 2 * len(challenge):
        return None
    return Authentication(protocol, cipher, asked, exchange, challenge, second.data)
