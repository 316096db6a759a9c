# SPDX-License-Identifier: MIT
"""Any card: SELECT moves the current directory and file, reads fill what is known of a file (ISO/IEC 7816-4)."""

from __future__ import annotations

import re
from dataclasses import replace

from ..core import tlv
from ..core.codec import to_hex
from ..core.model import ANY_CARD, Command, Context, Response
from . import fields, files
from .application import application
from .instructions import (
    CHALLENGES,
    CHANGE_PIN,
    EXTERNAL_AUTHENTICATE,
    GET_CHALLENGE,
    GET_DATA,
    INTERNAL_AUTHENTICATE,
    LOAD_KEYS,
    MANAGE_CHANNEL,
    READ_BINARY,
    READ_RECORD,
    SECRET,
    SELECT,
    UPDATE_BINARY,
    UPDATE_RECORD,
    VERIFY,
    accepted,
)

__all__ = [
    "CHALLENGES",
    "CHANGE_PIN",
    "EXTERNAL_AUTHENTICATE",
    "GET_CHALLENGE",
    "GET_DATA",
    "INTERNAL_AUTHENTICATE",
    "LOAD_KEYS",
    "MANAGE_CHANNEL",
    "READ_BINARY",
    "READ_RECORD",
    "SECRET",
    "SELECT",
    "UPDATE_BINARY",
    "UPDATE_RECORD",
    "VERIFY",
    "accepted",
    "decode",
    "follow",
    "follow_lists",
]

MF = files.MF
UICC = "telecom"  # the data file of SIM and UICC
USIM = "A0000000871002"  # any USIM (TS 101 220, annex E)
_BY_FILE = (0, 1, 2, 3, 8, 9)  # P1 of SELECT by identifier or path (ISO/IEC 7816-4, 11.1.1)
_OF_PARENT, _FROM_MF = 3, 8
_DIRECTORY = frozenset(b"\x84\x38\x78\xb8\xf8")  # the tag of a DF name, the descriptors of a DF
_LONG_DESCRIPTOR = re.compile(rb"\x82[^\x00-\x03]")  # a file descriptor of four bytes or more

decode = fields.decode


def follow(context: Context, command: Command, response: Response | None) -> Context:
    """What an accepted command changes: the current directory or file, and what is known of the file."""
    if response is None or not accepted(response):
        return context
    if command.ins == SELECT:
        return select_file(context, command, response)
    return read_file(context, command, response)


def follow_lists(context: Context, command: Command, response: Response | None) -> Context:
    """As `follow`, and what was listed outlives a SELECT of the MF, which begins a new context."""
    after = follow(context, command, response)
    if after.state is None and context.state is not None:
        return replace(after, state=context.state)
    return after


def select_file(context: Context, command: Command, response: Response) -> Context:
    """The context after a file was selected by identifier or path (ISO/IEC 7816-4, 11.1.1)."""
    if command.p1 not in _BY_FILE:
        return context
    if command.p1 == _OF_PARENT:
        above = context.df.rpartition("/")[0]
        return replace(context, df=above, ef="", content=None, record_length=0)
    path = command.data.hex(" ", -2).upper().split() or [MF]
    start = _start(context, command)
    if path == [MF]:
        return _at_root(context)
    is_directory = command.p1 == 1 or _is_directory(path[-1], response.data)
    ef = "" if is_directory else path.pop()
    df = start
    for fid in path:
        df = files.directory(df, fid, root_of(context))
    length = _record_length(response.data)
    return replace(context, df=df, ef=ef, content=None, record_length=length)


def at_file(context: Context, path: bytes) -> Context:
    """The context where a modem chose a file by its path, without a SELECT (3GPP TS 27.007, 8.18).

    Of an identifier alone, "it could be implementation specific which one will be selected": 2Fxx
    stands below the MF (TS 102 221, 8.6), and any other is assumed to be of the USIM.
    """
    *directories, ef = path.hex(" ", -2).upper().split()
    if context.aid:
        root = root_of(context)
    else:
        root = root_of(Context(application=UICC, aid=USIM))
        context = replace(context, application=UICC, how="assumed")
    if directories:
        df = ""
    elif ef.startswith("2F"):
        df = files.MF_NAME
    else:
        df = root
    for fid in directories:
        df = files.directory(df, fid, root)
    return replace(context, df=df, ef=ef, content=None, record_length=0)


def _start(context: Context, command: Command) -> str:
    return files.MF_NAME if command.p1 == _FROM_MF else context.df


def root_of(context: Context) -> str:
    """The name of the directory of the selected application."""
    app = application(context.application)
    return app.root(context.aid) if app else "ADF"


def _at_root(context: Context) -> Context:
    """After SELECT of the MF: what an AID had chosen is left; telecommunication cards keep their application."""
    app = application(context.application)
    stays = app is not None and bool(app.roots)
    name, aid = (context.application, context.aid) if stays else (ANY_CARD, "")
    return Context(
        context.channel,
        name,
        "selected",
        aid,
        files.MF_NAME,
        secure=context.secure,
        dictionaries=context.dictionaries,
    )


def _is_directory(fid: str, data: bytes) -> bool:
    """Whether SELECT was of a directory: by what the answer describes, else 7Fxx and 5Fxx as in all UICCs."""
    if data[:1] in (b"\x62", b"\x6f"):
        return is_directory(data)
    return fid[:2] in ("7F", "5F") or fid == files.MF


def is_directory(data: bytes) -> bool:
    """Whether the answer to SELECT describes a DF: file descriptor 38 and the like, or an FCI with a DF name."""
    if data[:1] not in (b"\x62", b"\x6f") or _DIRECTORY.isdisjoint(data):
        return False
    objects = described(data)
    descriptor = objects.get("82", b"")
    return "84" in objects or (bool(descriptor) and descriptor[0] & 0x3F == 0x38)


def described(data: bytes) -> dict[str, bytes]:
    """The objects that stand directly in the template of an answer to SELECT: there 84 is a DF name.

    Deeper, in AB, 84 is an instruction of an access rule (ISO/IEC 7816-4, 9.3.3).
    """
    objects: dict[str, bytes] = {}
    for tag, depth, _, body, stop, error in tlv.scan(data):
        if depth == 1 and not (error and not error.startswith(tlv.NOTE)):
            objects.setdefault(tag, data[body:stop])
    return objects


def _record_length(data: bytes) -> int:
    """The length of a record from the file descriptor: 82, four bytes or more (ISO/IEC 7816-4, 7.4.5)."""
    if data[:1] not in (b"\x62", b"\x6f") or not _LONG_DESCRIPTOR.search(data):
        return 0
    descriptor = described(data).get("82", b"")
    return int.from_bytes(descriptor[2:4]) if len(descriptor) >= 4 else 0


def read_file(context: Context, command: Command, response: Response) -> Context:
    """A read or write by short identifier makes that file the current one; a read adds to what is known of it."""
    place = files.place_of(context, command)
    if place is None:
        return context
    ef = place.path[-1]
    content = context.content if ef == context.ef else None
    length = context.record_length if ef == context.ef else 0
    if command.ins == READ_BINARY:
        content = files.read_on(content, place.offset, response.data)
    elif command.ins in files.RECORD or command.ins == UPDATE_BINARY:
        content = None
    if (ef, content, length) == (context.ef, context.content, context.record_length):
        return context
    return replace(context, ef=ef, content=content, record_length=length)


def name_of_application(data: bytes) -> str:
    """The DF name that an answer to SELECT tells, as hex; empty where it tells none."""
    if data[:1] not in (b"\x6f", b"\x62") or b"\x84" not in data:
        return ""
    return to_hex(described(data).get("84", b""))
