# SPDX-License-Identifier: MIT
"""The tree of an exchange that keys opened: the bytes on the wire, and below each cryptogram what it says in clear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..core.apdu import data_start
from ..core.model import Constant, Context, Exchange, Fact, Node
from ..core.secure import Opened

Decode = Callable[[Exchange, Context], Node]
_CARRIERS = ("81", "85", "87", "B3")  # objects with data, in clear or not
_IN_CLEAR = Fact("", "in clear", ref="ISO/IEC 7816-4, 10", opens="parts")


def opened_tree(exchange: Exchange, context: Context, opened: Opened, decode: Decode) -> Node:
    """The tree of an exchange that was opened; the nodes of opened bytes are `derived`, in bytes of their own."""
    root = decode(exchange, context)
    inner_halves: dict[str, Node] = {}
    if opened.command is not None:
        inner = replace(exchange, command=opened.command, response=opened.response)
        inner_root = decode(inner, context)
        root = replace(root, fact=inner_root.fact)
        inner_halves = {half.name: half for half in inner_root.children}
    halves = []
    for half in root.children:
        place = int(half.name == "response")
        children = half.children
        inner_half = inner_halves.get(half.name)
        if inner_half is not None:
            children = _with_data(children, _data(inner_half, opened))
        for side, start, part in opened.parts:
            if side == half.name:
                children = _with_part(children, start, part)
        note = _joined(half.note, opened.remarks[place])
        error = _joined(half.error, opened.faults[place])
        halves.append(replace(half, children=children, note=note, error=error))
    return replace(root, children=tuple(halves))


def _joined(first: str, second: str) -> str:
    return "; ".join(filter(None, (first, second)))


def _data(half: Node, opened: Opened) -> Node | None:
    """The data field of a half in clear as one node; None where it has none."""
    start = stop = 0
    if half.name == "command" and opened.command:
        start = data_start(opened.command)
        stop = start + len(opened.command.data)
    elif half.name == "response" and opened.response:
        stop = len(opened.response.data)
    if start == stop:
        return None
    children = []
    for node in half.children:
        is_data = start <= node.start < node.stop <= stop
        if is_data:
            children.append(node)
    return Node(_IN_CLEAR, half.buf, start, start, stop, tuple(children), derived=opened.how)


def _with_data(nodes: Sequence[Node], data: Node | None) -> tuple[Node, ...]:
    """The objects of a protected half, the first that carries data with these data below it."""
    result = []
    for node in nodes:
        if data is not None and node.tag in _CARRIERS:
            node = _below(node, data)
            data = None
        result.append(node)
    return tuple(result)


def _below(node: Node, data: Node) -> Node:
    """A node with these data below its last part: a cryptogram stands behind its padding indicator."""
    if not node.children:
        return _around(node, data)
    *before, last = node.children
    return replace(node, children=(*before, _around(last, data)))


def _around(node: Node, inside: Node) -> Node:
    """A cryptogram whose content is below it: that says all about its value."""
    return replace(node, fact=replace(node.fact, describe=Constant()), children=(inside,))


def _with_part(nodes: Sequence[Node], start: int, part: Node) -> tuple[Node, ...]:
    """The nodes with a part below the innermost one that begins at `start`."""
    result = []
    for node in nodes:
        if node.start <= start < node.stop:
            if node.children:
                node = replace(node, children=_with_part(node.children, start, part))
            else:
                node = _around(node, part)
        result.append(node)
    return tuple(result)
