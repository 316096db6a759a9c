# SPDX-License-Identifier: MIT
"""The insurance data of a German health card: compressed XML in files that are read in pieces (gematik, VSD)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace

from ..core.facts import Facts
from ..core.model import Command, Constant, Context, Fact, Node, Response
from . import files, iso7816
from .application import Nodes
from .instructions import READ_BINARY, accepted

MAX_XML = 1 << 16  # bytes of a file that are decompressed
MAX_ELEMENTS, MAX_DEPTH = 2000, 32
_REF = "gematik, structure of the insurance data (second hand)"
_DERIVED = "decompressed"
_GZIP = 31  # window bits of zlib for gzip
_MAGIC = b"\x1f\x8b"
_PERSONAL, _INSURANCE = "EF.PD", "EF.VD"
_XML = Fact("", "XML", Constant(), _REF, "seen", holds="name")


def decode(
    context: Context, command: Command | None, response: Response | None, facts: Facts
) -> tuple[Nodes, Nodes]:
    """The nodes of both data fields; where a read completes compressed data, what is in them stands below."""
    sent, answered = iso7816.decode(context, command, response, facts)
    if command is None or response is None or command.ins != READ_BINARY:
        return sent, answered
    place = files.place_of(context, command)
    if place is None or not answered or not accepted(response):
        return sent, answered
    fact = facts.file(place.path)
    content = _content(context, place, response)
    if fact is None or not content:
        return sent, answered
    documents = []
    for start, stop in _compressed(fact.name.partition(" ")[0], content):
        is_complete = place.offset < stop <= len(content)
        if is_complete and content.startswith(_MAGIC, start):
            document = _document(content[start:stop])
            if document.error or document.children:
                documents.append(document)
    if documents:
        answered = (*answered[:-1], _below_last(answered[-1], tuple(documents)))
    return sent, answered


def _content(context: Context, place: files.Place, response: Response) -> bytes:
    """What is known of the file from its beginning, with this read; empty where something is missing."""
    if place.offset == 0:
        return response.data
    known = context.content if context.ef == place.path[-1] else None
    if known is None or known.size != place.offset:
        return b""
    return files.joined(known) + response.data


def _compressed(name: str, content: bytes) -> Iterator[tuple[int, int]]:
    """Where a file has compressed data: after a length, or at the places of their first and last bytes."""
    if name == _PERSONAL:
        yield 2, 2 + int.from_bytes(content[:2])
    elif name == _INSURANCE and len(content) >= 8:
        for at in (0, 4):
            first = int.from_bytes(content[at : at + 2])
            last = int.from_bytes(content[at + 2 : at + 4])
            yield first, last + 1


def _document(compressed: bytes) -> Node:
    """The XML in compressed data; as much as is read here, with what is wrong."""
    machine = zlib.decompressobj(_GZIP)
    error = ""
    try:
        xml = machine.decompress(compressed, MAX_XML)
    except zlib.error:
        return Node(_XML, b"", 0, 0, 0, (), "", "the data cannot be decompressed", _DERIVED)
    if machine.unconsumed_tail:
        error = f"more than {MAX_XML} bytes: not read further"
    elif xml and not machine.eof:
        error = "the data are cut off"
    elements, fault = _elements(xml)
    return Node(_XML, xml, 0, 0, len(xml), elements, "", error or fault, _DERIVED)


def _below_last(node: Node, documents: Nodes) -> Node:
    """A node with these below its last part."""
    if node.children:
        *before, last = node.children
        return replace(node, children=(*before, _below_last(last, documents)))
    return replace(node, fact=replace(node.fact, describe=Constant()), children=documents)


class _Open:
    """An element of which the end has not come."""

    def __init__(self, name: str, start: int, body: int) -> None:
        self.name = name
        self.start = start
        self.body = body
        self.children: list[Node] = []

    def closed(self, xml: bytes, body_end: int, stop: int) -> Node:
        """The element as a node: with its parts, or with its text, which is hidden."""
        if self.children:
            fact = Fact("", self.name, Constant(), _REF, "seen")
            parts = tuple(self.children)
            return Node(fact, xml, self.start, self.body, stop, parts, derived=_DERIVED)
        fact = Fact("", self.name, _text, _REF, "seen", sensitive="name")
        return Node(fact, xml, self.body, self.body, body_end, derived=_DERIVED)


def _text(value: bytes) -> str:
    return value.decode("iso8859-15", "replace")


def _elements(xml: bytes) -> tuple[Nodes, str]:
    """The elements of a document, and what is wrong."""
    reader = _Reader(xml)
    fault = reader.read()
    return tuple(reader.root.children), fault


class _Reader:
    """Reads the marks of a document; skips declarations and comments."""

    def __init__(self, xml: bytes) -> None:
        self.xml = xml
        self.root = _Open("", 0, 0)
        self.levels = [self.root]

    def read(self) -> str:
        """Read all marks; what is wrong with them."""
        count = 0
        start = self.xml.find(b"<")
        while start >= 0:
            end = self.xml.find(b">", start)
            if end < 0:
                return "a mark without an end"
            count += 1
            if count > MAX_ELEMENTS or len(self.levels) > MAX_DEPTH:
                return "more or deeper than is read here"
            self._mark(start, end)
            start = self.xml.find(b"<", end)
        if len(self.levels) > 1:
            return "elements without an end"
        return ""

    def _mark(self, start: int, end: int) -> None:
        """A mark from its < to its >."""
        mark = self.xml[start + 1 : end]
        behind = end + 1
        if mark.startswith(b"/"):
            self._close(start, behind)
        elif not mark.startswith((b"?", b"!")):
            words = mark.rstrip(b"/").split(b" ")
            name = _text(words[0])
            local_name = name.rpartition(":")[2]
            self.levels.append(_Open(local_name, start, behind))
            if mark.endswith(b"/"):
                self._close(behind, behind)

    def _close(self, body_end: int, stop: int) -> None:
        if len(self.levels) == 1:
            return
        element = self.levels.pop()
        node = element.closed(self.xml, body_end, stop)
        self.levels[-1].children.append(node)
