# SPDX-License-Identifier: MIT
"""What is shown hides what is sensitive: in values, in raw hex, and in the hex of every parent.

Three rules. What a row or a command marks as sensitive is hidden: a PAN keeps its first six and last four digits,
everything else becomes asterisks of the same length. What was hidden is hidden wherever it occurs in the same
exchange. Bytes that no row explains are searched for what looks like a card number, and text everywhere.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from functools import cache, lru_cache
from pathlib import Path

from ..core.codec import luhn_ok, to_hex
from ..core.dictionary import head_of, load, shipped
from ..core.model import Capture, Exchange, Frame, Node, Sensitive, Side, record
from ..road.pipeline import COMMAND, RESPONSE, halves

STAR = "*"
LEAST = 10  # hex digits of a secret that is looked for elsewhere: shorter ones occur by chance
TRACES = Path(__file__).resolve().parent.parent.parent / "traces"
_DIGITS = re.compile(r"(\d{13,})(?:D\d*F?)?")
_NUMBER = re.compile(r"[2-6]\d{12,18}(?:D|F*$)")  # a PAN or track 2, whatever its row says
_PIN_BLOCK = re.compile(r"2[4-9ABC](?=[0-9A-F]{14})\d{4,12}F{2,10}")
_TEXT_DIGITS = re.compile(rb"(\d(?:[ -]?\d){12,})(?:[=D^][ -~]*)?")
_TEXT_NAME = re.compile(rb"(?:\x5F\x20|\x9F\x0B)([\x02-\x2D])([ -~]{2,45})")
_UID = re.compile(r"(?<=UID |IDm )[0-9A-F]{8,}")  # in the note of a radio frame
_PAN = re.compile(r"(?<!\d)\d{13,19}(?!\d)")
_SECRET_INS = (
    b"\x20",
    b"\x21",
    b"\x24",
    b"\x25",
    b"\x2c",
    b"\x2d",
    b"\xd8",
)  # of the PIN commands; PUT KEY
_LOAD_KEY = b"\xff\x82"  # PC/SC part 3, 3.2.2.1.4
_AUTHENTICATE = 0x88
_HEADERS = ("atr", "ats", "pps")

Span = tuple[int, int]


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
        """The hex of a node's value."""
        return self._hex(node, node.body)

    def _hex(self, node: Node, start: int) -> str:
        if self.texts is None:
            return to_hex(node.buf[start : node.stop])
        text = self.texts.get(id(node.buf))  # none: made of what is hidden, or of elsewhere
        return STAR * 2 * (node.stop - start) if text is None else text[2 * start : 2 * node.stop]

    def text_of(self, node: Node) -> str:
        """The text of a node; where part of its value is hidden, hidden in the same way."""
        text, shown = node.text, self.value_hex_of(node)
        if STAR not in shown:
            return text
        return shown[: len(text)] if to_hex(node.value).startswith(text) else STAR * len(text)


def shown(exchange: Exchange, reveal: bool = False) -> list[Shown]:
    """The halves of an exchange, decoded, and masked unless `reveal`."""
    found = list(halves(exchange))
    if reveal:
        return [Shown(side, half, to_hex(half.buf)) for side, half in found]
    texts = _texts([half for _, half in found])
    return [Shown(side, half, texts[id(half.buf)], texts) for side, half in found]


def shown_node(node: Node, reveal: bool = False) -> Shown:
    """A node that stands alone, with what is below it."""
    if reveal:
        return Shown("response", node, to_hex(node.buf))
    texts = _texts(node.children if node.children and not node.buf else (node,))
    return Shown("response", node, texts.get(id(node.buf), ""), texts)


@record
class _Buffer:
    """Bytes that nodes are views of: which of their hex digits are hidden, and which bytes no row explains."""

    data: bytes
    hidden: list[Span] = field(default_factory=list)
    unknown: list[Span] = field(default_factory=list)


def _texts(roots: Sequence[Node]) -> dict[int, str]:
    """The hex of every buffer below these nodes, by its identity, with what must not be shown hidden."""
    secrets: dict[str, str] = {}
    buffers = _look(roots, secrets)
    command = next((half.buf for half in roots if half.fact is COMMAND), b"")
    for half in roots:
        buffers[id(half.buf)].hidden.extend(_secret_data(half, command))
    longest_first = sorted(secrets, key=len, reverse=True)
    texts = {}
    for key, buffer in buffers.items():
        text = to_hex(buffer.data)
        spans = [*buffer.hidden, *_in_text(buffer.data), *_in_unknown(text, buffer.unknown)]
        for secret in longest_first:
            text = text.replace(secret, secrets[secret])
        texts[key] = hide(text, spans) if spans else text
    return texts


def _look(roots: Sequence[Node], secrets: dict[str, str]) -> dict[int, _Buffer]:
    """Look at every node once: its buffer, what of it is sensitive, whether it is explained; fills `secrets`."""
    buffers: dict[int, _Buffer] = {}
    buffer = None
    nodes = list(roots)
    for node in nodes:  # the list grows by what is below each
        if buffer is None or node.buf is not buffer.data:
            buffer = buffers.setdefault(id(node.buf), _Buffer(node.buf))
        kind = sensitivity(node)
        if kind:
            start, stop = _hidden(kind, to_hex(node.value), node.error)
            buffer.hidden.append((2 * node.body + start, 2 * node.body + stop))
            secrets.update(_forms(kind, node.value))
        elif node.children:
            nodes += node.children
        elif not node.fact.known or (
            6 < node.stop - node.body < 24 and _NUMBER.match(to_hex(node.value))
        ):
            buffer.unknown.append((node.start, node.stop))
    return buffers


def sensitivity(node: Node) -> Sensitive:
    """What kind of secret a node is; in a payment too, where it is not known that this is one."""
    return node.fact.sensitive if node.fact.known else _payment().get(node.tag, "")


def secret_forms(exchange: Exchange) -> Iterable[str]:
    """The hex of every secret of an exchange, in each form in which it may occur again."""
    forms: dict[str, str] = {}
    _look([half for _, half in halves(exchange)], forms)
    return forms


def like_secrets(value: bytes) -> bool:
    """Whether bytes hold what looks like a card number, a track, a PIN block or a name behind its tag."""
    text = to_hex(value)
    return any(_in_unknown(text, [(0, len(value))])) or any(_in_text(value))


@cache
def _payment() -> dict[str, Sensitive]:
    """Tags that are sensitive in a payment: they are hidden too where it is not known that this is one."""
    kinds: dict[str, Sensitive] = {}
    for name in shipped():
        if head_of(name).get("guards"):
            kinds |= {
                tag: row["sensitive"] for tag, row in load(name).tags.items() if "sensitive" in row
            }
    return kinds


def _secret_data(half: Node, command: bytes) -> list[Span]:
    """The data field of a command that carries a PIN or a key, and of an answer that carries keys."""
    buf, size = half.buf, 2 * len(half.buf)
    if any(node.fact.layout for node in half.children):
        return []  # its row says which field is secret
    if half.fact is RESPONSE and len(command) > 3:
        cla, ins, _, p2 = command[:4]
        is_sim = ins == _AUTHENTICATE and (cla == 0xA0 or (cla < 0x80 and p2 & 0x80))
        return [(0, size - 4)] if is_sim else []
    like_one = half.fact is COMMAND or buf[:1].hex()[:1] in (
        "0",
        "8",
        "a",
    )  # or a command taken for an answer
    return [(10, size)] if like_one and (buf[1:2] in _SECRET_INS or buf[:2] == _LOAD_KEY) else []


def _hidden(kind: Sensitive, digits: str, error: str = "") -> Span:
    """Which digits of a sensitive value are hidden: the middle of a whole PAN, else all."""
    size = len(digits.rstrip("F"))
    return (6, size - 4) if kind == "pan" and size >= 13 and not error else (0, len(digits))


@lru_cache(maxsize=1024)
def _forms(kind: Sensitive, value: bytes) -> dict[str, str]:
    """A secret in each form in which it may occur again (hex, its PAN in BCD and in ASCII), and how that is shown."""
    digits = to_hex(value.strip(b" ")).rstrip("F")
    forms = {digits: hide(digits, [_hidden(kind, digits)])}
    if kind in ("pan", "track"):
        for pan in _PAN.findall(f"{digits.partition('D')[0]} {value.decode('latin-1')}"):
            ascii_digits = pan.encode().hex()
            forms[pan] = hide(pan, [(6, len(pan) - 4)])
            forms[ascii_digits] = hide(ascii_digits, [(12, len(ascii_digits) - 8)])
    return {
        form: masked for form, masked in forms.items() if len(form) >= LEAST and len(set(form)) > 2
    }


def _in_unknown(text: str, unknown: list[Span]) -> Iterator[Span]:
    """Card numbers and track 2 in BCD at either nibble, and PIN blocks, in bytes that no row explains."""
    if not unknown:
        return
    rest = ["-"] * len(text)
    for start, stop in unknown:  # those that touch become one stretch
        rest[2 * start : 2 * stop] = text[2 * start : 2 * stop]
    stretches = "".join(rest)
    yield from (found.span() for found in _DIGITS.finditer(stretches) if _has_pan(found[1]))
    yield from (found.span() for found in _PIN_BLOCK.finditer(stretches))


def _in_text(data: bytes) -> Iterator[Span]:
    """Names behind their tag, and card numbers in ASCII with the rest of their track, whatever a row says."""
    for found in _TEXT_NAME.finditer(data):
        start = found.start(2)
        yield 2 * start, 2 * min(found.end(), start + found[1][0])
    for found in _TEXT_DIGITS.finditer(data):
        if _has_pan(found[1].translate(None, b" -").decode()):
            yield 2 * found.start(), 2 * found.end()


@lru_cache(maxsize=1024)
def _has_pan(digits: str) -> bool:
    """Whether 13 to 19 of these digits may be a PAN, with a good check digit; a long run is taken for one."""
    size = len(digits)
    starts = [start for start in range(size - 12) if digits[start] in "23456"]
    if size > 64:
        return bool(starts)
    return any(
        luhn_ok(digits[start:stop])
        for start in starts
        for stop in range(start + 13, min(start + 19, size) + 1)
    )


def hide(text: str, spans: Iterable[Span]) -> str:
    """The text with these spans as asterisks."""
    shown = list(text)
    for start, stop in spans:
        shown[start:stop] = STAR * (stop - start)
    return "".join(shown)


def frame_hex(exchange: Exchange, views: list[Shown], reveal: bool = False) -> list[str]:
    """The hex of each frame, masked as the halves are; of what is in no half only header and status are shown."""
    texts = [_frame(frame, reveal) for frame in exchange.frames]
    for view in views:
        half, at = (exchange.command if view.side == "command" else exchange.response), 0
        for place, start, stop in half.pieces if half else ():
            text, piece = texts[place], view.hex[at : at + 2 * (stop - start)]
            texts[place] = text[: 2 * start] + piece + text[2 * stop :]
            at += len(piece)
    return texts


def frame_note(frame: Frame, reveal: bool = False) -> str:
    """The note of a frame; the number of a card in it is hidden as its bytes are."""
    return frame.note if reveal else _UID.sub(lambda found: STAR * len(found[0]), frame.note)


def _frame(frame: Frame, reveal: bool) -> str:
    text, start = to_hex(frame.data), 0 if frame.sender == "card" else 10
    return text if reveal or frame.kind in _HEADERS else hide(text, [(start, len(text) - 4)])


@lru_cache(maxsize=8)
def _ours(folder: Path) -> dict[str, str]:
    """File names and check sums of the traces that this project made itself."""
    try:
        table = tomllib.loads((folder / "traces.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {
        str(name): str(row.get("sha256", ""))
        for name, row in table.items()
        if isinstance(row, dict)
    }


def revealed(source: object, reveal: bool | None) -> bool:
    """Whether to show all: as told, else only for the traces that this project made itself, byte for byte."""
    return is_ours(source) if reveal is None else reveal


def is_ours(source: object, folder: Path = TRACES) -> bool:
    """Whether a capture is one of the shipped traces, byte for byte."""
    if not isinstance(source, Capture | str | os.PathLike):
        return False
    path = Path(source.path if isinstance(source, Capture) else source)
    try:
        wanted = _ours(folder).get(path.name)
        return bool(wanted) and hashlib.sha256(path.read_bytes()).hexdigest() == wanted
    except OSError:
        return False
