# SPDX-License-Identifier: MIT
"""COMPREHENSION-TLV: proactive commands, TERMINAL RESPONSE and ENVELOPE of a SIM (ETSI TS 102 223; TS 101 220, 7)."""

from __future__ import annotations

import functools

from ..apps.messages import opened
from ..core.dictionary import load
from ..core.escape import counted
from ..core.layout import Layout, compile_layout
from ..core.model import Node
from .model import LIKELY, SURE, Caller, Reading, refuse
from .paste import Pasted

_REF = "ETSI TS 102 223, 8"
_DETAILS, _DEVICES = ("01", "81"), ("02", "82")
_TEMPLATES = range(0xD0, 0xDF)
LEAST_SHARE = 0.5  # of the objects that a row must explain


@functools.cache
def _layout(name: str, kind: str) -> Layout:
    resources = load("telecom").resources
    text = resources.layouts[name]
    return compile_layout(
        text, kind=kind, names=resources.names, layouts=resources.layouts, ref=_REF
    )


def read_toolkit(paste: Pasted, caller: Caller) -> Reading:
    """A template with what is in it, or the objects of a TERMINAL RESPONSE."""
    if not paste.digits or paste.is_odd:
        raise refuse("no whole bytes of hex")
    data = paste.data
    if data[0] in _TEMPLATES:
        nodes = _layout("toolkit templates", "ber").parse(data)
        template = nodes[0]
        if len(nodes) > 1 or template.error or not template.fact.known:
            raise refuse(template.error or f"{template.tag} is no template of a SIM toolkit")
        objects = template.children
        name = template.name
    else:
        nodes = _layout("toolkit objects", "comp").parse(data)
        objects = nodes
        name = "TERMINAL RESPONSE"
    return _reading(name, opened(nodes), objects)


def _reading(name: str, nodes: tuple[Node, ...], objects: tuple[Node, ...]) -> Reading:
    broken = [node.error for node in objects if node.error or not node.tag]
    if broken or not objects:
        raise refuse(f"an object of COMPREHENSION-TLV: {broken[0] if broken else 'none'}")
    tags = [node.tag for node in objects]
    recognised = sum(node.fact.known for node in objects)
    if recognised < LEAST_SHARE * len(tags):
        raise refuse("most of its objects are unknown")
    title = f"COMPREHENSION-TLV, {name}: {counted(len(tags), 'object')}{_command(objects)}"
    strength, reason = _strength(objects)
    return Reading("ctlv", title, strength, reason, nodes)


def _command(objects: tuple[Node, ...]) -> str:
    """What command the objects are about."""
    for node in objects:
        if node.tag in _DETAILS and len(node.children) == 3:
            return f", {node.children[1].text}"
    return ""


def _names_devices(node: Node) -> bool:
    """Whether two known devices stand in device identities."""
    texts = [part.text for part in node.children]
    return len(texts) == 2 and not any("unknown value" in text for text in texts)


def _strength(objects: tuple[Node, ...]) -> tuple[int, str]:
    """Command details of three bytes and device identities of two stand where they must (6.6 and 6.8)."""
    begins = {node.tag: node.value for node in objects[:3]}
    has_details = any(len(begins.get(tag, b"")) == 3 for tag in _DETAILS)
    devices = [node for node in objects[:3] if node.tag in _DEVICES]
    has_devices = any(_names_devices(node) for node in devices)
    if has_details and has_devices:
        return SURE, "tiles exactly, and begins with command details and device identities"
    if has_devices:
        return SURE, "tiles exactly, with device identities where they must be"
    if has_details:
        return LIKELY, "tiles exactly, and begins with command details"
    raise refuse("neither command details nor device identities at the beginning")
