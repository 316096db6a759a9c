# SPDX-License-Identifier: MIT
"""Secure messaging of MIFARE DESFire behind an authentication: which key began it, what it makes of each command.

The keys that are tried are those of the caller, then those that are published. EV1 checks the MAC of every answer and
moves its initial value on with every command, so one part that is missing ends it (NXP MF3ICDx21_41_81 data sheet, 9).
EV2 has a MAC where the file asks for one (NXP AN12343, 6). That of the first DESFire (0A) is not computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from functools import lru_cache

from ..core.errors import NotVerifiable
from ..core.model import record
from ..crypto.blocks import MissingPackage
from ..crypto.defaults import published
from ..crypto.desfire import (
    BLOCK,
    CRC_SIZE,
    MAC_SIZE,
    Cipher,
    Ev1,
    Ev2,
    Session,
    crc32,
    ev1_session,
    ev2_session,
)
from ..crypto.keyring import Key
from ..crypto.messaging import NO_MAC, VERIFIED, WRONG_MAC, WRONG_PADDING

ISO, AES, EV2_FIRST, EV2_NEXT = 0x1A, 0xAA, 0x71, 0x77
_CIPHERS: dict[int, Cipher] = {ISO: "DES", AES: "AES"}
CHANGE_KEY, CHANGE_KEY_EV2, GET_CARD_UID, GET_VALUE = 0xC4, 0xC6, 0x51, 0x6C
_READS = (0xBD, 0xAD)
_CHECKED = "check sum in the cryptogram verified"
_OK = b"\0"
_LENGTH = 3  # bytes, the lowest first
_UNKNOWN = -1


@record
class Shape:
    """What stands behind the code of a command: a header that is never enciphered, then a payload.

    length_at: where in the header the size of the payload stands; payload: its size where that is always the same.
    """

    header: int
    length_at: int = _UNKNOWN
    payload: int = _UNKNOWN


_SHAPES = {
    0x3D: Shape(7, length_at=4),
    0x8D: Shape(7, length_at=4),
    0x3B: Shape(7, length_at=4),
    0x8B: Shape(7, length_at=4),
    0xDB: Shape(10, length_at=7),
    0x0C: Shape(1, payload=4),
    0x1C: Shape(1, payload=4),
    0xDC: Shape(1, payload=4),
    0x5F: Shape(1),
    0x54: Shape(0),
    0x5C: Shape(1),
    CHANGE_KEY: Shape(1),
    CHANGE_KEY_EV2: Shape(2),
    **{code: Shape(7, payload=0) for code in (*_READS, 0xBB, 0xAB)},
    **{code: Shape(1, payload=0) for code in (GET_VALUE, 0xF5, 0x64, 0xEB, 0xDF)},
    **{code: Shape(0, payload=0) for code in (GET_CARD_UID, 0x6F, 0x61, 0x6A, 0x45, 0x6E, 0x60)},
}


@record
class Half:
    """What the keys say of a command or an answer.

    mac: so many bytes at its end are a MAC; header: where the cryptogram begins, counted behind the code; plain: what
    is in the cryptogram, with check sum and padding behind the first `size` bytes.
    """

    note: str = ""
    error: str = ""
    mac: int = 0
    header: int = 0
    plain: bytes | None = field(default=None, repr=False)
    size: int = 0


NOTHING = Half()


@record
class Match:
    """The session that a key began, none where no key makes the proofs; `tried`: so many keys of the caller."""

    session: Session | None = field(default=None, repr=False)
    name: str = ""
    tried: int = 0


@record
class Proof:
    """An authentication as it was sent: its code, the number of the key, the three enciphered values."""

    code: int
    number: int
    challenge: bytes
    sent: bytes
    answered: bytes


@lru_cache(maxsize=256)
def matched(proof: Proof, keys: tuple[Key, ...], before: Session | None) -> Match:
    """The session that an authentication begins, by the first key that makes all of it."""
    tried = 0
    for value, name, is_given in _candidates(keys, proof.number):
        tried += is_given
        try:
            session = _session(proof, value, before)
        except MissingPackage:
            return Match()
        except NotVerifiable:
            continue
        if session is not None:
            return Match(session, name, tried)
    return Match(tried=tried)


def _candidates(keys: tuple[Key, ...], number: int) -> Iterator[tuple[bytes, str, bool]]:
    """Values, what they are called, and whether they are the caller's."""
    for key in keys:
        if key.use == "desfire" and key.index in ("", f"{number:02X}"):
            yield key.value, key.note or "the key given", True
    for value, name in published("desfire").items():
        yield value, name, False


def _session(proof: Proof, key: bytes, before: Session | None) -> Session | None:
    if proof.code in _CIPHERS:
        cipher = _CIPHERS[proof.code]
        return ev1_session(cipher, key, proof.challenge, proof.sent, proof.answered)
    earlier = before if isinstance(before, Ev2) else None
    return ev2_session(key, proof.challenge, proof.sent, proof.answered, earlier)


def opened(session: Session, sent: bytes, answer: bytes) -> tuple[Half, Half, Session | None]:
    """A command (code and data of all its frames) and the data that the card answered with success.

    Also the session after them, none where it cannot be followed any more.
    """
    if not sent:  # a part that nothing goes before
        return NOTHING, NOTHING, None
    try:
        if isinstance(session, Ev2):
            return _opened_ev2(session, sent, answer)
        return _opened_ev1(session, sent, answer)
    except NotVerifiable as fault:
        return Half(error=fault.reason), NOTHING, None


def _payload(shape: Shape, data: bytes) -> int:
    """How many bytes of payload a command announces."""
    if shape.length_at == _UNKNOWN:
        return shape.payload
    return int.from_bytes(data[shape.length_at : shape.length_at + _LENGTH], "little")


def _asked(sent: bytes) -> int:
    """How many bytes a command asks for; unknown where it asks for all there are."""
    code = sent[0]
    if code == GET_VALUE:
        return 4
    if code == GET_CARD_UID:
        return 7
    if code in _READS:
        return int.from_bytes(sent[5:8], "little") or _UNKNOWN
    return _UNKNOWN


def _ends_session(sent: bytes, answer: bytes) -> bool:
    """Whether the key in use was changed: the answer has no MAC, and the authentication ends."""
    return sent[0] in (CHANGE_KEY, CHANGE_KEY_EV2) and not answer


# EV1


def _opened_ev1(session: Ev1, sent: bytes, answer: bytes) -> tuple[Half, Half, Session | None]:
    command, state = _ev1_command(session, sent)
    if command.error or _ends_session(sent, answer):
        return command, NOTHING, None
    half, after = _ev1_answer(state, sent, answer)
    if half.error:
        return command, half, None
    return command, half, after


def _ev1_command(session: Ev1, sent: bytes) -> tuple[Half, Ev1]:
    """A command: its MAC is computed always, and sent only with a payload that has one."""
    shape = _SHAPES.get(sent[0])
    if shape is None or shape.payload == 0:
        return NOTHING, session.mac(sent)[1]
    begin = 1 + shape.header
    size = _payload(shape, sent[1:])
    body = sent[begin:]
    if sent[0] in (CHANGE_KEY, CHANGE_KEY_EV2):
        return NOTHING, session.behind(body)
    if len(body) == size:
        return NOTHING, session.mac(sent)[1]
    if len(body) == size + MAC_SIZE:
        mac, state = session.mac(sent[:-MAC_SIZE])
        if mac == body[-MAC_SIZE:]:
            return Half(VERIFIED, mac=MAC_SIZE), state
    return _ev1_cryptogram(session, sent[:begin], body, b"", size)


def _ev1_answer(session: Ev1, sent: bytes, answer: bytes) -> tuple[Half, Ev1]:
    """An answer, which has a MAC or is enciphered."""
    if len(answer) < MAC_SIZE:
        return Half(error=NO_MAC), session
    mac, state = session.mac(answer[:-MAC_SIZE] + _OK)
    if mac == answer[-MAC_SIZE:]:
        return Half(VERIFIED, mac=MAC_SIZE), state
    return _ev1_cryptogram(session, b"", answer, _OK, _asked(sent))


def _ev1_cryptogram(
    session: Ev1, before: bytes, body: bytes, behind: bytes, size: int
) -> tuple[Half, Ev1]:
    """Bytes that are enciphered if their check sum fits, over what stands before and behind the content."""
    block = BLOCK[session.cipher]
    if not body or len(body) % block:
        return Half(error=WRONG_MAC), session
    plain, state = session.decipher(body)
    for number in _possible_sizes(plain, size, block):
        content = plain[:number]
        check_sum_stop = number + CRC_SIZE
        check_sum = plain[number:check_sum_stop]
        padding = plain[check_sum_stop:].lstrip(b"\x80")
        if any(padding) or check_sum != crc32(before + content + behind):
            continue
        header = max(len(before) - 1, 0)
        return Half(_CHECKED, header=header, plain=plain, size=number), state
    return Half(error=WRONG_MAC), session


def _possible_sizes(plain: bytes, size: int, block: int) -> Iterator[int]:
    """How long the content of a cryptogram may be: as announced, else what leaves less than a block of padding."""
    if size >= 0:
        yield size
        return
    longest = len(plain) - CRC_SIZE
    for number in range(longest, longest - block, -1):
        if number >= 0:
            yield number


# EV2


def _opened_ev2(session: Ev2, sent: bytes, answer: bytes) -> tuple[Half, Half, Session | None]:
    command = _ev2_command(session, sent)
    if command.error or _ends_session(sent, answer):
        return command, NOTHING, None
    half = _ev2_answer(session, sent, answer)
    if half.error:
        return command, half, None
    return command, half, session.next


def _ev2_command(session: Ev2, sent: bytes) -> Half:
    code, data = sent[0], sent[1:]
    shape = _SHAPES.get(code)
    content, mac = data[:-MAC_SIZE], data[-MAC_SIZE:]
    if session.mac(code, content) != mac:
        if shape is None or len(data) == shape.header + _payload(shape, data):
            return NOTHING
        return Half(error=WRONG_MAC)
    if shape is None or code in (CHANGE_KEY, CHANGE_KEY_EV2):
        return Half(VERIFIED, mac=MAC_SIZE)
    body = content[shape.header :]
    if not body or len(body) == _payload(shape, data):
        return Half(VERIFIED, mac=MAC_SIZE)
    return _ev2_cryptogram(session.decipher(body), shape.header)


def _ev2_answer(session: Ev2, sent: bytes, answer: bytes) -> Half:
    """An answer; where it was not asked how long the content is, a cryptogram cannot be told from it."""
    asked = _asked(sent)
    content, mac = answer[:-MAC_SIZE], answer[-MAC_SIZE:]
    if session.mac(0, content, answer=True) != mac:
        if not answer or len(answer) == asked:
            return NOTHING
        return Half(error=WRONG_MAC)
    if not content or asked < 0 or len(content) == asked:
        return Half(VERIFIED, mac=MAC_SIZE)
    return _ev2_cryptogram(session.decipher(content, answer=True), 0)


def _ev2_cryptogram(plain: bytes | None, header: int) -> Half:
    if plain is None:
        return Half(error=WRONG_PADDING)
    return Half(VERIFIED, mac=MAC_SIZE, header=header, plain=plain, size=len(plain))
