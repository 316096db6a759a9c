# SPDX-License-Identifier: MIT
"""Tags or names with their values, in the spellings of logs, data sheets and programs.

`9F26: 7DE7...`, `95=0x8000...`, `9F02 06 0000...`, `Tag: 9F02 Len: 06 Value: 00...`, `TVR 8000008000`, JSON objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..core import tlv
from ..core.escape import counted
from ..core.model import Fact, Node, record
from ..core.values import fits
from .model import FITS, LIKELY, SURE, Caller, Reading, refuse
from .paste import Pasted, hex_digits
from .terms import Terms, chosen, tag_named, with_remarks

MAX_ENTRIES = 2000
MAX_LINE = 4096  # characters of an entry
_TAG = (
    r"(?:[0-9A-Fa-f][0-9A-Ea-e]|[02468ACEace][Ff]"
    r"|[13579BDFbdf][Ff](?:[89A-Fa-f][0-9A-Fa-f]){0,2}[0-7][0-9A-Fa-f])"
)
_BULLET = re.compile(r"[\s\-*•#>|{\[(\"'<,;]{0,16}")
_TAG_WORD = re.compile(r"(?:emv\s{1,4})?(?:tag|t)(?:[\s:=_\"'-]{1,8})", re.I)
_TAG_FIRST = re.compile(rf"(?:0[xX])?({_TAG})(?![0-9A-Za-z])[\s\"'>\])]{{0,8}}")
_NAME_AND_TAG = re.compile(
    rf"([A-Za-z][^:=(\[\t]{{1,60}})[(\[]\s?(?:tag\s)?(?:0[xX])?({_TAG})\s?[)\]]\s{{0,8}}"
)
_NAME_FIRST = re.compile(r"([A-Za-z][^:=\t]{0,60})[:=\t](.*)", re.S)
_NAME_BLANK_HEX = re.compile(
    r"([A-Za-z][A-Za-z0-9 _-]{0,40}?)\s{1,8}((?:0[xX])?[0-9A-Fa-f][0-9A-Fa-fx\s]*)", re.S
)
_SEPARATORS = re.compile(r"[:=|\t]|->|=>|\s[-–—]\s")
_REMARK = re.compile(r"\([^()]{0,200}\)|//[^\n]*|</[^>]{0,40}>")
_LENGTH_WORD = re.compile(r"(?:len|length|l)\b\W{0,4}", re.I)
_VALUE_WORD = re.compile(r"(?:value|val|v)\b\W{0,4}", re.I)
_BETWEEN_PAIRS = re.compile(rf"[\s,;&|]{{1,8}}(?=(?:0[xX])?{_TAG}\s?[:=])")
_WORDS = re.compile(r"[\s,;]+")
_END = "\"'`,;}])>. "


@record
class Entry:
    """One value under its tag. `text` is what was written where it is no hex."""

    tag: str
    value: bytes
    text: str = ""


def read_tag_list(paste: Pasted, caller: Caller) -> Reading:
    """Tags or names, each with its value."""
    text = paste.text
    if _is_byte_pairs(text):
        raise refuse("pairs of hex digits, no tags with values")
    entries, others = _entries(text, caller)
    if not entries:
        raise refuse("no tag or name with a value behind it")
    if others > len(entries):
        raise refuse(f"{counted(others, 'line')} without a tag and its value")
    terms = chosen(caller, [(entry.tag, entry.value) for entry in entries])
    nodes = with_remarks(_node(entry, terms) for entry in entries)
    strength, reason = _strength(entries, nodes, terms, others)
    remarks: tuple[str, ...] = ()
    if others:
        remarks = (f"{counted(others, 'line')} left out: no tag and value",)
    return Reading("tags", _title(entries, nodes, terms), strength, reason, nodes, remarks)


def _is_byte_pairs(text: str) -> bool:
    """Whether a text is bytes with colons or dashes between them: `9F:36:02`."""
    pairs = text.replace("-", ":").split(":")
    return len(pairs) > 2 and all(len(pair) == 2 and _is_hex_word(pair) for pair in pairs)


def _node(entry: Entry, terms: Terms) -> Node:
    fact = terms.facts.find(entry.tag)
    if entry.text:
        broken = Fact(fact.tag, fact.name, ref=fact.ref, sensitive=fact.sensitive, known=fact.known)
        return Node(broken, b"", 0, 0, 0, (), "", "its value is not hex")
    return tlv.value_node(fact, entry.value, 0, len(entry.value), terms.facts)


def _title(entries: list[Entry], nodes: tuple[Node, ...], terms: Terms) -> str:
    words = ""
    if terms.words:
        words = f", in the terms of {terms.words}"
    if len(entries) > 1:
        return f"tags with their values, {counted(len(entries), 'data object')}{words}"
    node = nodes[0]
    return f"one value: {node.tag} {node.name}{words}"


def _strength(
    entries: list[Entry], nodes: tuple[Node, ...], terms: Terms, others: int
) -> tuple[int, str]:
    with_row = [node for node in nodes if node.fact.known]
    fitting = 0
    for entry in entries:
        fact = terms.facts.find(entry.tag)
        fitting += fact.known and not entry.text and fits(fact, len(entry.value))
    count = len(entries)
    if fitting == count and not others:
        return SURE, "each value has its tag or name, and the length that its row asks for"
    if fitting and 2 * fitting >= count:
        return LIKELY, f"{fitting} of {count} values fit their tag"
    if with_row and 2 * len(with_row) >= count:
        return LIKELY, "the tags are known, but lengths are unusual"
    return FITS, "its form; the tags are unknown"


# From text to entries


def _entries(text: str, caller: Caller) -> tuple[list[Entry], int]:
    """The entries of a text, and how many lines are none."""
    pairs = _json_pairs(text)
    if pairs:
        entries = []
        for key, value in pairs[:MAX_ENTRIES]:
            entry = _of_pair(key, value, caller)
            if entry:
                entries.append(entry)
        return entries, len(pairs) - len(entries)
    lines = [line for line in text.splitlines() if line.strip(_END + "{[(")]
    if len(lines) == 1:
        return _of_line(lines[0], caller)
    entries = []
    others = 0
    for line in lines[:MAX_ENTRIES]:
        inner, left = _of_line(line, caller)
        entries += inner
        others += left
    return entries, others + max(len(lines) - MAX_ENTRIES, 0)


def _json_pairs(text: str) -> list[tuple[str, str]]:
    """Keys and values of a JSON object, or of a list of objects with tag and value."""
    if text[:1] not in ("{", "["):
        return []
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    return list(_pairs_in(document))


def _pairs_in(document: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > 8:
        return
    if isinstance(document, list):
        for item in document:
            yield from _pairs_in(item, depth + 1)
        return
    if not isinstance(document, dict):
        return
    keys = {str(key).lower(): value for key, value in document.items()}
    tag, value = keys.get("tag"), keys.get("value")
    if isinstance(tag, str) and isinstance(value, str):
        yield tag, value
        return
    for key, item in document.items():
        if isinstance(item, dict | list):
            yield from _pairs_in(item, depth + 1)
        else:
            yield str(key), str(item)


def _of_pair(key: str, value: str, caller: Caller) -> Entry | None:
    match = _TAG_FIRST.match(key)
    if match:
        return _entry(match[1].upper(), [value], caller)
    tag = tag_named(key, caller)
    if not tag:
        return None
    return _entry(tag, [value], caller)


def _of_line(line: str, caller: Caller) -> tuple[list[Entry], int]:
    """The entries of one line: several pairs, words that alternate, or one."""
    line = line[:MAX_LINE]
    parts = _BETWEEN_PAIRS.split(line)
    if len(parts) > 1:
        entries = [_of_text(part, caller) for part in parts]
        if all(entries):
            return [entry for entry in entries if entry], 0
    alternating = _alternating(line, caller)
    if alternating:
        return alternating, 0
    entry = _of_text(line, caller)
    if entry is None:
        return [], 1
    return [entry], 0


def _alternating(line: str, caller: Caller) -> list[Entry]:
    """Tags and values in turns, `9F27 80 9F36 0001`; nothing unless each tag is known and each length fits."""
    words = [word.removeprefix("0x") for word in _WORDS.split(line.strip(_END))]
    if len(words) < 2 or len(words) % 2 or not all(map(_is_hex_word, words)):
        return []
    entries = []
    for tag, value in zip(words[::2], words[1::2], strict=True):
        if len(value) % 2 or not re.fullmatch(_TAG, tag):
            return []
        entries.append(Entry(tag.upper(), bytes.fromhex(value)))
    facts = chosen(caller, [(entry.tag, entry.value) for entry in entries]).facts
    for entry in entries:
        fact = facts.find(entry.tag)
        if not fact.known or not fits(fact, len(entry.value)):
            return []
    return entries


def _is_hex_word(word: str) -> bool:
    return bool(word) and all(character in "0123456789abcdefABCDEF" for character in word)


def _of_text(text: str, caller: Caller) -> Entry | None:
    """One tag or name with its value."""
    bullet = _BULLET.match(text)
    if bullet:
        text = text[bullet.end() :]
    word = _TAG_WORD.match(text)
    if word:
        text = text[word.end() :]
    match = _TAG_FIRST.match(text)
    if match:
        entry = _behind_tag(match[1].upper(), text[match.end() :], caller)
        head = _SEPARATORS.split(text[match.end() :])[0]
        is_blank_alone = bool(head.strip()) and all(map(_is_hex_word, head.split()))
        if entry and not word and is_blank_alone and not _has_fixed_length(entry, caller):
            return None
        return entry
    match = _NAME_AND_TAG.match(text)
    if match:
        return _behind_tag(match[2].upper(), text[match.end() :], caller)
    for match in (_NAME_FIRST.match(text), _NAME_BLANK_HEX.fullmatch(text)):
        if not match:
            continue
        tag = tag_named(match[1], caller)
        if tag:
            return _entry(tag, _segments(match[2]), caller)
    return None


def _has_fixed_length(entry: Entry, caller: Caller) -> bool:
    """Whether a tag with nothing but blanks behind it asks for values of that length: any bytes may look so."""
    fact = chosen(caller, [(entry.tag, entry.value)]).facts.find(entry.tag)
    sizes = getattr(fact.describe, "sizes", ())
    is_fixed = bool(sizes) and all(low == high for low, high in sizes)
    return fact.known and is_fixed and fits(fact, len(entry.value))


def _behind_tag(tag: str, rest: str, caller: Caller) -> Entry | None:
    segments = _segments(rest)
    if not segments:
        return None
    return _entry(tag, segments, caller)


def _segments(rest: str) -> list[str]:
    """What stands between the separators behind a tag, without remarks and empty parts."""
    bare = _REMARK.sub(" ", rest)
    if not bare.strip(_END):
        bare = rest.strip("() ")
    segments = []
    for segment in _SEPARATORS.split(bare):
        segment = segment.strip(_END + "<([{")
        if segment:
            segments.append(segment)
    return segments


def _entry(tag: str, segments: list[str], caller: Caller) -> Entry | None:
    """The entry of a tag: its value is the last segment of hex; a length in front of it is taken off."""
    hex_segments = []
    for segment in segments:
        digits = _hex_of(segment)
        if digits:
            hex_segments.append(digits)
    fact = chosen(caller, [(tag, b"")]).facts.find(tag)
    if not segments:
        return None
    if not hex_segments:
        return _text_entry(tag, fact, segments[-1])
    value = bytes.fromhex(hex_segments[-1])
    return Entry(tag, _without_length(value, fact))


def _hex_of(segment: str) -> str:
    """The hex digits of a segment, behind a word like `Value`; empty where it is no whole bytes."""
    for word in (_LENGTH_WORD, _VALUE_WORD):
        match = word.match(segment)
        if match:
            segment = segment[match.end() :]
    digits, _ = hex_digits(segment)
    if len(digits) % 2:
        return ""
    return digits


def _without_length(value: bytes, fact: Fact) -> bytes:
    """A value behind its length, `06 000000001234`: where the length is right and the whole would not fit."""
    rest = value[1:]
    if value[:1] != bytes([len(rest) & 0xFF]) or not rest:
        return value
    if fact.known and fits(fact, len(value)) and not fits(fact, len(rest)):
        return value
    if fact.layout or not fact.known or not fits(fact, len(value)):
        return rest
    if len(rest) > 1 and fits(fact, len(rest)):
        return rest
    return value


def _text_entry(tag: str, fact: Fact, text: str) -> Entry | None:
    """A value in clear: only where its row reads text."""
    text = text.strip()
    if not text or not fact.known:
        return None
    value = text.encode("latin-1", "replace")
    if fact.describe(b"AB") == "AB" and fits(fact, len(value)):
        return Entry(tag, value)
    return Entry(tag, b"", text)


def single_value(tag: str, paste: Pasted, caller: Caller) -> Reading:
    """A value that the caller names by its tag."""
    if not paste.digits:
        raise refuse(f"not hex: {paste.fault}")
    data = paste.data
    terms = chosen(caller, [(tag, data)])
    fact = terms.facts.find(tag)
    tag_bytes = bytes.fromhex(tag)
    if data.startswith(tag_bytes):
        rows = tlv.scan(data)
        if rows[0][0] == tag and rows[0][4] == len(data) and not rows[0][5]:
            data = data[rows[0][3] :]
    title = f"one value: {tag} {fact.name}"
    if terms.words:
        title += f", in the terms of {terms.words}"
    if paste.is_odd:
        raise refuse("half a byte at the end")
    if not fits(fact, len(data)):
        expected = getattr(fact.describe, "expected", "")
        raise refuse(f"{tag} {fact.name} has {expected} bytes, {len(data)} here")
    node = tlv.value_node(fact, data, 0, len(data), terms.facts)
    (remarked,) = with_remarks([node])
    if not fact.known:
        return Reading(tag, title, FITS, "you say so; no row has this tag", (remarked,))
    return Reading(tag, title, SURE, "you say so, and its length fits", (remarked,))
