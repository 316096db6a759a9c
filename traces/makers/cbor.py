# SPDX-License-Identifier: MIT
"""CBOR as CTAP writes it: numbers, bytes, texts, lists and maps of known length (RFC 8949, 3; CTAP 2.1, 8)."""

from __future__ import annotations

from typing import Any

_POSITIVE, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP = range(6)  # major types
_FALSE, _TRUE = 0xF4, 0xF5
_SIZES = {24: 1, 25: 2, 26: 4}  # bytes of an argument behind the first byte
_SHORT = 24


def encode(value: Any) -> bytes:
    """The bytes of a value; the keys of a map are written in the order in which they stand."""
    if value is True:
        return bytes((_TRUE,))
    if value is False:
        return bytes((_FALSE,))
    if isinstance(value, int):
        return _number(value)
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(_TEXT, len(text)) + text
    written = _head(_LIST, len(value))
    if isinstance(value, list):
        for item in value:
            written += encode(item)
        return written
    written = _head(_MAP, len(value))
    for key, item in value.items():
        written += encode(key)
        written += encode(item)
    return written


def _number(value: int) -> bytes:
    if value < 0:
        return _head(_NEGATIVE, -1 - value)
    return _head(_POSITIVE, value)


def _head(major: int, argument: int) -> bytes:
    """The type and the number that belongs to it, in its shortest form."""
    if argument < _SHORT:
        return bytes((major << 5 | argument,))
    for code, size in _SIZES.items():
        if argument < 1 << 8 * size:
            return bytes((major << 5 | code,)) + argument.to_bytes(size)
    raise ValueError("a number of more than 4 bytes")


def decode(data: bytes) -> Any:
    """The value that fills these bytes; ValueError where they are none."""
    value, stop = _item(data, 0)
    if stop != len(data):
        raise ValueError("bytes behind the item")
    return value


def _item(data: bytes, at: int) -> tuple[Any, int]:
    """The item at a place, and where it ends."""
    if at >= len(data):
        raise ValueError("an item is missing")
    first = data[at]
    at += 1
    if first in (_FALSE, _TRUE):
        return first == _TRUE, at
    major = first >> 5
    argument = first & 0x1F
    if argument in _SIZES:
        stop = at + _SIZES[argument]
        argument = int.from_bytes(data[at:stop])
        at = stop
    if major == _POSITIVE:
        return argument, at
    if major == _NEGATIVE:
        return -1 - argument, at
    stop = at + argument
    if major == _BYTES:
        return data[at:stop], stop
    if major == _TEXT:
        return data[at:stop].decode(), stop
    if major == _LIST:
        return _items(data, at, argument)
    if major == _MAP:
        items, stop = _items(data, at, 2 * argument)
        return dict(zip(items[::2], items[1::2], strict=True)), stop
    raise ValueError("a type that is not read here")


def _items(data: bytes, at: int, count: int) -> tuple[list[Any], int]:
    """So many items one behind the other, and where they end."""
    items = []
    for _ in range(count):
        item, at = _item(data, at)
        items.append(item)
    return items, at
