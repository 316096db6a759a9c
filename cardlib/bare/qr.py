# SPDX-License-Identifier: MIT
"""QR codes of payments (EMV QR Code): shown by the merchant in decimal digits, by the consumer in base64; others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core.layout.checks import CHECKS
from ..core.model import ANY_CARD, Node
from ..core.registers import aid_name, lookup
from .model import LIKELY, PROVEN, SURE, Caller, NoFit, Reading, refuse
from .objects import tlv_nodes
from .paste import Pasted, from_base64
from .payment_codes import read_payment_code
from .qr_request import faults, hosts, network_row, request_line, value_of
from .tables import alone, layout

_REF = "EMV QR Code, merchant-presented mode, 4"
_BEGINS = "0002"  # the payload format indicator, which stands first (MPM, 4.1)
_CONSUMER = b"\x85\x05CPV"
_CHECK_SUM = "63"
NO_CHECK_SUM = "its check sum (63) is missing"
WRONG_CHECK_SUM = "the check sum (63) is wrong: the code was changed or copied badly"
# Objects that each code has (MPM, 4.2), and how many of them a damaged one must still have.
_USUAL = frozenset(("00", "52", "53", "58", "59", "60"))
LEAST_USUAL = 3


def read_qr(paste: Pasted, caller: Caller) -> Reading:
    """A code of either mode, or one of another kind."""
    text = paste.text.strip("\r\n")
    if text.startswith(_BEGINS):
        return _merchant(text)
    data = paste.data
    if not paste.digits:
        data = from_base64(text)
    if data.startswith(_CONSUMER):
        return _consumer(data)
    try:
        return read_payment_code(text)
    except NoFit:
        pass
    raise refuse("it begins neither with 0002 nor, in base64, with 85 05 CPV")


def _consumer(data: bytes) -> Reading:
    nodes, damage = tlv_nodes(data, ANY_CARD, "emv", "qr")
    title = f"QR code, consumer-presented: {_offered(nodes)}"
    if damage:
        remarks = (f"damaged: {damage}",)
        return Reading("qr", title, SURE, "it begins with CPV", nodes, remarks)
    return Reading("qr", title, SURE, "it begins with CPV, and tiles exactly", nodes)


def _offered(nodes: tuple[Node, ...]) -> str:
    """What the consumer offers to pay with, and whether the card made a cryptogram for it."""
    names = []
    signed = False
    for node in nodes:
        tags = {part.tag: part for _, part in node.walk()}
        signed = signed or "9F26" in tags
        if node.tag == "61" and "4F" in tags:
            aid = tags["4F"].value.hex().upper()
            names.append(aid_name(aid) or aid)
    text = " or ".join(dict.fromkeys(names)) or "no application named"
    if signed:
        return f"offers {text}, with a cryptogram"
    return f"offers {text}, without a cryptogram: it may be shown again"


def _merchant(text: str) -> Reading:
    data = text.encode("utf-8", "replace")
    objects = layout("QR, merchant-presented", "decimal", _REF).parse(data)
    broken = [node for node in objects if node.error and node.tag != _CHECK_SUM]
    if broken and not _is_usable(objects):
        raise refuse(f"an object of a QR code: {broken[0].error}")
    nodes = tuple(_remarked(alone(node)) for node in objects)
    title = f"QR code, merchant-presented: {request_line(objects)}"
    remarks = (*_damage(objects), *faults(objects), *hosts(objects))
    if broken:
        return Reading("qr", title, LIKELY, "its beginning is that of a code", nodes, remarks)
    last = objects[-1]
    if last.tag != _CHECK_SUM:
        remarks = (*remarks, NO_CHECK_SUM)
        return Reading("qr", title, LIKELY, "its objects tile exactly", nodes, remarks)
    if not CHECKS["crc16"](last.value.upper(), b"", data[: last.body]):
        remarks = (WRONG_CHECK_SUM, *remarks)
        return Reading("qr", title, LIKELY, "its objects tile exactly", nodes, remarks)
    return Reading("qr", title, PROVEN, "its check sum (63) is right", nodes, remarks)


def _damage(nodes: tuple[Node, ...]) -> Iterator[str]:
    """What is wrong in the objects, but for the check sum."""
    for node in nodes:
        if node.error and node.tag != _CHECK_SUM:
            yield f"damaged: {node.tag or 'the end'}: {node.error}"
        for part in node.children:
            if part.error:
                yield f"damaged: {node.tag}, {part.tag or 'its end'}: {part.error}"


def _is_usable(nodes: tuple[Node, ...]) -> bool:
    """Whether a damaged code still has objects that each code has."""
    tags = {node.tag for node in nodes if not node.error}
    return len(tags.intersection(_USUAL)) >= LEAST_USUAL


def _remarked(node: Node) -> Node:
    """The currency by its name, the application behind a unique identifier."""
    text = node.value.decode("utf-8", "replace")
    if node.tag == "53":
        return replace(node, note=lookup("currencies", text) or "unknown currency")
    if not node.children:
        return node
    children = []
    names = network_row(value_of(node.children, "00")).get("objects", {})
    for part in node.children:
        child = alone(part)  # its digits are no number together with those of its neighbours
        if child.tag == "00":
            name = aid_name(child.value.decode("utf-8", "replace"))
            child = replace(child, note=name or child.note)
        elif child.tag in names:
            child = replace(child, note=names[child.tag])
        children.append(child)
    return replace(node, children=tuple(children))
