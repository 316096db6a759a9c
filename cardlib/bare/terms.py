# SPDX-License-Identifier: MIT
"""In whose terms a string is read: the application that an AID in it names, else the one that knows most of its tags.

Names of values ("TVR", "CVM list") are those of the rows, too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..apps import ANY_CARD, by_aid, by_answer, facts_of, get
from ..core import tlv
from ..core.codec import luhn_ok, parse_bcd, parse_cn, to_hex
from ..core.dictionary import load, shipped
from ..core.facts import Facts
from ..core.model import Context, Node, record
from ..core.registers import aid_name, lookup
from ..core.values import fits
from .model import Caller

# The applications that are asked, in this order where they know equally much.
CANDIDATES = ("emv", ANY_CARD, "telecom", "globalplatform", "openpgp", "piv", "tunion")
MOST_SCORED = 200  # objects that are looked at to choose an application
LEAST_PREFIX = 6  # letters of the beginning of a name that stand for it
_AID_TAGS = ("84", "4F", "9F06")
_AMOUNTS = ("9F02", "9F03", "81", "9F04")
_LETTERS = re.compile(r"[^a-z0-9]+")


@record
class Terms:
    """The rows in force, and in whose terms they are, for a person; empty where they hold for any card."""

    facts: Facts
    words: str = ""


def terms_of(context: Context) -> Terms:
    """The rows of a context."""
    words = ""
    if context.application != ANY_CARD:
        words = aid_name(context.aid) or get(context.application).title
    return Terms(facts_of(context), words)


def chosen(caller: Caller, objects: Iterable[tuple[str, bytes]], data: bytes = b"") -> Terms:
    """The terms for objects of the outermost level: by the caller's AID, by one in them, else by what is known."""
    pairs = list(objects)
    aid = caller.aid or _aid_in(pairs, data)
    if aid:
        application, _ = by_aid(aid, caller.dictionaries)
        context = replace(caller.context(application), aid=aid, how="selected")
        if application != ANY_CARD:
            return terms_of(context)
    shown = by_answer(data, caller.dictionaries) if data else ""
    if shown:
        return terms_of(caller.context(shown))
    best = (-1, ANY_CARD)
    for name in CANDIDATES:
        score = _score(facts_of(caller.context(name)), pairs)
        if score > best[0]:
            best = (score, name)
    return terms_of(caller.context(best[1]))


def _aid_in(pairs: list[tuple[str, bytes]], data: bytes) -> str:
    """The AID that stands in the objects."""
    values = {tag: value for tag, value in pairs if tag in _AID_TAGS}
    if data and data[:1] in (b"\x6f", b"\x61", b"\x62", b"\x70"):
        values |= tlv.first(data, *_AID_TAGS)
    for tag in _AID_TAGS:
        if 5 <= len(values.get(tag, b"")) <= 16:
            return to_hex(values[tag])
    return ""


def _score(facts: Facts, pairs: list[tuple[str, bytes]]) -> int:
    """How many objects have a row, and a value of the length that it asks for."""
    score = 0
    for tag, value in pairs[:MOST_SCORED]:
        for name, fact_fits in _known(facts, tag, value):
            score += bool(name) + fact_fits
    return score


def _known(facts: Facts, tag: str, value: bytes) -> Iterator[tuple[str, bool]]:
    """An object, and what is in it where it is a template: its name, and whether its length fits."""
    fact = facts.find(tag)
    if fact.known:
        yield fact.name, fits(fact, len(value))
    if fact.opens != "template":
        return
    above = [tag]
    for inner, depth, _, body, stop, error in tlv.scan(value)[:MOST_SCORED]:
        del above[depth + 1 :]
        row = facts.find(inner, above[-1])
        above.append(inner)
        if row.known and not error:
            yield row.name, fits(row, stop - body)


def tag_named(text: str, caller: Caller) -> str:
    """The tag that a name of a row stands for: its abbreviation, its name, or the beginning of it; or empty."""
    key = _plain(text)
    if not key:
        return ""
    application = "emv"
    if caller.aid:
        application, _ = by_aid(caller.aid, caller.dictionaries)
    names = _names(application, caller.aid, caller.dictionaries)
    if key in names:
        return names[key]
    if len(key) < LEAST_PREFIX:
        return ""
    tags = {tag for name, tag in names.items() if name.startswith(key)}
    if len(tags) != 1:
        return ""
    return tags.pop()


def _plain(text: str) -> str:
    return _LETTERS.sub("", text.lower())


@functools.lru_cache(maxsize=64)
def _names(application: str, aid: str, dictionaries: tuple[str, ...]) -> dict[str, str]:
    """Names and abbreviations of the data objects in force, without blanks and marks."""
    context = Caller(aid, dictionaries).context(application)
    files = [*facts_of(context).names]
    names: dict[str, str] = {}
    for file in reversed(files):
        for tag, row in load(file).tags.items():
            if "/" in tag:
                continue
            name = str(row.get("name", ""))
            plain_name = name.partition(" (")[0]
            for text in (str(row.get("abbr", "")), name, plain_name):
                if _plain(text):
                    names.setdefault(_plain(text), tag)
    return names


@functools.cache
def overlays_of(application: str) -> tuple[str, ...]:
    """The data files of the schemes of an application."""
    return tuple(name for name in shipped() if get(name).over == application)


def with_remarks(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """The nodes, with what several say together: the amount in its currency, a card number with a wrong check digit."""
    tree = tuple(nodes)
    currency = _currency(tree)
    return tuple(_remarked(node, currency) for node in tree)


def _currency(nodes: tuple[Node, ...]) -> str:
    """The transaction currency that one of the nodes names, as three digits."""
    for node in nodes:
        inner = node if node.tag == "5F2A" else node.find("5F2A")
        if inner is not None and len(inner.value) == 2:
            return to_hex(inner.value)[1:]
    return ""


def _remarked(node: Node, currency: str) -> Node:
    if node.children and not node.fact.layout:
        return replace(node, children=tuple(_remarked(child, currency) for child in node.children))
    if node.tag in _AMOUNTS and currency:
        amount = money(node.value, node.tag, currency)
        return replace(node, note=amount or node.note)
    if node.tag == "5A" and not node.error:
        digits = parse_cn(node.value) or ""
        if len(digits) >= 12 and not luhn_ok(digits):
            return replace(node, note="check digit wrong")
    return node


def money(value: bytes, tag: str, currency: str) -> str:
    """An amount in its currency: "12.34 EUR"; empty where one of the two is not known."""
    digits = parse_bcd(value)
    if tag in ("81", "9F04"):
        digits = str(int.from_bytes(value))
    name = lookup("currencies", currency)
    if not digits or not name or len(value) > 6:
        return ""
    places = int(lookup("exponents", currency) or 2)
    padded = str(int(digits)).zfill(places + 1)
    if not places:
        return f"{padded} {name}"
    return f"{padded[:-places]}.{padded[-places:]} {name}"
