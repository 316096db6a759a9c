# SPDX-License-Identifier: MIT
"""CBOR as CTAP writes it: numbers, bytes, texts, lists and maps of known length (RFC 8949, 3; CTAP 2.1, 8)."""

from __future__ import annotations

from typing import Any

_NEGATIVE, _BYTES, _TEXT, _LIST, _MAP = 1, 2, 3, 4, 5  # major types; 0 is a number
_FALSE, _TRUE = 0xF4, 0xF5
_SIZES = {24: 1, 25: 2, 26: 4}  # bytes of an argument behind the first byte
_SHORT = 24


def encode(value: Any) -> bytes:
    """The bytes of a value; the keys of a map are written in the order in which they stand."""
    if isinstance(value, bool):
        return bytes((_TRUE if value else _FALSE,))
    if isinstance(value, int):
        if value < 0:
            return _head(_NEGATIVE, -1 - value)
        return _head(0, value)
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(_TEXT, len(text)) + text
    if isinstance(value, list):
        return _head(_LIST, len(value)) + b"".join(encode(item) for item in value)
    pairs = b"".join(encode(key) + encode(item) for key, item in value.items())
    return _head(_MAP, len(value)) + pairs


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
    major, argument = data[at] >> 5, data[at] & 0x1F
    if data[at] in (_FALSE, _TRUE):
        return data[at] == _TRUE, at + 1
    at += 1
    if argument in _SIZES:
        size = _SIZES[argument]
        argument = int.from_bytes(data[at : at + size])
        at += size
    if major == 0:
        return argument, at
    if major == _NEGATIVE:
        return -1 - argument, at
    if major in (_BYTES, _TEXT):
        value = data[at : at + argument]
        return value if major == _BYTES else value.decode(), at + argument
    return _items(data, at, major, argument)


def _items(data: bytes, at: int, major: int, count: int) -> tuple[Any, int]:
    """The items of a list or a map."""
    if major not in (_LIST, _MAP):
        raise ValueError("a type that is not read here")
    if major == _MAP:
        count *= 2
    items = []
    for _ in range(count):
        item, at = _item(data, at)
        items.append(item)
    if major == _LIST:
        return items, at
    return dict(zip(items[::2], items[1::2], strict=True)), at
