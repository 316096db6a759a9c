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
from ..core.codec import is_constructed, luhn_ok, parse_bcd, parse_cn, to_hex
from ..core.dictionary import load, shipped
from ..core.facts import Facts
from ..core.model import Context, Fact, Node, record
from ..core.registers import aid_name, lookup
from ..core.values import fits
from .model import Caller

# The applications that are asked, in this order where they know equally much.
CANDIDATES = ("emv", ANY_CARD, "telecom", "globalplatform", "openpgp", "piv", "tunion")
MOST_SCORED = 200  # objects that are looked at to choose an application
MOST_NAMED = 3  # applications that name the same objects alike
LEAST_PREFIX = 6  # letters of the beginning of a name that stand for it
_AID_TAGS = ("84", "4F", "9F06")
_AMOUNTS = ("9F02", "9F03", "81", "9F04")
_LETTERS = re.compile(r"[^a-z0-9]+")


@record
class Terms:
    """The rows in force, and in whose terms they are, for a person; empty where they hold for any card.

    rivals: others that know the same objects equally well, under other names.
    """

    facts: Facts
    words: str = ""
    rivals: tuple[str, ...] = ()


class _EitherSide(Facts):
    """The rows of a string of which nobody says who sent it: those of a terminal's own data hold, too."""

    def find(self, tag: str, parent: str = "") -> Fact:
        fact = super().find(tag, parent)
        return fact if fact.sent else replace(fact, sent=True)


@functools.lru_cache(maxsize=256)
def _either_side(names: tuple[str, ...]) -> Facts:
    return _EitherSide(*names)


def _facts(context: Context) -> Facts:
    return _either_side(facts_of(context).names)


def terms_of(context: Context) -> Terms:
    """The rows of a context."""
    words = ""
    if context.application != ANY_CARD:
        words = aid_name(context.aid) or get(context.application).title
    return Terms(_facts(context), words)


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
    contexts = [caller.context(name) for name in CANDIDATES]
    scores = [_score(_facts(context), pairs) for context in contexts]
    best = max(scores, key=lambda score: score.points)
    usual = contexts[scores.index(best)]
    if best.is_whole or not _may_be_elsewhere(pairs):
        return terms_of(usual)
    return _of_others(caller, pairs, best.fitting) or terms_of(usual)


def _may_be_elsewhere(pairs: list[tuple[str, bytes]]) -> bool:
    """Whether the tags say enough for a search in all applications: a tag of one byte is known to many of them."""
    return any(value and (len(tag) > 2 or is_constructed(tag)) for tag, value in pairs)


def _of_others(caller: Caller, pairs: list[tuple[str, bytes]], least: int) -> Terms | None:
    """The terms of the application or scheme in which more objects fit than in the usual ones, and its rivals.

    Rows that are from memory stand behind those with a source.
    """
    knowing: list[Context] = []
    for key in shipped():
        context = _context_of(caller, key)
        fitting = _score(_facts(context), pairs).fitting
        if fitting > least:
            knowing, least = [context], fitting
        elif fitting == least and knowing:
            knowing.append(context)
    if not knowing:
        return None
    first, *others = sorted(map(terms_of, knowing), key=lambda terms: _from_memory(terms, pairs))
    names = _names_of(first, pairs)
    agreeing = [first.words, *(terms.words for terms in others if _names_of(terms, pairs) == names)]
    rivals = [terms.words for terms in others if _names_of(terms, pairs) != names]
    words = ", ".join(list(dict.fromkeys(agreeing))[:MOST_NAMED])
    return Terms(first.facts, words, tuple(dict.fromkeys(rivals)))


def _from_memory(terms: Terms, pairs: list[tuple[str, bytes]]) -> int:
    """How many of the objects are known by a row that nobody checked."""
    return sum(terms.facts.find(tag).checked == "memory" for tag, _ in pairs[:MOST_SCORED])


def _context_of(caller: Caller, key: str) -> Context:
    """The context of a data file: of an application, or of a scheme of one, which its AID names."""
    app = get(key)
    context = caller.context(app.over or key)
    if app.over and app.aids:
        return replace(context, aid=app.aids[0])
    return context


def _names_of(terms: Terms, pairs: list[tuple[str, bytes]]) -> list[str]:
    return [terms.facts.find(tag).name for tag, _ in pairs[:MOST_SCORED]]


def _aid_in(pairs: list[tuple[str, bytes]], data: bytes) -> str:
    """The AID that stands in the objects."""
    values = {tag: value for tag, value in pairs if tag in _AID_TAGS}
    if data and data[:1] in (b"\x6f", b"\x61", b"\x62", b"\x70"):
        values |= tlv.first(data, *_AID_TAGS)
    for tag in _AID_TAGS:
        if 5 <= len(values.get(tag, b"")) <= 16:
            return to_hex(values[tag])
    return ""


@record
class _Score:
    """How well rows know objects: how many are known, and of how many the length is as the row says."""

    known: int = 0
    fitting: int = 0
    objects: int = 0

    @property
    def points(self) -> int:
        """What is compared: of two that know the same objects, the one whose lengths fit is better."""
        return self.known + self.fitting

    @property
    def is_whole(self) -> bool:
        """Whether nothing is unknown or of another length."""
        return self.known == self.fitting == self.objects


def _score(facts: Facts, pairs: list[tuple[str, bytes]]) -> _Score:
    """How many objects have a row, and a value of the length that it asks for."""
    known = fitting = objects = 0
    for tag, value in pairs[:MOST_SCORED]:
        for is_known, fact_fits in _known(facts, tag, value):
            objects += 1
            known += is_known
            fitting += fact_fits
    return _Score(known, fitting, objects)


def _known(facts: Facts, tag: str, value: bytes) -> Iterator[tuple[bool, bool]]:
    """An object, and what is in it where it is a template: whether it has a row, and whether its length fits."""
    fact = facts.find(tag)
    yield fact.known, fact.known and fits(fact, len(value))
    if not fact.known or fact.opens != "template":
        return
    above = [tag]
    for inner, depth, _, body, stop, error in tlv.scan(value)[:MOST_SCORED]:
        del above[depth + 1 :]
        row = facts.find(inner, above[-1])
        above.append(inner)
        if not error:
            yield row.known, row.known and fits(row, stop - body)


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
