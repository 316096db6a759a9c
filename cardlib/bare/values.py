# SPDX-License-Identifier: MIT
"""Values without tag or name whose form shows what they are: CVM list, AFL, issuer application data; CVR by scheme."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..apps import by_aid, facts_of
from ..core import tlv
from ..core.dictionary import load
from ..core.escape import counted
from ..core.facts import Facts, facts
from ..core.layout import Layout
from ..core.layout.field import Block, Field, Switch
from ..core.model import Fact, Node
from ..core.registers import aid_name
from ..core.values import Describe, fits
from .model import FITS, GUESS, LIKELY, SURE, Caller, Reading, refuse
from .paste import Pasted
from .terms import overlays_of

_PAYMENT = "emv"
MOST_RESULTS = 16  # bytes of card verification results
MAX_NAMED = 6  # rows that are named where a size alone is known
_NO_NAME = "not named"  # how a set of bits says that one has no name


def _data(paste: Pasted) -> bytes:
    if not paste.digits or paste.is_odd:
        raise refuse("no whole bytes of hex")
    return paste.data


def _payment(caller: Caller) -> Facts:
    application = _PAYMENT
    if caller.aid:
        application, _ = by_aid(caller.aid, caller.dictionaries)
    return facts_of(caller.context(application))


def _reading(tag: str, data: bytes, rows: Facts, strength: int, reason: str) -> Reading:
    fact = rows.find(tag)
    node = tlv.value_node(fact, data, 0, len(data), rows)
    return Reading(tag, f"one value: {tag} {fact.name}", strength, reason, (node,))


def read_cvm_list(paste: Pasted, caller: Caller) -> Reading:
    """Two amounts and rules of two bytes, each with a named method and condition (EMV Book 3, 10.5)."""
    data = _data(paste)
    if len(data) < 10 or len(data) % 2 or len(data) > 252:
        raise refuse("a CVM list has 8 bytes of amounts and rules of 2 bytes")
    rows = _payment(caller)
    node = tlv.value_node(rows.find("8E"), data, 0, len(data), rows)
    unnamed = [part for _, part in node.walk() if "unknown value" in part.text]
    if unnamed:
        raise refuse("a rule without a named method or condition")
    if data[:2] != bytes(2):
        raise refuse("no amounts of usual size in front")
    strength = LIKELY if data[:8] == bytes(8) else FITS
    return _reading("8E", data, rows, strength, "every rule has a named method and condition")


def read_afl(paste: Pasted, caller: Caller) -> Reading:
    """Entries of four bytes: SFI, first and last record, how many are signed (EMV Book 3, 10.2)."""
    data = _data(paste)
    if not data or len(data) % 4 or len(data) > 252:
        raise refuse("an AFL has entries of 4 bytes")
    for at in range(0, len(data), 4):
        sfi, first, last, signed = data[at : at + 4]
        in_order = 0 < first <= last and signed <= last - first + 1
        if sfi & 7 or not 0 < sfi >> 3 <= 30 or not in_order:
            raise refuse(f"entry {at // 4 + 1} names no legal file and records")
    strength = LIKELY if len(data) > 4 else FITS
    rows = _payment(caller)
    return _reading("94", data, rows, strength, "every entry names a legal file and records")


def read_issuer_data(paste: Pasted, caller: Caller) -> Reading:
    """Issuer application data: in the layout of the given application, else of the schemes whose form fits."""
    data = _data(paste)
    if not 7 <= len(data) <= 32:
        raise refuse("issuer application data that tells its layout has 7 to 32 bytes")
    fitting = list(_issuer_layouts(data, caller))
    if not fitting:
        raise refuse("no layout of issuer application data fits")
    nodes = []
    for title, rows in fitting:
        node = tlv.value_node(rows.find("9F10"), data, 0, len(data), rows)
        nodes.append(replace(node, note=f"layout: {title}"))
    if caller.aid:
        name, reason, strength = fitting[0][0], "by the AID that you give", SURE
    elif len(fitting) == 1:
        name, reason, strength = fitting[0][0], "its form; the scheme is not known", FITS
    else:
        name = f"of one of {counted(len(fitting), 'scheme')}"
        reason, strength = "its form; --aid decides the scheme", FITS
    if not caller.aid and data[0] not in (len(data) - 1, 0x0F) and len(data) != 18:
        strength = GUESS
    title = f"issuer application data (9F10), {name}"
    return Reading("iad", title, strength, reason, tuple(nodes))


def _issuer_layouts(data: bytes, caller: Caller) -> Iterator[tuple[str, Facts]]:
    """The names of the layouts of issuer application data that a value takes, with the rows that have them."""
    if caller.aid:
        rows = _payment(caller)
        name = _alternative(rows.find("9F10"), data)
        if name:
            yield f"{name} ({aid_name(caller.aid) or caller.aid})", rows
        return
    seen: set[str] = set()
    for overlay in overlays_of(_PAYMENT):
        rows = facts("iso7816", _PAYMENT, overlay)
        name = _alternative(rows.find("9F10"), data)
        if name and name not in seen:
            seen.add(name)
            yield f"{name} ({load(overlay).title})", rows


def _alternative(fact: Fact, data: bytes) -> str:
    layout = fact.layout
    if not isinstance(layout, Layout):
        return ""
    return layout.alternative(data)


def read_cvr(paste: Pasted, caller: Caller) -> Reading:
    """Card verification results, as they stand in the issuer application data of each scheme."""
    data = _data(paste)
    if len(data) > MOST_RESULTS:
        raise refuse(f"card verification results have at most {MOST_RESULTS} bytes")
    fitting = list(_verification_results(data, caller))
    if not fitting:
        raise refuse(f"no scheme has card verification results of {counted(len(data), 'byte')}")
    nodes = []
    for title, field_nodes in fitting:
        nodes.append(Node(Fact("", f"CVR, {title}"), data, 0, 0, len(data), field_nodes))
    if len(fitting) == 1:
        return Reading(
            "cvr", f"card verification results, {fitting[0][0]}", SURE, "its length", tuple(nodes)
        )
    title = f"card verification results, of one of {counted(len(fitting), 'scheme')}"
    return Reading("cvr", title, LIKELY, "its length; --aid decides the scheme", tuple(nodes))


def _verification_results(data: bytes, caller: Caller) -> Iterator[tuple[str, tuple[Node, ...]]]:
    overlays = overlays_of(_PAYMENT)
    if caller.aid:
        context_rows = _payment(caller)
        overlays = tuple(name for name in overlays if name in context_rows.names)
    for overlay in overlays:
        layout = facts("iso7816", _PAYMENT, overlay).find("9F10").layout
        if not isinstance(layout, Layout):
            continue
        for field in _fields(layout.fields, "CVR"):
            value = data
            if data[:1] == bytes([len(data) - 1]) and field.size.bits == 8 * (len(data) - 1):
                value = data[1:]  # behind its length, as Visa writes it
            if field.size.bits == 8 * len(value):
                sub_layout = Layout("", (field,))
                yield load(overlay).title, sub_layout.parse(value)
                break


def _fields(block: Block, name: str) -> Iterator[Field]:
    """The fields of that name in a layout, in any branch."""
    for item in block:
        if isinstance(item, Switch):
            for _, lines in item.branches:
                yield from _fields(lines, name)
        elif item.name == name:
            yield item


def read_results(paste: Pasted, caller: Caller) -> Reading:
    """Five bytes whose set bits all have names as terminal verification results: no more than a guess."""
    data = _data(paste)
    rows = _payment(caller)
    fact = rows.find("95")
    if len(data) != 5 or not fits(fact, len(data)):
        raise refuse("terminal verification results have 5 bytes")
    if _NO_NAME in fact.describe(data):
        raise refuse("a bit without a name in terminal verification results")
    return _reading("95", data, rows, GUESS, "five bytes, and each bit that is set has a name")


def of_that_size(size: int) -> list[str]:
    """The values of payments that always have that many bytes, for whoever must say which one it is."""
    rows = facts("iso7816", _PAYMENT)
    names = []
    for tag in load(_PAYMENT).tags:
        describe = rows.find(tag).describe
        if isinstance(describe, Describe) and describe.sizes == ((size, size),):
            names.append(f"{tag} {rows.find(tag).name}")
    return names[:MAX_NAMED]
