# SPDX-License-Identifier: MIT
"""Command and response APDUs: the four cases, short and extended, and their fields as Nodes (ISO/IEC 7816-3, 12.1)."""

from __future__ import annotations

from functools import lru_cache

from .addresses import parameters_of
from .codec import to_hex
from .dictionary import CommandRow
from .facts import Facts
from .model import Checked, Command, Constant, Fact, Node, Pieces, Response

LEGAL_SW1 = frozenset(
    (*range(0x61, 0x70), *range(0x90, 0xA0))
)  # of a status word (ISO/IEC 7816-4, 5.6)
_UNBLOCK = 0x2C
_QUESTIONS = (0x20, 0x21, _UNBLOCK)  # VERIFY and UNBLOCK PIN
_MORE_WAITS = 0x61  # of a status word
_MOST_SHORT, _MOST_EXTENDED = 256, 65536  # what an Le of zeros asks for
# In the note of a frame of which a part is known
LEFT_OUT = "the log leaves out the rest of the data"
HIDDEN = "hidden"  # begins the note on a frame in which zeros stand for bytes that somebody blanked


def parse_command(raw: bytes, pieces: Pieces = ()) -> Command:
    """A C-APDU of at least 4 bytes; lengths that do not fit give `error` and all that follows as data."""
    cla, ins, p1, p2 = raw[:4]
    if len(raw) == 4:
        return Command(raw, cla, ins, p1, p2, b"", None, "", pieces)
    if len(raw) == 5:
        le = raw[4] or _MOST_SHORT
        return Command(raw, cla, ins, p1, p2, b"", le, "", pieces)
    is_extended = raw[4] == 0 and len(raw) > 6
    if is_extended:
        data, expected, error = _extended(raw)
    else:
        data, expected, error = _short(raw)
    return Command(raw, cla, ins, p1, p2, data, expected, error, pieces)


Body = tuple[bytes, int | None, str]  # data, Le, what is wrong


def _short(raw: bytes) -> Body:
    """Lc of one byte, data, perhaps Le of one byte."""
    lc, size = raw[4], len(raw)
    stop = 5 + lc
    if lc and size == stop:
        return raw[5:], None, ""
    if lc and size == stop + 1:
        return raw[5:stop], raw[stop] or _MOST_SHORT, ""
    return raw[5:], None, f"Lc says {lc} bytes, {size - 5} follow"


def _extended(raw: bytes) -> Body:
    """A zero, then Lc of two bytes, data, perhaps Le of two bytes; or Le alone."""
    lc, size = int.from_bytes(raw[5:7]), len(raw)
    if size == 7:
        return b"", lc or _MOST_EXTENDED, ""
    stop = 7 + lc
    if lc and size == stop:
        return raw[7:], None, ""
    if lc and size == stop + 2:
        return raw[7:stop], int.from_bytes(raw[stop:]) or _MOST_EXTENDED, ""
    return raw[5:], None, f"Lc says {lc} bytes, {size - 7} follow"


def parse_response(raw: bytes, pieces: Pieces = ()) -> Response:
    """An R-APDU. Some readers add one byte after 90 00: it is `extra`; without a legal status word `sw` is None."""
    if len(raw) < 2:
        error = "an answer of fewer than two bytes"
        return Response(raw, raw, None, b"", error, pieces)
    if raw[-2] in LEGAL_SW1:
        sw = int.from_bytes(raw[-2:])
        return Response(raw, raw[:-2], sw, b"", "", pieces)
    if raw[:-1].endswith(b"\x90\x00"):
        data = raw[:-3]
        extra = raw[-1:]
        return Response(raw, data, 0x9000, extra, "", pieces)
    error = "no legal status word at the end"
    return Response(raw, raw, None, b"", error, pieces)


def lengths_fit(command: Command) -> bool:
    """Whether Lc and Le are those of the bytes; that some are hidden changes no length."""
    return not command.error or command.error.startswith(HIDDEN)


def is_without_data(command: Command) -> bool:
    """Whether an Lc of zero stands before Le, and nothing between: Proxmark3 writes READ RECORD so, in six bytes."""
    return len(command.raw) == 6 and command.raw[4] == 0


def ends_as_asked(command: Command, response: Response) -> bool:
    """Whether an answer ends where a short Le said, and 61xx says that the card has more (ISO/IEC 7816-4, 5.3.4)."""
    if response.sw is None or response.sw >> 8 != _MORE_WAITS:
        return False
    return command.le == len(response.data) and 0 < command.le < _MOST_SHORT


def channel_of(cla: int) -> int:
    """The logical channel: 0 to 3, 4 to 19 in the further classes, 0 in a proprietary class but 8X (5.4.1)."""
    if cla & 0xC0 == 0x40:
        return 4 + (cla & 0x0F)
    if cla & 0xE0 == 0 or 0x80 <= cla <= 0x9F:
        return cla & 0x03
    return 0


def is_secure(cla: int) -> bool:
    """Whether the class byte announces secure messaging (5.4.1); payment and GlobalPlatform use 8X in the same way."""
    if cla & 0xC0 == 0x40:
        return bool(cla & 0x20)
    return bool(cla & 0x0C) and (cla & 0xE0 == 0 or 0x80 <= cla <= 0x8F)


def is_chained(cla: int) -> bool:
    """Whether this command is not the last of a chain (5.3.3)."""
    return bool(cla & 0x10) and (cla < 0x20 or 0x40 <= cla <= 0x9F)


def describe_cla(value: bytes) -> str:
    """What the class byte says, in words."""
    if len(value) != 1:
        return to_hex(value)
    cla = value[0]
    if cla == 0xFF:
        return "for the reader (PC/SC) or PPS"
    if 0x20 <= cla < 0x40:
        return "reserved class"
    kind = "proprietary"
    if cla < 0x80:
        kind = "interindustry"
    channel = channel_of(cla)
    words = [kind, f"channel {channel}"]
    if is_secure(cla):
        words.append("secure messaging")
    if cla < 0x80 and is_chained(cla):
        words.append("more to come")
    return ", ".join(words)


def data_start(command: Command) -> int:
    """Where the data field begins in `command.raw`; its end where there is none."""
    if command.protocol != "apdu":
        return len(command.raw) - len(command.data)
    is_right = lengths_fit(command)
    if not command.data:
        has_no_lc = len(command.raw) < 5 or not is_right
        return len(command.raw) if has_no_lc else 4
    if command.raw[4] == 0 and is_right:
        return 7
    return 5


def name_of(command: Command, facts: Facts) -> str:
    """The name of the instruction in the terms of the selected application, or what is known of it.

    A command of a proprietary class means what its application says, and no other.
    """
    row = facts.command(command.cla, command.ins, parameters_of(command))
    if row:
        return row.name
    kind = "unknown command"
    if command.cla >= 0x80:
        kind = "proprietary"
    return f"{kind} {command.cla:02X} {command.ins:02X}"


def _describe_le(value: bytes) -> str:
    most = _MOST_SHORT
    if len(value) > 1:
        most = _MOST_EXTENDED
    count = int.from_bytes(value) or most
    if count == 1:
        return "up to 1 byte"
    return f"up to {count} bytes"


CLA = Fact("", "CLA", describe_cla, "ISO/IEC 7816-4, 5.4.1", share="all")
# Lc and Le follow from what they count, so they need not differ.
LC = Fact(
    "",
    "Lc",
    lambda value: str(int.from_bytes(value)),
    "ISO/IEC 7816-3, 12.1.3",
    share="all",
    fresh="may repeat",
)
DATA = Fact("", "data", to_hex, known=False)
EXTRA = Fact("", "extra", Constant("a byte after the status word"))
LE = Fact(
    "",
    "Le",
    _describe_le,
    LC.ref,
    share="all",
    fresh="may repeat",
)


@lru_cache(maxsize=512)
def _field(name: str, text: str, ref: str, checked: Checked = "spec") -> Fact:
    return Fact("", name, Constant(text), ref, checked, share="all")


def _parameters(row: CommandRow | None, p1: int, p2: int) -> tuple[str, str]:
    """What P1 and P2 say; an SFI and an offset in P2, or an offset of 15 bits in both (ISO/IEC 7816-4, 11.3.1)."""
    if row is None:
        return "", ""
    if row.offset and p1 & 0x80:
        sfi = p1 & 31
        return f"SFI {sfi}", f"offset {p2}"
    if row.offset:
        offset = p1 << 8 | p2
        return "", f"offset {offset}"
    first = ""
    second = ""
    if row.p1:
        first = row.p1(p1)
    if row.p2:
        second = row.p2(p2)
    return first, second


def command_nodes(command: Command, facts: Facts, data: tuple[Node, ...] = ()) -> tuple[Node, ...]:
    """The fields of a command as nodes that tile its bytes; `data` are the nodes of its data field."""
    raw = command.raw
    row = facts.command(command.cla, command.ins, parameters_of(command))
    ref = ""
    checked: Checked = "spec"
    if row:
        ref = row.ref
        checked = row.checked
    first, second = _parameters(row, command.p1, command.p2)
    instruction = _field("INS", name_of(command, facts), ref, checked)
    p1 = _field("P1", first, ref, checked)
    p2 = _field("P2", second, ref, checked)
    nodes: list[Node] = []
    for offset, fact in enumerate((CLA, instruction, p1, p2)):
        header_byte = Node(fact, raw, offset, offset, offset + 1)
        nodes.append(header_byte)
    start = data_start(command)
    stop = start + len(command.data)
    if start > 4:
        note = ""
        if len(command.pieces) > 1:
            note = "of the first command of a chain"
        lc = Node(LC, raw, 4, 4, start, (), note, command.error)
        nodes.append(lc)
    if data:
        nodes += data
    elif command.data:
        nodes.append(Node(DATA, raw, start, start, stop))
    if stop < len(raw):
        nodes.append(Node(LE, raw, stop, stop, len(raw)))
    return tuple(nodes)


def response_nodes(
    response: Response, command: Command | None, facts: Facts, data: tuple[Node, ...] = ()
) -> tuple[Node, ...]:
    """The data field and the status word of a response as nodes that tile its bytes."""
    raw, size = response.raw, len(response.data)
    nodes = list(data)
    if size and not nodes:
        nodes.append(Node(DATA, raw, 0, 0, size, (), "", response.error))
    if response.sw is not None:
        meaning, _ = status_words(response.sw, command, facts)
        status_word = _field("SW", meaning, "ISO/IEC 7816-4, 5.6")
        nodes.append(Node(status_word, raw, size, size, size + 2))
        size += 2
    if response.extra:
        nodes.append(Node(EXTRA, raw, size, size, len(raw)))
    return tuple(nodes)


def status_words(sw: int, command: Command | None, facts: Facts) -> tuple[str, str]:
    """What a status word says after a command, in the terms of the application, and what it means for a person.

    After a VERIFY without data 63CX is an answer, not a refusal (ISO/IEC 7816-4, 11.5.6).
    """
    if command is None:
        return facts.status(sw)
    is_answered = sw & 0xFFF0 == 0x63C0
    if is_answered and is_question(command):
        refused = "not verified"
        if command.ins == _UNBLOCK:
            refused = "not unblocked"
        tries_left = sw & 15
        return f"{refused}; tries left: {tries_left}", "A question, and no try was spent."
    return facts.status(sw, command.ins)


def is_question(command: Command) -> bool:
    """Whether a command only asks how many tries a PIN has, or the code that unblocks it (TS 102 221, 11.1.13)."""
    return command.ins in _QUESTIONS and not command.data
