# SPDX-License-Identifier: MIT
"""The files of a card: which one a command is about, and what of it has been read so far (ISO/IEC 7816-4, 7.2)."""

from __future__ import annotations

from ..core.model import Command, Context, record

READ_BINARY, UPDATE_BINARY, READ_RECORD, UPDATE_RECORD = 0xB0, 0xD6, 0xB2, 0xDC
APPEND_RECORD = 0xE2  # STORE DATA in the classes of GlobalPlatform
_CALYPSO = 0x94  # the class of old Calypso cards
BINARY = (READ_BINARY, UPDATE_BINARY)
RECORD = (READ_RECORD, UPDATE_RECORD)
READS = (READ_BINARY, READ_RECORD)
MF, MF_NAME = "3F00", "MF"
CURRENT_APPLICATION = "7FFF"
MAX_PIECES = 256  # of a file that are put together
MAX_LEVELS = 8
MOST_LISTED = 64  # files that others list
Entries = dict[tuple[str, str], str]


@record
class Place:
    """The file that a command reads or writes: its path from the root, the record or the offset in it.

    The last part of the path is a file identifier, or "sfi 15" where only the short identifier is known. `listed_as`
    is what another file of the card calls it, like "PBR/C4".
    """

    path: tuple[str, ...]
    record: int = 0
    offset: int = 0
    listed_as: str = ""

    @property
    def row_path(self) -> tuple[str, ...]:
        """The path under which a row is about the file."""
        return row_path(self.path, self.listed_as)


@record
class Listed:
    """Files of which another file of the card says what they are: ((directory, file), what it is called)."""

    entries: tuple[tuple[tuple[str, str], str], ...] = ()


def entries_of(context: Context) -> Entries:
    """The files that others have listed so far."""
    if isinstance(context.state, Listed):
        return dict(context.state.entries)
    return {}


def listed_as(context: Context, ef: str) -> str:
    """What another file calls this one in the current directory; empty where none does."""
    return entries_of(context).get((context.df, ef), "")


def row_path(path: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The path under which a row is about a file that is listed under a name."""
    if not name:
        return path
    return (*path[:-1], *name.split("/"))


def place_of(context: Context, command: Command) -> Place | None:
    """Where a command reads or writes; None where it does not, or where the file is not known."""
    offset, record_number = 0, 0
    if command.ins in BINARY:
        ef, offset = _binary(context, command)
    elif command.ins in RECORD:
        ef = _record_file(context, command)
        record_number = command.p1 if command.p2 & 7 == 4 else 0
    elif command.ins == APPEND_RECORD and (command.cla < 0x80 or command.cla == _CALYPSO):
        ef = _record_file(context, command)
    else:
        return None
    if not ef:
        return None
    path = (*levels(context), ef)
    return Place(path, record_number, offset, listed_as(context, ef))


def _binary(context: Context, command: Command) -> tuple[str, int]:
    """P1 and P2 are an offset, or a short identifier and an offset (ISO/IEC 7816-4, 11.3.1)."""
    if command.p1 & 0x80:
        return short_name(command.p1 & 0x1F), command.p2
    return context.ef, command.p1 << 8 | command.p2


def _record_file(context: Context, command: Command) -> str:
    """The short identifier in P2, else the current file (ISO/IEC 7816-4, 11.4.2)."""
    short = command.p2 >> 3
    return short_name(short) if 0 < short < 31 else context.ef


def short_name(identifier: int) -> str:
    """How a file is called of which only the short identifier is known."""
    return f"sfi {identifier:02X}"


def levels(context: Context) -> tuple[str, ...]:
    """The directories above the current file, from the root."""
    return tuple(context.df.split("/")) if context.df else ()


def directory(df: str, fid: str, root: str) -> str:
    """The path after SELECT of a directory from another: into it, or back to it where it is above.

    In a telecommunication card 7Fxx stands below the MF and 5Fxx below those, so that a neighbour replaces
    its neighbour (3GPP TS 31.102, 4.7). `root` is the application's own directory.
    """
    if fid == MF:
        return MF_NAME
    if fid == CURRENT_APPLICATION:
        return root
    path = df.split("/") if df else []
    if fid in path:
        return "/".join(path[: path.index(fid) + 1])
    while path and _is_no_parent(path[-1], fid):
        path.pop()
    return "/".join([*path, fid][-MAX_LEVELS:])


def _is_no_parent(above: str, fid: str) -> bool:
    kind = fid[:2]
    if kind == "7F":
        return above[:2] in ("7F", "5F")
    return kind == "5F" and above[:2] == "5F"


@record
class Content:
    """What was read of a file so far, from its beginning: a piece, what came before it, how much it is together."""

    before: Content | None
    piece: bytes
    size: int
    pieces: int


def joined(content: Content | None) -> bytes:
    """The bytes of a file as far as it was read, from its beginning."""
    pieces = []
    while content is not None:
        pieces.append(content.piece)
        content = content.before
    return b"".join(reversed(pieces))


def read_on(content: Content | None, offset: int, data: bytes) -> Content | None:
    """What is known of a file after one more read; None where that does not go on from the beginning."""
    if offset == 0:
        return Content(None, data, len(data), 1) if data else None
    if content is None or offset != content.size or content.pieces >= MAX_PIECES:
        return None
    return Content(content, data, offset + len(data), content.pieces + 1)
