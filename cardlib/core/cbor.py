# SPDX-License-Identifier: MIT
"""CBOR as nodes: any bytes in, nodes that tile them out; depth and number are bounded (RFC 8949, 3).

A value in the head of an item (a number, true) is the whole item; of a text the value begins behind the head.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .codec import to_hex
from .model import Constant, Fact, Node

MAX_DEPTH, MAX_ITEMS = 32, 10_000
_REF = "RFC 8949, 3"
_NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = 1, 2, 3, 4, 5, 6, 7
_SIMPLE_VALUES = {20: "false", 21: "true", 22: "null", 23: "undefined"}
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}  # bytes of an argument behind the first byte
_INDEFINITE = 31
_REST = Fact("", "not parsed", to_hex, _REF, known=False)
Key = str  # of a map: a number in decimal, or a text
Naming = Callable[[tuple[Key, ...]], Fact]


class _Broken(Exception):
    """Bytes that are no item, and why."""


def text_of(value: bytes) -> str:
    """What the item that fills these bytes says; its hex where it is none that has a short text."""
    try:
        major, argument, body = _head(value, 0, len(value))
    except _Broken:
        return to_hex(value)
    if major == 0:
        return str(argument)
    if major == _NEGATIVE:
        return str(-1 - argument)
    if major == _SIMPLE and body == 1:
        return _SIMPLE_VALUES.get(argument, to_hex(value))
    return to_hex(value)


def utf8_text(value: bytes) -> str:
    """A text; bytes that are none are replaced."""
    return value.decode("utf-8", "replace")


def _head(buf: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Major type, argument, and where the head ends (3)."""
    if at >= end:
        raise _Broken("an item is missing")
    major = buf[at] >> 5
    short = buf[at] & 0x1F
    body = at + 1
    if short < 24:
        return major, short, body
    if short == _INDEFINITE:
        raise _Broken("an indefinite length is not read here")
    if short not in _SIZES:
        raise _Broken("a reserved head is not read here")
    stop = body + _SIZES[short]
    if stop > end:
        raise _Broken("a head cut off")
    return major, int.from_bytes(buf[body:stop]), stop


class _Reader:
    """Reads the items of a buffer and counts them."""

    def __init__(self, buf: bytes, end: int, naming: Naming) -> None:
        self.buf = buf
        self.end = end
        self.naming = naming
        self.items = 0

    def item(self, at: int, path: tuple[Key, ...], start: int) -> Node:
        """The item at a place; its node begins at `start`, where the key of a map entry stands before it."""
        self.items += 1
        if self.items > MAX_ITEMS or len(path) > MAX_DEPTH:
            return self._rest(start, "more or deeper than is read here")
        fact = self.naming(path)
        try:
            major, argument, body = _head(self.buf, at, self.end)
        except _Broken as broken:
            return self._rest(start, str(broken))
        if major in (_BYTES, _TEXT):
            return self._string(fact, major, start, body, argument)
        if major == _ARRAY:
            return self._many(fact, path, start, body, argument, is_map=False)
        if major == _MAP:
            return self._many(fact, path, start, body, argument, is_map=True)
        if major == _TAG:
            inner = self.item(body, (*path, "tagged"), body)
            outer = replace(fact, describe=Constant())
            return Node(outer, self.buf, start, body, inner.stop, (inner,))
        return Node(replace(fact, describe=text_of), self.buf, start, at, body)

    def _string(self, fact: Fact, major: int, start: int, body: int, size: int) -> Node:
        stop = body + size
        error = ""
        if stop > self.end:
            error = f"{size} bytes declared, {self.end - body} here"
            stop = self.end
        described = replace(fact, describe=to_hex)
        if major == _TEXT:
            described = replace(fact, describe=utf8_text)
        return Node(described, self.buf, start, body, stop, (), "", error)

    def _many(
        self, fact: Fact, path: tuple[Key, ...], start: int, body: int, count: int, is_map: bool
    ) -> Node:
        children: list[Node] = []
        at = body
        for number in range(count):
            if is_map:
                child = self._entry(at, path)
            else:
                child = self.item(at, (*path, f"[{number}]"), at)
            children.append(child)
            at = child.stop
            is_last = bool(child.error) and at == self.end
            if is_last:
                break
        error = ""
        if len(children) < count:
            error = f"{count} declared, {len(children)} here"
        outer = replace(fact, describe=Constant())
        return Node(outer, self.buf, start, body, at, tuple(children), "", error)

    def _entry(self, at: int, path: tuple[Key, ...]) -> Node:
        """A key and its value as one node."""
        try:
            major, argument, body = _head(self.buf, at, self.end)
            key, stop = self._key(at, major, argument, body)
        except _Broken as broken:
            return self._rest(at, str(broken))
        return self.item(stop, (*path, key), at)

    def _key(self, at: int, major: int, argument: int, body: int) -> tuple[Key, int]:
        if major == _TEXT and body + argument <= self.end:
            return utf8_text(self.buf[body : body + argument]), body + argument
        if major in (0, _NEGATIVE):
            return text_of(self.buf[at:body]), body
        raise _Broken("a key that is neither a number nor a text")

    def _rest(self, start: int, error: str) -> Node:
        return Node(_REST, self.buf, start, start, self.end, (), "", error)


def unnamed(path: tuple[Key, ...]) -> Fact:
    """The fact of an item that is called by its key."""
    return Fact("", path[-1] if path else "item", ref=_REF)


def nodes(buf: bytes, start: int, stop: int, naming: Naming = unnamed) -> tuple[Node, ...]:
    """The item at the beginning, and what follows it; `naming` gives the fact of each path of keys."""
    if start >= stop:
        return ()
    item = _Reader(buf, stop, naming).item(start, (), start)
    if item.stop >= stop:
        return (item,)
    rest = Node(_REST, buf, item.stop, item.stop, stop, (), "", "behind the item")
    return (item, rest)
