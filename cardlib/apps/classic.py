# SPDX-License-Identifier: MIT
"""A session of MIFARE Classic opened with the caller's keys: which key began it, and what each frame says in clear.

The keystream depends on the number of bits alone, so one missing frame ends what can be opened. A frame is believed
where its check sum fits in clear (F. D. Garcia et al., Dismantling MIFARE Classic, 4 and 5; ISO/IEC 14443-3, 6.2.4).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from ..core.codec import to_hex
from ..core.model import Command, Constant, Context, Fact, Node, Response, record
from ..core.native import native_command, native_response
from ..core.radio_crc import crc_fits
from ..crypto import crypto1
from ..crypto.keyring import Key
from .application import Nodes

USE = "classic"
WRONG_KEY = "no key given makes it"
_FITS = "check sum fits in clear"
_TORN = "the check sum does not fit in clear: not opened from here on"
_AUTHENTICATIONS = (0x60, 0x61)
_WITH_DATA = (
    0xA0,
    0xC0,
    0xC1,
    0xC2,
)  # after an ACK, data follow (WRITE; value of DECREMENT, INCREMENT, RESTORE)
# Bytes of a nonce or an answer, of the proof of the reader, of a check sum
_NONCE = 4
_PROOF = 8
_CRC = 2
_MOST = 64  # bytes of a frame; a block with its check sum has 18
_HALF_BYTE = 4  # bits of an ACK or NAK
_REF = "F. D. Garcia et al., Dismantling MIFARE Classic, ESORICS 2008"
_IN_CLEAR = Fact("", "in clear", Constant(), _REF, "vector", opens="parts")
_BLOCK_DATA = Fact("", "data for the command before", to_hex, known=False)


@record
class Run:
    """What is known of the cipher before a frame.

    uid: the last bytes of the card's number, empty where it was not seen. nonce: that of an authentication under way,
    as it was sent; is_nested: enciphered. session: none where nothing is open. awaits: data of a command follow.
    """

    uid: bytes = b""
    nonce: bytes = b""
    is_nested: bool = False
    session: crypto1.Session | None = None
    name: str = ""
    awaits: bool = False


@record
class Clear:
    """An exchange in clear: both halves, what to say of each, and what is known after it."""

    after: Run
    command: Command | None = None
    response: Response | None = None
    notes: tuple[str, str] = ("", "")
    errors: tuple[str, str] = ("", "")
    name: str = ""
    is_data: bool = False


def selected(uid: bytes) -> Run:
    """What is known once a card was selected."""
    return Run(uid[-_NONCE:])


def run_of(context: Context) -> Run | None:
    """What is known of the cipher; None where no card was selected in the capture."""
    state = context.secure
    return state if isinstance(state, Run) else None


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """What an exchange changes in the cipher."""
    run = run_of(context)
    if run is None or not context.keys:
        return context
    if command.protocol == "crypto1":
        return replace(context, secure=clear(run, context.keys, command, response).after)
    after = selected(run.uid)
    is_nonce = response is not None and len(response.raw) == _NONCE
    if command.code in _AUTHENTICATIONS and is_nonce and response:
        after = replace(after, nonce=response.raw)
    return replace(context, secure=after)


@lru_cache(maxsize=1024)
def clear(run: Run, keys: tuple[Key, ...], command: Command, response: Response | None) -> Clear:
    """An enciphered exchange as the keys open it."""
    if run.nonce and run.uid and len(command.raw) == _PROOF:
        return _proof(run, keys, command, response)
    nothing = Clear(selected(run.uid))
    if run.session is None:
        return nothing
    if max(len(command.raw), _size(response)) > _MOST:
        return nothing
    return _opened(run, run.session, command, response)


def _size(response: Response | None) -> int:
    if response is None:
        return 0
    return len(response.raw)


def _proof(run: Run, keys: tuple[Key, ...], command: Command, response: Response | None) -> Clear:
    """The proof of the reader, tried with each key, and that of the card."""
    nothing = selected(run.uid)
    candidates = [key for key in keys if key.use == USE]
    if not candidates:
        return Clear(nothing)
    chosen = command.raw[:_NONCE]
    answer_of_reader = command.raw[_NONCE:]
    for key in candidates:
        session = crypto1.proved(
            key.value,
            run.uid,
            run.nonce,
            chosen,
            answer_of_reader,
            run.is_nested,
        )
        if session is None:
            continue
        name = key.note or "a key given"
        note = f"verified with {name}"
        if response is None or len(response.raw) != _NONCE:
            return Clear(nothing, notes=(note, ""))
        answer, after = crypto1.opened(session, response.raw, 8 * _NONCE)
        opened = replace(nothing, session=after, name=name)
        if answer != crypto1.answer_of_card(session):
            return Clear(nothing, notes=(note, ""), errors=("", "not the answer to this nonce"))
        return Clear(opened, notes=(note, "verified"))
    return Clear(nothing, errors=(WRONG_KEY, ""))


def _opened(
    run: Run, session: crypto1.Session, command: Command, response: Response | None
) -> Clear:
    """A command and its answer under an open session."""
    torn = selected(run.uid)
    plain, session = crypto1.opened(session, command.raw, 8 * len(command.raw))
    if not crc_fits("A", plain):
        return Clear(torn, errors=(_TORN, ""))
    sent = native_command("classic", plain[:-_CRC], ())
    partial = Clear(torn, sent, notes=(_FITS, ""), name=run.name, is_data=run.awaits)
    if response is None and run.awaits:  # a value that is accepted has no answer
        return replace(partial, after=replace(run, session=session, awaits=False))
    if response is None:
        return partial
    if sent.code in _AUTHENTICATIONS and not run.awaits and len(response.raw) == _NONCE:
        nested = replace(torn, nonce=response.raw, is_nested=True, name=run.name)
        return replace(partial, after=nested, notes=(_FITS, "nonce under the key of this sector"))
    bits = 8 * len(response.raw)
    if len(response.raw) == 1:
        bits = _HALF_BYTE
    answer, session = crypto1.opened(session, response.raw, bits)
    after = replace(run, session=session, awaits=False)
    if len(response.raw) == 1:
        received = native_response("classic", answer, ())
        is_accepted = not received.status
        has_data = sent.code in _WITH_DATA and not run.awaits
        after = replace(after, awaits=is_accepted and has_data)
        return replace(partial, after=after, response=received)
    if not crc_fits("A", answer):
        return replace(partial, errors=("", _TORN))
    received = native_response("classic", answer[:-_CRC], ())
    return replace(partial, after=after, response=received, notes=(_FITS, _FITS))


def with_clear(nodes: Nodes, half: Command | Response, inside: Nodes, how: str) -> Nodes:
    """The nodes of an enciphered half, with what it says in clear below the first."""
    size = len(half.raw)
    part = Node(_IN_CLEAR, half.raw, 0, 0, size, inside, derived=f"deciphered: {how}")
    first, *others = nodes
    fact = replace(first.fact, describe=Constant())
    return (replace(first, fact=fact, children=(part,)), *others)


def marked(nodes: Nodes, note: str, error: str) -> Nodes:
    """The nodes, the first with what the keys say of it."""
    if not nodes or not (note or error):
        return nodes
    first, *others = nodes
    return (replace(first, note=note, error=error), *others)


def block_data(command: Command) -> Nodes:
    """What is sent for a command before: it has no code of its own."""
    return (Node(_BLOCK_DATA, command.raw, 0, 0, len(command.raw)),)
