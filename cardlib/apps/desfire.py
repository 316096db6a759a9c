# SPDX-License-Identifier: MIT
"""MIFARE DESFire: what an ADDITIONAL FRAME goes on with, which application is selected, what a read asked for.

Rows say the rest. Of ADDITIONAL FRAME (AF), whose P1 and P2 are always 00, they may ask what it goes on with: there
`p1` is the code of that command, and `p2` which part it is.
"""

from __future__ import annotations

from dataclasses import field, replace

from ..core.addresses import parameters_of
from ..core.apdu import data_start
from ..core.codec import to_hex
from ..core.facts import Facts
from ..core.model import Command, Constant, Context, Fact, Node, Response, record
from ..crypto.desfire import MAC_SIZE, Session
from ..crypto.messaging import WRONG_MAC
from . import files, iso7816
from .application import Nodes
from .desfire_messaging import (
    AES,
    EV2_FIRST,
    EV2_NEXT,
    ISO,
    NOTHING,
    Half,
    Match,
    Proof,
    matched,
    opened,
)
from .fields import laid

APPLICATIONS = ("desfire", "ndef")
CLASS = 0x90
MORE, GET_VERSION, READ_DATA, SELECT_APPLICATION = 0xAF, 0x60, 0xBD, 0x5A
READS, WRITES = (0xBD, 0xBB, 0xAD, 0xAB), (0x3D, 0x3B, 0xDB, 0x8D, 0x8B)
_LEGACY = 0x0A
_WITH_SESSION = (ISO, AES, EV2_FIRST, EV2_NEXT)
AUTHENTICATIONS = (_LEGACY, *_WITH_SESSION)
_MAC_IN_ALL = (ISO, AES)  # authentications after which every answer has a MAC, or is enciphered
_MOST_KEPT = 16_384  # bytes of all parts of a command and its answer
_LISTS = (
    0x6A,
    0x6F,
    0x61,
)  # answers that are as long as there are entries, so that a MAC must be known
_MACS = (4, 8)  # bytes: of the first DESFire, and of EV1 and later
# A part that goes on holds 59 bytes; one of a cryptogram only whole blocks, of DES or of AES.
_WHOLE_BLOCKS = (56, 48)
_FULL_OF_BLOCKS = "whole blocks, where 59 bytes have room"
_PIECE = Fact("", "content of the file", to_hex, known=False)
_SEALED = Fact("", "content of the file, perhaps enciphered", to_hex, known=False)
_MAC = Fact("", "MAC", to_hex, "NXP MF3ICDx21_41_81 data sheet, 9.2", share="", fresh="always")
DONE, _MORE_FOLLOWS = 0x9100, 0x91AF
_OFFSET, _LENGTH = slice(1, 4), slice(4, 7)  # of READ DATA, behind the number of the file


_ENCIPHERED_REF = "NXP MF3ICDx21_41_81 data sheet, 9; NXP AN12343, 6"
_IN_CLEAR = Fact("", "in clear", Constant(), _ENCIPHERED_REF, "vector", opens="parts")
_CHECK_SUM = Fact("", "check sum and padding", to_hex, _ENCIPHERED_REF, "vector", fresh="always")
_CRYPTOGRAM = Fact("", "enciphered", to_hex, _ENCIPHERED_REF, "seen", fresh="always")
_ENCIPHERED = Fact("", "enciphered", Constant(), _ENCIPHERED_REF, "vector", "parts", fresh="always")
_CLOSED = Fact("", "in the cryptogram", to_hex, known=False)


@record
class State:
    """The command that goes on, how many parts it has had, and the authentication that holds.

    by: the code of that authentication; session: what its key makes of commands, where the key is known, and how that
    is called; sent, answered: what the parts so far have brought, the code of the command first.
    """

    command: int = 0
    part: int = 0
    secured: bool = False
    by: int = 0
    session: Session | None = field(default=None, repr=False)
    how: str = ""
    sent: bytes = b""
    answered: bytes = b""


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """What an answer changes: the application, what goes on, whether an authentication is complete."""
    if command.cla != CLASS:
        return iso7816.follow(context, command, response)
    state = _state(context)
    if response is None:
        return replace(context, state=None)
    begun, part = command.ins, 1
    if command.ins == MORE:
        begun, part = state.command, state.part + 1
    if response.sw == _MORE_FOLLOWS:
        going_on = replace(state, command=begun, part=part, sent=b"", answered=b"")
        return replace(context, state=_with_part(going_on, state, command, response))
    if response.sw != DONE:  # an error ends an authentication, too
        return replace(context, state=None)
    if command.ins == SELECT_APPLICATION:
        return replace(context, state=None, df=to_hex(command.data[::-1]))
    if begun in AUTHENTICATIONS:
        match = _match(context, state, command, response)
        return replace(context, state=State(0, 0, True, begun, match.session, match.name))
    after = State(0, 0, state.secured, state.by, how=state.how)
    if state.session is not None:
        sent, answered = _so_far(state, command, response)
        after = replace(after, session=opened(state.session, sent, answered)[2])
    return replace(context, state=after)


def _with_part(after: State, before: State, command: Command, response: Response) -> State:
    """A state that keeps what the parts brought, where a key may need it: of a command that goes on not too long."""
    if before.session is None and after.command not in _WITH_SESSION:
        return after
    sent, answered = _so_far(before, command, response)
    if len(sent) + len(answered) > _MOST_KEPT:
        return replace(after, session=None)
    return replace(after, sent=sent, answered=answered)


def _so_far(state: State, command: Command, response: Response) -> tuple[bytes, bytes]:
    """All that a command and its answer have brought, with this part."""
    if command.ins == MORE:
        return state.sent + command.data, state.answered + response.data
    return bytes([command.ins]) + command.data, response.data


def _match(context: Context, state: State, command: Command, response: Response) -> Match:
    """The session that an authentication begins with its second part."""
    if command.ins != MORE or state.command not in _WITH_SESSION or len(state.sent) < 2:
        return Match()
    proof = Proof(state.command, state.sent[1], state.answered, command.data, response.data)
    return matched(proof, context.keys, state.session)


def _state(context: Context) -> State:
    if isinstance(context.state, State):
        return context.state
    return State()


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of both data fields."""
    if command is None or command.cla != CLASS:
        return iso7816.decode(context, command, response, facts)
    return (
        command_data(context, command, response, facts),
        answer_data(context, command, response, facts),
    )


def parameters_in(context: Context, command: Command) -> dict[str, str]:
    """What conditions of rows can ask for of a command in its context."""
    parameters = parameters_of(command)
    state = _state(context)
    if command.ins == MORE and state.part:
        parameters["p1"] = f"{state.command:02X}"
        parameters["p2"] = f"{state.part:02X}"
    return parameters


def command_data(
    context: Context, command: Command, response: Response | None, facts: Facts
) -> Nodes:
    """The data field of a command, wrapped or native."""
    if not command.data:
        return ()
    parameters = parameters_in(context, command)
    row = facts.command(CLASS, command.ins, parameters)
    if row is None or row.data is None:
        return ()
    start = data_start(command)
    stop = start + len(command.data)
    half = _verdicts(context, command, response)[0]
    mac_at = stop - half.mac
    nodes: Nodes = ()
    if start < mac_at:
        nodes = laid(row.data, command.raw, start, mac_at, facts, parameters)
    if half.plain is not None:
        header = command.data[: half.header]
        clear = header + half.plain
        end = len(header) + half.size
        inside = laid(row.data, clear, 0, end, facts, parameters)
        inner = _clear(context, clear, len(header), end, _behind(inside, len(header)))
        nodes = _with_inside(nodes, start + half.header, inner)
    return _with_verdict(nodes, half, command.raw, start, stop)


def _verdicts(context: Context, command: Command, response: Response | None) -> tuple[Half, Half]:
    """What the key of the session says of a command and its answer, once the answer is whole."""
    state = _state(context)
    is_done = response is not None and response.sw == DONE
    if response is None or not is_done or state.session is None:
        return NOTHING, NOTHING
    begun = state.command if command.ins == MORE else command.ins
    if begun in AUTHENTICATIONS or command.ins == SELECT_APPLICATION:
        return NOTHING, NOTHING
    sent, answered = _so_far(state, command, response)
    in_command, in_answer, _ = opened(state.session, sent, answered)
    if command.ins == MORE:  # its command stands in another exchange
        in_command = NOTHING
    return in_command, in_answer


def _behind(nodes: Nodes, start: int) -> Nodes:
    """The fields of a laid row that begin at a place or behind it."""
    fields = [field_ for node in nodes for field_ in node.children]
    return tuple(field_ for field_ in fields if field_.start >= start)


def _clear(context: Context, clear: bytes, start: int, stop: int, nodes: Nodes) -> Node:
    """The content of a cryptogram, with its check sum and padding behind it."""
    if not nodes and start < stop:
        nodes = (Node(_CLOSED, clear, start, start, stop),)
    if stop < len(clear):
        nodes = (*nodes, Node(_CHECK_SUM, clear, stop, stop, len(clear)))
    derived = f"deciphered: {_state(context).how}"
    return Node(_IN_CLEAR, clear, start, start, len(clear), nodes, derived=derived)


def _with_inside(nodes: Nodes, at: int, inside: Node) -> Nodes:
    """The nodes, with what is in clear below the one where the cryptogram begins."""
    placed = []
    for node in nodes:
        if node.start <= at < node.stop and node.children:
            node = replace(node, children=_with_inside(node.children, at, inside))
        elif node.start == at:
            fact = replace(node.fact, describe=Constant(), known=True, layout=None)
            node = replace(node, fact=fact, children=(inside,))
        placed.append(node)
    return tuple(placed)


def _with_verdict(nodes: Nodes, half: Half, raw: bytes, start: int, stop: int) -> Nodes:
    """The nodes of a field from `start` to `stop`, with its MAC behind them, or with what is wrong at the first."""
    if half.mac:
        mac_at = stop - half.mac
        return (*nodes, Node(_MAC, raw, mac_at, mac_at, stop, note=half.note))
    if start == stop or not (half.note or half.error):
        return nodes
    first, *others = nodes or (Node(_CLOSED, raw, start, start, stop),)
    first = replace(first, note=half.note or first.note, error=half.error or first.error)
    return (first, *others)


def answer_data(
    context: Context, command: Command, response: Response | None, facts: Facts
) -> Nodes:
    """The data field of an answer, wrapped or native."""
    if response is None or not response.data or response.sw not in (DONE, _MORE_FOLLOWS):
        return ()
    start = 0
    if response.protocol == "desfire":
        start = 1  # behind the status
    stop = start + len(response.data)
    half = _verdicts(context, command, response)[1]
    if half.plain is not None:
        return _deciphered_answer(context, command, response, half, start, facts)
    mac_at = stop - (half.mac or _mac_alone(context, command, response, facts))
    nodes: Nodes = ()
    if start < mac_at:
        around = _in_the_clear(context) if half.mac else context
        nodes = _answer_nodes(around, command, response, start, mac_at, facts)
    if mac_at < stop and not half.mac:
        return (*nodes, Node(_MAC, response.raw, mac_at, mac_at, stop, error=half.error))
    nodes = _with_verdict(nodes, half, response.raw, start, stop)
    return _with_proof(context, command, response, nodes)


def _in_the_clear(context: Context) -> Context:
    """The context for content that is known to stand in clear, its MAC taken away."""
    state = replace(_state(context), secured=False, session=None, by=0)
    return replace(context, state=state)


def _mac_alone(context: Context, command: Command, response: Response, facts: Facts) -> int:
    """How many bytes of an answer are its MAC, where the session is not followed: behind a list, or alone."""
    state = _state(context)
    size = len(response.data)
    is_whole = response.sw == DONE and command.ins != MORE
    if not is_whole or state.by not in _MAC_IN_ALL or size < MAC_SIZE:
        return 0
    has_data = command.ins in READS or facts.answer(CLASS, command.ins, {}) is not None
    is_alone = size == MAC_SIZE and not has_data
    return MAC_SIZE if is_alone or command.ins in _LISTS else 0


def _with_proof(context: Context, command: Command, response: Response, nodes: Nodes) -> Nodes:
    """The proof of a card, with whose key it was made."""
    state = _state(context)
    is_proof = command.ins == MORE and state.command in _WITH_SESSION and response.sw == DONE
    if not is_proof or not nodes:
        return nodes
    match = _match(context, state, command, response)
    first, *others = nodes
    if match.session is not None:
        return (replace(first, note=f"verified with {match.name}"), *others)
    if match.tried:
        return (replace(first, error=WRONG_MAC), *others)
    return nodes


def _deciphered_answer(
    context: Context, command: Command, response: Response, half: Half, start: int, facts: Facts
) -> Nodes:
    """An enciphered answer, with what it says in clear below the last of its parts."""
    raw = response.raw
    stop = start + len(response.data)
    plain = half.plain or b""
    clear = replace(response, raw=plain, data=plain[: half.size], pieces=(), protocol="apdu")
    nodes: Nodes = ()
    if half.size:
        around = _in_the_clear(context)
        nodes = _answer_nodes(around, command, clear, 0, half.size, facts)
    inside = _clear(context, plain, 0, half.size, nodes)
    mac_at = stop - half.mac
    note = "" if half.mac else half.note
    enciphered = Node(_ENCIPHERED, raw, start, start, mac_at, (inside,), note)
    if not half.mac:
        return (enciphered,)
    return enciphered, Node(_MAC, raw, mac_at, mac_at, stop, note=half.note)


def _answer_nodes(
    context: Context, command: Command, response: Response, start: int, stop: int, facts: Facts
) -> Nodes:
    """What an answer says, as far as it stands in clear."""
    parameters = parameters_in(context, command)
    begun = command.ins
    if command.ins == MORE:
        begun = _state(context).command
    if begun == READ_DATA:
        return _content(context, command, response, start, stop, facts)
    fact = facts.answer(CLASS, command.ins, parameters)
    if fact is None:
        return ()
    return laid(fact, response.raw, start, stop, facts, parameters)


def _row_of_file(
    context: Context, command: Command, response: Response, facts: Facts
) -> Fact | None:
    """The row of a file that was read from its beginning in one answer."""
    is_one_answer = command.ins == READ_DATA and response.sw == DONE
    if not is_one_answer or any(command.data[_OFFSET]):
        return None
    return facts.file((*files.levels(context), to_hex(command.data[:1])))


def _fitting(nodes: Nodes) -> Nodes:
    """Nodes of a row that fits; nothing where any of them has an error, as when only a part was read."""
    has_error = any(part.error for node in nodes for _, part in node.walk())
    return () if has_error else nodes


def _content(
    context: Context, command: Command, response: Response, start: int, stop: int, facts: Facts
) -> Nodes:
    """What was read of a file: by its row, as many bytes as were asked for, and behind an authentication a MAC."""
    raw = response.raw
    if not _state(context).secured:
        fields: Nodes = ()
        row = _row_of_file(context, command, response, facts)
        if row:
            fields = _fitting(laid(row, raw, start, stop, facts, {}))
        return fields or (Node(_PIECE, raw, start, start, stop),)
    length = 0
    if command.ins == READ_DATA:
        length = int.from_bytes(command.data[_LENGTH], "little")
    for mac in _MACS:
        if length and stop - start == length + mac:
            return (
                Node(_PIECE, raw, start, start, stop - mac),
                Node(_MAC, raw, stop - mac, stop - mac, stop),
            )
    if response.sw == _MORE_FOLLOWS and stop - start in _WHOLE_BLOCKS:
        return (Node(_CRYPTOGRAM, raw, start, start, stop, note=_FULL_OF_BLOCKS),)
    return (Node(_SEALED, raw, start, start, stop),)
