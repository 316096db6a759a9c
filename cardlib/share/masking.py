# SPDX-License-Identifier: MIT
"""What is shown hides what is sensitive: in values, in raw hex, and in the hex of every parent.

What a row or a command marks as sensitive is hidden: a PAN keeps its first six and last four digits, everything else
becomes asterisks of the same length. What was hidden is hidden wherever it occurs in the same exchange. Bytes that no
row explains are searched for what looks like a card number, and text everywhere (guesses.py).
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import field
from functools import cache, lru_cache
from pathlib import Path

from ..apps.instructions import LOAD_KEYS, READER, SECRET
from ..core.codec import to_hex
from ..core.dictionary import head_of, load, shipped
from ..core.layout.piece import TURNED
from ..core.layout.summary import text_of
from ..core.model import Capture, Exchange, Frame, Node, Sensitive, Side, record
from ..road.meaning import COMMAND, RESPONSE, halves
from .guesses import MIN_PAN, Span, in_bytes, in_text, is_like_number

STAR = "*"
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
LEAST = 10  # hex digits of a secret that is looked for elsewhere: shorter ones occur by chance
FIRST, LAST = 6, 4  # digits of a PAN that are shown
TRACES = Path(__file__).resolve().parent.parent.parent / "traces"
HEADER = 10  # hex digits of CLA, INS, P1, P2 and Lc
STATUS = 4  # hex digits of a status word

Forms = dict[str, str]  # a secret in a form in which it may occur again, and how that is shown
_Inside = tuple[Node, Sensitive]  # a node, and the kind of secret that stands around it

_UID = re.compile(r"(?<=UID |IDm )[0-9A-F]{8,}")  # in the note of a radio frame
_PAN = re.compile(r"(?<!\d)\d{13,19}(?!\d)")
_PUT_KEY = 0xD8  # GlobalPlatform Card Specification, 11.8
_SECRET_INS = tuple(bytes((ins,)) for ins in (*SECRET, _PUT_KEY))
_LOAD_KEY = bytes((READER, LOAD_KEYS))
# First bytes of commands, where one may have been taken for an answer.
_CLASSES = tuple(bytes((cla,)) for cla in range(256) if cla >> 4 in (0x0, 0x8, 0xA))
_AUTHENTICATE = 0x88
_GSM = 0xA0  # the class of GSM 11.11
_OPEN_FRAMES = ("atr", "ats", "pps")


@record
class Shown:
    """One half as it may be shown: its decoded tree and its hex, two characters a byte, with what is hidden as `*`.

    `texts` is the hex of every buffer that its nodes are views of, by identity; None where all is shown.
    """

    side: Side
    node: Node
    hex: str
    texts: dict[int, str] | None = field(default=None, repr=False, compare=False)

    def hex_of(self, node: Node) -> str:
        """The hex of a node of this half."""
        return self._hex(node, node.start)

    def value_hex_of(self, node: Node) -> str:
        """The hex of a node's value; of single bits, that of the bytes that they touch."""
        return self._hex(node, node.body)

    def _hex(self, node: Node, start: int) -> str:
        if self.texts is None:
            return to_hex(node.buf[start : node.stop])
        text = self.texts.get(id(node.buf))
        if text is None:  # bytes made of what is hidden, or of elsewhere
            return STAR * 2 * (node.stop - start)
        return text[2 * start : 2 * node.stop]

    def text_of(self, node: Node) -> str:
        """The text of a node; where part of its value is hidden, hidden in the same way."""
        text = text_of(node)
        value_hex = self.value_hex_of(node)
        if STAR not in value_hex:
            return text
        if node.fact.layout is not None and node.children and text:
            return self._fields(node, "; ")
        if node.bits is None and to_hex(node.value).startswith(text):
            return value_hex[: len(text)]
        return STAR * len(text)

    def _fields(self, node: Node, separator: str) -> str:
        """Name and text of each field of a value with a layout, hidden where the field is."""
        texts = []
        for child in node.children:
            text = self.text_of(child)
            if child.children and not text:
                text = self._fields(child, ", ")
            texts.append(f"{child.name} {text}".strip())
        return separator.join(texts)


def shown(exchange: Exchange, reveal: bool = False) -> list[Shown]:
    """The halves of an exchange, decoded, and masked unless `reveal`."""
    sides = list(halves(exchange))
    if reveal:
        return [Shown(side, half, to_hex(half.buf)) for side, half in sides]
    texts = _texts([half for _, half in sides])
    views = []
    for side, half in sides:
        text = texts[id(half.buf)]
        views.append(Shown(side, half, text, texts))
    return views


def shown_node(node: Node, reveal: bool = False) -> Shown:
    """A node that stands alone, with what is below it."""
    if reveal:
        return Shown("response", node, to_hex(node.buf))
    roots: Sequence[Node] = (node,)
    if node.children and not node.buf:
        roots = node.children
    texts = _texts(roots)
    return Shown("response", node, texts.get(id(node.buf), ""), texts)


@record
class _Buffer:
    """Bytes that nodes are views of: which of their hex digits are hidden, and which bytes no row explains."""

    data: bytes
    hidden: list[Span] = field(default_factory=list)
    unknown: list[Span] = field(default_factory=list)

    def hide(self, start: int, stop: int) -> None:
        """Hide bytes."""
        self.hidden.append((2 * start, 2 * stop))


def _texts(roots: Sequence[Node]) -> dict[int, str]:
    """The hex of every buffer below these nodes, by its identity, with what must not be shown hidden."""
    secrets: Forms = {}
    buffers = _look(roots, secrets)
    command = next((half.buf for half in roots if half.fact is COMMAND), b"")
    for half in roots:
        buffers[id(half.buf)].hidden.extend(_secret_data(half, command))
    longest_first = sorted(secrets, key=len, reverse=True)
    texts = {}
    for key, buffer in buffers.items():
        text = to_hex(buffer.data)
        spans = buffer.hidden
        spans.extend(in_text(buffer.data))
        spans.extend(in_bytes(text, buffer.unknown))
        for secret in longest_first:
            text = text.replace(secret, secrets[secret])
        texts[key] = hide(text, spans) if spans else text
    return texts


def _look(roots: Sequence[Node], secrets: Forms) -> dict[int, _Buffer]:
    """Look at every node once: its buffer, what of it is sensitive, whether it is explained; fills `secrets`."""
    buffers: dict[int, _Buffer] = {}
    nodes: list[_Inside] = [(root, "") for root in roots]
    for node, around in nodes:  # the list grows by what is below each
        buffer = buffers.get(id(node.buf))
        if buffer is None:
            buffer = buffers[id(node.buf)] = _Buffer(node.buf)
        kind = _kind_inside(node, around)
        if kind and not shares_parts(node):
            _hide(node, kind, buffer, secrets)
        elif node.children:
            if _turned_secrets(node):
                buffer.hide(node.body, node.stop)
            nodes.extend((child, kind) for child in node.children)
        elif not node.fact.known or _may_be_number(node):
            buffer.unknown.append((node.start, node.stop))
    return buffers


def _kind_inside(node: Node, around: Sensitive) -> Sensitive:
    """What kind of secret a node is, where what stands around it is one too; what may be shared is none."""
    kind = sensitivity(node)
    if kind or node.fact.share:
        return kind
    return around


def shares_parts(node: Node) -> bool:
    """Whether a secret has parts that may be shared."""
    facts = (part.fact for _, part in node.walk())
    return any(fact.share for fact in facts)


def _turned_secrets(node: Node) -> bool:
    """Whether a value was turned round before it was cut into parts, and some of them are secret.

    The parts stand in a buffer of their own, so hiding them there does not hide the value here.
    """
    first = node.children[0]
    if first.derived != TURNED or first.buf is node.buf:
        return False
    parts = (part for _, part in node.walk())
    return any(map(sensitivity, parts))


def _hide(node: Node, kind: Sensitive, buffer: _Buffer, secrets: Forms) -> None:
    if node.bits is not None:
        buffer.hide(node.start, node.stop)
        secrets.update(_forms(kind, _digits_of_bits(node)))
        return
    start, stop = _hidden(kind, to_hex(node.value), node.error)
    body = 2 * node.body
    buffer.hidden.append((body + start, body + stop))
    secrets.update(_forms(kind, node.value))


def _digits_of_bits(node: Node) -> bytes:
    """The half bytes of a number of bits, filled up with F; empty where its bits are no whole half bytes."""
    if node.bits is None:
        return b""
    first, last = node.bits
    count, rest = divmod(last - first, 4)
    if rest or not count:
        return b""
    digits = to_hex(node.value)[-count:]
    return bytes.fromhex(digits + "F" * (count % 2))


def _may_be_number(node: Node) -> bool:
    """Whether a value is digits like a card number, whatever its row says; a date in ASCII is a date."""
    if not is_like_number(node.value):
        return False
    return node.bits is not None or not _DATE.match(node.text)


def sensitivity(node: Node) -> Sensitive:
    """What kind of secret a node is; in a payment too, where it is not known that this is one."""
    if node.fact.sensitive or node.fact.known:
        return node.fact.sensitive
    return _guarded().get(node.tag, "")


def secret_forms(exchange: Exchange) -> Iterable[str]:
    """The hex of every secret of an exchange, in each form in which it may occur again."""
    forms: Forms = {}
    _look([half for _, half in halves(exchange)], forms)
    return forms


@cache
def _guarded() -> dict[str, Sensitive]:
    """Tags that are sensitive in applications that guard them where it is not known that this is one."""
    kinds: dict[str, Sensitive] = {}
    for name in shipped():
        if not head_of(name).get("guards"):
            continue
        for tag, row in load(name).tags.items():
            if "sensitive" in row:
                kinds[tag] = row["sensitive"]
    return kinds


def _secret_data(half: Node, command: bytes) -> list[Span]:
    """The data field of a command that carries a PIN or a key, and of an answer that carries keys."""
    size = 2 * len(half.buf)
    if any(node.fact.layout is not None for node in half.children):
        return []  # its row says which field is secret
    if half.fact is RESPONSE and len(command) > 3:
        if not _asks_for_keys(command):
            return []
        return [(0, size - STATUS)]
    if half.fact is COMMAND or half.buf[:1] in _CLASSES:
        instruction = half.buf[1:2]
        if instruction in _SECRET_INS or half.buf[:2] == _LOAD_KEY:
            return [(HEADER, size)]
    return []


def _asks_for_keys(command: bytes) -> bool:
    """Whether a command is AUTHENTICATE of a SIM (GSM 11.11, 9.2.16; 3GPP TS 31.102, 7.1)."""
    cla, ins, _, p2 = command[:4]
    if ins != _AUTHENTICATE:
        return False
    is_specific = bool(p2 & 0x80)  # key of the application
    return cla == _GSM or (cla < 0x80 and is_specific)


def _hidden(kind: Sensitive, digits: str, error: str = "") -> Span:
    """Which digits of a sensitive value are hidden: the middle of a whole PAN, else all."""
    size = len(digits.rstrip("F"))
    if kind == "pan" and size >= MIN_PAN and not error:
        return FIRST, size - LAST
    return 0, len(digits)


@lru_cache(maxsize=1024)
def _forms(kind: Sensitive, value: bytes) -> Forms:
    """A secret in each form in which it may occur again (hex, its PAN in BCD and in ASCII), and how that is shown."""
    digits = to_hex(value.strip(b" ")).rstrip("F")
    forms = {digits: hide(digits, [_hidden(kind, digits)])}
    if kind in ("pan", "track"):
        before_separator = digits.partition("D")[0]
        for pan in _PAN.findall(f"{before_separator} {value.decode('latin-1')}"):
            stop = len(pan) - LAST
            ascii_digits = pan.encode().hex()
            forms[pan] = hide(pan, [(FIRST, stop)])
            forms[ascii_digits] = hide(ascii_digits, [(2 * FIRST, 2 * stop)])
    return {form: masked for form, masked in forms.items() if _is_telling(form)}


def _is_telling(form: str) -> bool:
    """Whether a secret is long and varied enough not to occur by chance."""
    return len(form) >= LEAST and len(set(form)) > 2


def hide(text: str, spans: Iterable[Span]) -> str:
    """The text with these spans as asterisks."""
    characters = list(text)
    for start, stop in spans:
        characters[start:stop] = STAR * (stop - start)
    return "".join(characters)


def frame_hex(exchange: Exchange, views: list[Shown], reveal: bool = False) -> list[str]:
    """The hex of each frame, masked as the halves are; of what is in no half only header and status are shown."""
    texts = [_frame(frame, reveal) for frame in exchange.frames]
    for view in views:
        half = exchange.command if view.side == "command" else exchange.response
        if half is None:
            continue
        at = 0
        for place, start, stop in half.pieces:
            end = at + 2 * (stop - start)
            before = texts[place][: 2 * start]
            behind = texts[place][2 * stop :]
            texts[place] = before + view.hex[at:end] + behind
            at = end
    return texts


def frame_note(frame: Frame, reveal: bool = False) -> str:
    """The note of a frame; the number of a card in it is hidden as its bytes are."""
    if reveal:
        return frame.note

    def stars(match: re.Match[str]) -> str:
        return STAR * len(match[0])

    return _UID.sub(stars, frame.note)


def _frame(frame: Frame, reveal: bool) -> str:
    text = to_hex(frame.data)
    if reveal or frame.kind in _OPEN_FRAMES:
        return text
    if (
        frame.kind == "rf"
    ):  # it may be an identifier of the card, and has neither header nor status word
        return hide(text, [(0, len(text))])
    start = 0 if frame.sender == "card" else HEADER
    stop = len(text) if frame.sender == "reader" else len(text) - STATUS
    return hide(text, [(start, stop)])


@lru_cache(maxsize=8)
def _ours(folder: Path) -> dict[str, str]:
    """File names and check sums of the traces that this project made itself."""
    try:
        table = tomllib.loads((folder / "traces.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    sums = {}
    for name, row in table.items():
        if isinstance(row, dict):
            sums[str(name)] = str(row.get("sha256", ""))
    return sums


def revealed(source: object, reveal: bool | None) -> bool:
    """Whether to show all: as the caller says, else only for the traces that this project made itself."""
    return is_ours(source) if reveal is None else reveal


def is_ours(source: object, folder: Path = TRACES) -> bool:
    """Whether a capture is one of the shipped traces, byte for byte."""
    if isinstance(source, Capture):
        path = Path(source.path)
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
    else:
        return False
    expected = _ours(folder).get(path.name)
    if not expected:
        return False
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content).hexdigest() == expected
