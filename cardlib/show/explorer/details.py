# SPDX-License-Identifier: MIT
"""Exchanges with every byte: the masked halves, the tree over each, and the frames of the wire below."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.model import Exchange, Node
from ...share.masked_frames import frame_hex, frame_note
from ...share.masking import Shown
from .chunk import Data, Table, plain
from .halves import Half

MAX_DIGITS = 2 << 16  # of a half, or of a frame
MAX_FRAMES = 400  # of an exchange


def details_chunk(
    exchanges: Sequence[Exchange], views: Sequence[Sequence[Half]], reveal: bool
) -> Data:
    """Every byte of exchanges, and what it means.

    `facts` are rows of [tag, name, source, 1 if from memory]. `rows` are {i, views, frames}; a view is {side, hex,
    error, nodes}, a node [depth, place in facts, start, body, stop, text] and, where it has any, {hex, note, error,
    derived}: `hex` where its bytes are none of the half, so that there are none to light.
    """
    facts = Table()
    rows = []
    for exchange, halves in zip(exchanges, views, strict=True):
        rows.append(
            {
                "i": exchange.index,
                "views": [_view(half, facts) for half in halves],
                "frames": _frames(exchange, [half.view for half in halves], reveal),
            }
        )
    return {"facts": facts.items, "rows": rows}


def _view(half: Half, facts: Table) -> Data:
    view = half.view
    row: Data = {"side": view.side, "hex": view.hex[:MAX_DIGITS]}
    remark = view.node.error or view.node.note
    if remark:
        row["remark"] = plain(view.remark(remark))
    row["nodes"] = [_node(view, depth, node, text, facts) for depth, node, text in half.nodes]
    if half.more:
        row["more"] = half.more
    return row


def _node(view: Shown, depth: int, node: Node, text: str, facts: Table) -> list[object]:
    from_memory = int(node.fact.checked == "memory")
    fact = facts.place((node.tag, plain(node.name), plain(node.ref), from_memory))
    if text == view.value_hex_of(node):
        text = ""
    row: list[object] = [depth, fact, node.start, node.body, node.stop, plain(text)]
    extras: Data = {}
    if node.buf is not view.node.buf:
        extras["hex"] = view.value_hex_of(node)[:MAX_DIGITS]
    for key in ("note", "error", "derived"):
        remark = getattr(node, key)
        if remark:
            extras[key] = plain(view.remark(remark))
    if extras:
        row.append(extras)
    return row


def _frames(exchange: Exchange, views: list[Shown], reveal: bool) -> list[list[object]]:
    """The wire below an exchange: [sender, kind, start in ns or null, end, line or packet, hex, note] a frame."""
    texts = frame_hex(exchange, views, reveal)
    rows: list[list[object]] = []
    for frame, text in zip(exchange.frames[:MAX_FRAMES], texts, strict=False):
        note = plain(frame_note(frame, reveal))
        rows.append(
            [
                frame.sender,
                frame.kind,
                frame.time_ns,
                frame.end_ns,
                frame.unit,
                text[:MAX_DIGITS],
                note,
            ]
        )
    return rows
