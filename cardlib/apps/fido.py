# SPDX-License-Identifier: MIT
"""FIDO over NFC: a command or status byte, then CBOR whose keys have names by command (FIDO CTAP 2.1, 6 and 11.3)."""

from __future__ import annotations

import functools
from dataclasses import replace

from ..core import cbor
from ..core.apdu import data_start
from ..core.dictionary import load
from ..core.facts import Facts
from ..core.layout import Layout, compile_layout
from ..core.model import Command, Constant, Context, Fact, Node, Response
from . import iso7816
from .application import Nodes

_REF = "FIDO CTAP 2.1, 6"
_SHORT, _NEGATIVE = 24, 0x20  # numbers in one byte, and the first byte of -1 (RFC 8949, 3.1)
_MESSAGE = 0x10  # NFCCTAP_MSG
_CLASSES = (0x80, 0x90)
_COSE_KEY, _PUBLIC_KEY = "COSE key", "public key"
_AUTHENTICATOR_DATA = "authenticator data"
_WITH_KEY = ("key agreement",)
_PREVIEWS = {0x40: 0x09, 0x41: 0x0A}  # commands of CTAP 2.1 under the numbers that they had before


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of both data fields."""
    sent, answered = iso7816.decode(context, command, response, facts)
    if command is None or command.ins != _MESSAGE or command.cla not in _CLASSES:
        return sent, answered
    if not command.data:
        return sent, answered
    code = _PREVIEWS.get(command.data[0], command.data[0])
    start = data_start(command)
    stop = start + len(command.data)
    sent = _message(command.raw, start, stop, "command", "commands", f"request {code:02X}")
    if response and response.data:
        size = len(response.data)
        answered = _message(response.raw, 0, size, "status", "statuses", f"answer {code:02X}")
    return sent, answered


def _message(raw: bytes, start: int, stop: int, title: str, codes: str, table: str) -> Nodes:
    """The first byte by its list of names, then CBOR by the names of its keys."""
    code = f"{raw[start]:02X}"
    names = _names(codes)
    text = names.get(code, f"{code} (unknown value)")
    known = code in names
    fact = Fact("", title, Constant(text), _REF, "seen", share="all", known=known)
    first = Node(fact, raw, start, start, start + 1)
    naming = functools.partial(_fact_of, table)
    items = cbor.nodes(raw, start + 1, stop, naming)
    return (first, *(_opened(item) for item in items))


@functools.cache
def _names(table: str) -> dict[str, str]:
    return dict(load("fido").resources.names.get(table, {}))


def _fact_of(table: str, path: tuple[str, ...]) -> Fact:
    """The fact of an item: its key is named by the message, or in a key of COSE; marks hold for what is inside."""
    name = "parameters"
    kind = ""
    is_known = True
    for key in path:
        entry = _names(table).get(_digits(key), "")
        is_known = is_known and bool(entry or not _is_number(key))
        name, _, mark = (entry or key).partition(" !")
        kind = mark or kind
        table = _COSE_KEY if name in _WITH_KEY else ""
    fact = Fact("", name, ref=_REF, checked="seen", known=is_known)
    if not kind:
        return fact
    return replace(fact, sensitive=kind)  # type: ignore[arg-type]  # a mark of the data file


def _is_number(key: str) -> bool:
    """Whether a key is a number; a text names what it is the key of."""
    return key.lstrip("-").isdecimal()


def _digits(key: str) -> str:
    """A key as lists of names have it: its CBOR in hex; empty for a text."""
    if not _is_number(key):
        return ""
    number = int(key)
    if not -_SHORT <= number < _SHORT:
        return ""
    if number < 0:
        number = _NEGATIVE - 1 - number
    return f"{number:02X}"


def _opened(node: Node) -> Node:
    """The same with authenticator data cut into their fields."""
    if node.children:
        children = [_opened(child) for child in node.children]
        return replace(node, children=tuple(children))
    if node.name != _AUTHENTICATOR_DATA:
        return node
    fields = _layout().parse(node.buf, node.body, node.stop)
    parts = [_with_public_key(field) for field in fields]
    fact = replace(node.fact, describe=Constant(), sensitive="")
    return replace(node, fact=fact, children=tuple(parts))


@functools.cache
def _layout() -> Layout:
    resources = load("fido").resources
    return compile_layout(
        resources.layouts[_AUTHENTICATOR_DATA], names=resources.names, ref=_REF, checked="seen"
    )


def _with_public_key(field: Node) -> Node:
    """The public key at the end of authenticator data, in CBOR."""
    if field.name != _PUBLIC_KEY:
        return field
    items = cbor.nodes(field.buf, field.body, field.stop, _name_in_key)
    return replace(field, fact=replace(field.fact, describe=Constant()), children=items)


def _name_in_key(path: tuple[str, ...]) -> Fact:
    return _fact_of(_COSE_KEY, path)
