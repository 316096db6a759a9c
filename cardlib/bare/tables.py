# SPDX-License-Identifier: MIT
"""The layouts of strings that stand alone (core/tables/bare.toml)."""

from __future__ import annotations

import functools
from dataclasses import replace

from ..core.layout import Layout, compile_layout, value_list
from ..core.model import Node
from ..core.registers import register


@functools.cache
def layout(name: str, kind: str = "record", ref: str = "") -> Layout:
    """A layout of that name."""
    tables = register("bare")
    names = {key: value_list(text) for key, text in tables["names"].items()}
    layouts: dict[str, str] = tables["layouts"]
    return compile_layout(layouts[name], kind=kind, names=names, layouts=layouts, ref=ref)


def alone(node: Node) -> Node:
    """A node in bytes of its own: what stands beside it is no number together with it."""
    data = node.raw

    def moved(part: Node) -> Node:
        start, body, stop = (place - node.start for place in (part.start, part.body, part.stop))
        parts = tuple(moved(inner) for inner in part.children)
        return replace(part, buf=data, start=start, body=body, stop=stop, children=parts)

    return moved(node)
