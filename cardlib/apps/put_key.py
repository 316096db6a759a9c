# SPDX-License-Identifier: MIT
"""PUT KEY: keys opened with the data encryption key, and their check values computed again.

GlobalPlatform Card Specification 2.3.1, 11.8; Amendment D 1.1.2, 7.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..core.errors import NotVerifiable
from ..core.model import Constant, Fact, Node, record
from ..crypto import blocks
from .application import Nodes
from .channel import Channel
from .dgi import deciphered

DES, AES = 0x80, 0x88
_REF = "GlobalPlatform Card Specification 2.3.1, 11.8.2.3 and B.6"
_KEY = Fact("", "key in clear", Constant("deciphered"), _REF, sensitive="key")
IN_CLEAR = "the key stands here in clear: this is its check value"
RIGHT, WRONG = "that of the key", "wrong: not that of the key"


@record
class Sent:
    """A key of PUT KEY as it was sent: its type, its nodes, and its length where the block tells it."""

    type: int
    value: Node
    kcv: Node | None
    size: int

    @property
    def is_clear(self) -> bool:
        """Whether the check value is that of the bytes as they were sent."""
        return self.check(self.value.value)

    def check(self, key: bytes) -> bool:
        """Whether the check value that was sent is that of this key."""
        if self.kcv is None or not self.kcv.value:
            return False
        return check_value(self.type, key) == self.kcv.value


def check_value(type: int, key: bytes) -> bytes:
    """The check value of a key; empty where it has no form that is computed here."""
    try:
        if type == AES:
            return blocks.aes_kcv(key)
        if type == DES:
            return blocks.kcv(key)
    except NotVerifiable:
        return b""
    return b""


def keys_sent(nodes: Nodes) -> Iterator[Sent]:
    """The keys in the nodes of PUT KEY."""
    for root in nodes:
        for group in root.children:
            sent = _sent(group)
            if sent is not None:
                yield sent


def _sent(group: Node) -> Sent | None:
    parts = {part.name: part for part in group.children}
    if group.name != "key" or "key" not in parts or "type" not in parts:
        return None
    type_value = parts["type"].value
    value = parts["key"]
    size = len(value.value)
    if "key length" in parts:
        size = int.from_bytes(parts["key length"].value)
    return Sent(int.from_bytes(type_value), value, parts.get("KCV"), size)


def put_key_nodes(nodes: Nodes, channel: Channel | None) -> Nodes:
    """The nodes of PUT KEY with keys opened and check values judged, as far as that goes."""
    session = channel.session if channel is not None else None
    result = []
    for root in nodes:
        children = tuple(_judged(group, session) for group in root.children)
        result.append(replace(root, children=children) if root.children else root)
    return tuple(result)


def _judged(group: Node, session: Any) -> Node:
    sent = _sent(group)
    if sent is None:
        return group
    plain = deciphered(session, sent.value.value)
    if sent.is_clear:
        return _replaced(group, sent, None, IN_CLEAR)
    if plain is None:
        return group
    key = plain[: sent.size]
    inside = Node(_KEY, key, 0, 0, len(key), derived="deciphered with the data encryption key")
    note = ""
    if sent.kcv and sent.kcv.value:
        note = RIGHT if sent.check(key) else WRONG
    return _replaced(group, sent, inside, note)


def _replaced(group: Node, sent: Sent, inside: Node | None, note: str) -> Node:
    children = []
    for part in group.children:
        if part is sent.value and inside is not None:
            part = replace(part, children=(inside,))
        if part is sent.kcv:
            part = replace(part, note=note)
        children.append(part)
    return replace(group, children=tuple(children))
