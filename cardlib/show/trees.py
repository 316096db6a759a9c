# SPDX-License-Identifier: MIT
"""Data elements as an indented tree, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from ..core.escape import counted, cut, escape
from ..core.layout.summary import text_of
from ..core.model import Node
from ..core.registers import MEMORY_MARK
from ..share.masking import Shown
from .lines import MAX_TEXT

MAX_NODES = 1000
MAX_INDENT = 32
MAX_VALUE = 64  # hex digits of a value


def tree_rows(view: Shown) -> Iterator[str]:
    """The nodes of a half, indented, each with its tag, name, value, text and remarks; at most a thousand."""
    stack = [(0, view.node)]
    count = 0
    while stack:
        depth, node = stack.pop()
        count += 1
        if count > MAX_NODES:
            yield "..."
            return
        yield "  " * min(depth, MAX_INDENT) + escape(node_line(view, node))
        if not in_one_line(node):
            children = node.children[: MAX_NODES + 1]
            stack.extend((depth + 1, child) for child in reversed(children))


def in_one_line(node: Node) -> bool:
    """Whether a part of a value says all about its own parts in its text; the fields of a layout have lines."""
    if not node.children or node.tag or node.fact.layout:
        return False
    return 0 < len(text_of(node)) <= MAX_TEXT


def node_line(view: Shown, node: Node) -> str:
    """One node in one line: tag, name, value, what it means, remarks."""
    words = [marked_title(node)]
    if not node.children or in_one_line(node):
        words += _value_words(view, node)
    if node.note:
        words.append(f"({view.remark(node.note)})")
    if node.error:
        words.append(f"!! {view.remark(node.error)}")
    return "  ".join(words)


def _value_words(view: Shown, node: Node) -> Iterator[str]:
    digits = view.value_hex_of(node)
    meaning = view.text_of(node)
    if digits:
        yield cut(digits, MAX_VALUE)
    if meaning and meaning != digits:
        yield f"= {cut(meaning, MAX_TEXT)}"


def node_title(node: Node) -> str:
    """Tag and name of a node, or what it has of the two."""
    return f"{node.tag} {node.name}".strip()


def marked_title(node: Node) -> str:
    """The same, with a mark where nothing confirms its row."""
    title = node_title(node)
    if node.fact.checked == "memory":
        title += MEMORY_MARK
    return title


def brief(node: Node) -> str:
    """The repr of a node: what it is and where, nothing of what is in it."""
    parts = counted(len(node.children), "part")
    return f"Node({escape(node_title(node))}, {node.start}..{node.stop}, {parts})"
