# SPDX-License-Identifier: MIT
"""The halves of an exchange with the texts of their data elements, which several chunks need: worked out once."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.model import Exchange, Node, record
from ...share.masking import Shown, shown

MAX_NODES = 2000  # of a half


@record
class Half:
    """A half as it may be shown; `nodes` are its data elements, each with its depth and its text."""

    view: Shown
    nodes: tuple[tuple[int, Node, str], ...]
    more: int  # data elements beyond those


def halves_of(exchange: Exchange, reveal: bool) -> list[Half]:
    """The halves of an exchange, masked unless `reveal`."""
    return [_half(view) for view in shown(exchange, reveal)]


def _half(view: Shown) -> Half:
    nodes = []
    count = 0
    for depth, node in _walk(view.node):
        count += 1
        if count <= MAX_NODES:
            nodes.append((depth, node, view.text_of(node)))
    return Half(view, tuple(nodes), count - len(nodes))


def _walk(root: Node) -> Iterator[tuple[int, Node]]:
    """The nodes below a node, parents first, each with its depth."""
    stack = [(0, child) for child in reversed(root.children)]
    while stack:
        depth, node = stack.pop()
        yield depth, node
        stack.extend((depth + 1, child) for child in reversed(node.children))
