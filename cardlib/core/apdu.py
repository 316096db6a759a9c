# SPDX-License-Identifier: MIT
"""Command and response APDUs: the four cases, short and extended, and their fields as Nodes (ISO/IEC 7816-3, 12.1)."""

from __future__ import annotations

from functools import lru_cache

from .addresses import parameters_of
from .codec import to_hex
from .dictionary import CommandRow
from .facts import Facts
from .model import Command, Constant, Fact, Node, Pieces, Response

LEGAL_SW1 = frozenset(
    (*range(0x61, 0x70), *range(0x90, 0xA0))
)  # of a status word (ISO/IEC 7816-4, 5.6)
_QUESTIONS = (0x20, 0x21)  # VERIFY
_MOST = (256, 65536)  # what an Le of zeros asks for: short, extended


def parse_command(raw: bytes, pieces: Pieces = ()) -> Command:
    """A C-APDU of at least 4 bytes; lengths that do not fit give `error` and all that follows as data."""
    cla, ins, p1, p2 = raw[:4]
    size, data, le, error = len(raw), b"", None, ""
    if size == 5:
        le = raw[4] or _MOST[0]
    elif size > 5:
        wide = raw[4] == 0 and size > 6  # Lc and Le have two bytes behind a zero
        lc, start = (int.from_bytes(raw[5:7]), 7) if wide else (raw[4], 5)
        stop = start + lc
        if wide and size == 7:
            le = lc or _MOST[1]
        elif lc and size == stop:
            data = raw[start:]
        elif lc and size == stop + 1 + wide:
            data, le = raw[start:stop], int.from_bytes(raw[stop:]) or _MOST[wide]
        else:
            data, error = raw[5:], f"Lc says {lc} bytes, {size - start} follow"
    return Command(raw, cla, ins, p1, p2, data, le, error, pieces)


def parse_response(raw: bytes, pieces: Pieces = ()) -> Response:
    """An R-APDU. Some readers add one byte after 90 00: it is `extra`; without a legal status word `sw` is None."""
    if len(raw) < 2:
        return Response(raw, raw, None, b"", "an answer of fewer than two bytes", pieces)
    sw = raw[-2] << 8 | raw[-1]
    if raw[-2] in LEGAL_SW1:
        return Response(raw, raw[:-2], sw, b"", "", pieces)
    if raw[-3:-1] == b"\x90\x00":
        return Response(raw, raw[:-3], 0x9000, raw[-1:], "", pieces)
    return Response(raw, raw, None, b"", "no legal status word at the end", pieces)


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
    words = ["interindustry" if cla < 0x80 else "proprietary", f"channel {channel_of(cla)}"]
    words += ["secure messaging"] * is_secure(cla) + ["more to come"] * (
        cla < 0x80 and is_chained(cla)
    )
    return ", ".join(words)


def data_start(command: Command) -> int:
    """Where the data field begins in `command.raw`; its end where there is none."""
    if not command.data:
        return len(command.raw) if len(command.raw) < 5 or command.error else 4
    return 7 if command.raw[4] == 0 and not command.error else 5


def name_of(command: Command, facts: Facts) -> str:
    """The name of the instruction in the terms of the selected application, or what is known of it.

    A command of a proprietary class means what its application says, and no other.
    """
    row = facts.command(command.cla, command.ins, parameters_of(command))
    if row:
        return row.name
    kind = "proprietary" if command.cla >= 0x80 else "unknown command"
    return f"{kind} {command.cla:02X} {command.ins:02X}"


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
    lambda v: f"up to {(n := int.from_bytes(v) or _MOST[len(v) > 1])} byte{'s' * (n > 1)}",
    LC.ref,
    share="all",
    fresh="may repeat",
)


@lru_cache(maxsize=512)
def _field(name: str, text: str, ref: str) -> Fact:
    return Fact("", name, Constant(text), ref, share="all")


def _parameters(row: CommandRow | None, p1: int, p2: int) -> tuple[str, str]:
    """What P1 and P2 say; an SFI and an offset in P2, or an offset of 15 bits in both (ISO/IEC 7816-4, 11.3.1)."""
    if row is None:
        return "", ""
    if row.offset:
        return (f"SFI {p1 & 31}", f"offset {p2}") if p1 & 0x80 else ("", f"offset {p1 << 8 | p2}")
    return row.p1(p1) if row.p1 else "", row.p2(p2) if row.p2 else ""


def command_nodes(command: Command, facts: Facts, data: tuple[Node, ...] = ()) -> tuple[Node, ...]:
    """The fields of a command as nodes that tile its bytes; `data` are the nodes of its data field."""
    raw, row = command.raw, facts.command(command.cla, command.ins, parameters_of(command))
    ref, (first, second) = row.ref if row else "", _parameters(row, command.p1, command.p2)
    ins, p1, p2 = (
        _field("INS", name_of(command, facts), ref),
        _field("P1", first, ref),
        _field("P2", second, ref),
    )
    nodes = [Node(fact, raw, at, at, at + 1) for at, fact in enumerate((CLA, ins, p1, p2))]
    start = data_start(command)
    stop = start + len(command.data)
    if start > 4:
        note = "of the first command of a chain" if len(command.pieces) > 1 else ""
        nodes.append(Node(LC, raw, 4, 4, start, (), note, command.error))
    nodes += data or ([Node(DATA, raw, start, start, stop)] if command.data else [])
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
        fact = _field("SW", status_words(response.sw, command, facts)[0], "ISO/IEC 7816-4, 5.6")
        nodes.append(Node(fact, raw, size, size, size + 2))
        size += 2
    if response.extra:
        nodes.append(Node(EXTRA, raw, size, size, len(raw)))
    return tuple(nodes)


def status_words(sw: int, command: Command | None, facts: Facts) -> tuple[str, str]:
    """What a status word says after a command, in the terms of the application, and what it means for a person.

    After a VERIFY without data 63CX is an answer, not a refusal (ISO/IEC 7816-4, 11.5.6).
    """
    if command is not None and command.ins in _QUESTIONS and not command.data:
        if sw & 0xFFF0 == 0x63C0:
            left = sw & 15
            return f"not verified; tries left: {left}", "A question, and no try was spent."
    return facts.status(sw, command.ins if command else None)
