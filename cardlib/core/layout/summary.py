# SPDX-License-Identifier: MIT
"""What the fields of a record say together, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model import Node
from .piece import GROUP
from .place import FREE
from .reading import NONE_SET, Reading

FEW = 6  # bytes whose fields are told in one line


def joined_text(nodes: Iterable[Node], separator: str, empty_flags: bool = True) -> str:
    """Name and text of each node, without reserved bits that are 0, perhaps without flags of which none is set."""
    texts = []
    omitted = ""
    for node in fields_of(nodes):
        if _is_idle(node):
            omitted = NONE_SET
            continue
        text = node.text.replace("; ", ", ")
        if node.children and not text:
            text = joined_text(node.children, ", ", empty_flags=False)
        if text == NONE_SET and not empty_flags:
            omitted = NONE_SET
            continue
        remark = f"({node.error})" if node.error else ""
        texts.append(" ".join(filter(None, (node.name, text, remark))))
    return separator.join(texts) or omitted


def text_of(node: Node) -> str:
    """The text of a node; of a few bytes that a layout divides, what its fields say together."""
    return node.text or short_text(node)


def short_text(node: Node) -> str:
    """What the fields of a few bytes say together; empty where one is an object, has an error or is a secret."""
    is_layout = node.fact.describe is GROUP or isinstance(node.fact.describe, Reading)
    if not is_layout or node.stop - node.body > FEW:
        return ""
    for _, part in node.walk():
        if part.tag or part.error or part.fact.sensitive:
            return ""
    text = joined_text(node.children, "; ", empty_flags=False)
    return text.removeprefix(f"{node.name} ")


def _is_idle(node: Node) -> bool:
    """Whether a node is reserved bits that are 0, as they should be."""
    return node.bits is not None and node.name in FREE and not any(node.value)


def fields_of(nodes: Iterable[Node]) -> Iterator[Node]:
    """The nodes of fields: instead of a group of bit fields, those."""
    for node in nodes:
        if node.fact.describe is GROUP:
            yield from node.children
        else:
            yield node
