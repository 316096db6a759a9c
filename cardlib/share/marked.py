# SPDX-License-Identifier: MIT
"""What rows and commands mark as secret, and what no row explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from ..apps.instructions import INTERNAL_AUTHENTICATE, LOAD_KEYS, READER, SECRET, SIM
from ..core.apdu import EXTRA
from ..core.codec import to_hex
from ..core.dictionary import head_of, shipped
from ..core.layout.reading import UNKNOWN
from ..core.model import Node, Sensitive, record
from ..core.registers import register
from ..road.meaning import COMMAND, RESPONSE
from .broken import guarded, secrets_in
from .encodings import FIRST, LAST, MIN_PAN, Span
from .guesses import is_free_text, is_like_number

HEADER = 10  # hex digits of CLA, INS, P1, P2 and Lc
STATUS = 4  # hex digits of a status word
_PUT_KEY = 0xD8  # GlobalPlatform Card Specification, 11.8
_SECRET_INS = tuple(bytes((ins,)) for ins in (*SECRET, _PUT_KEY))
_LOAD_KEY = bytes((READER, LOAD_KEYS))
# First bytes of commands, where one may have been taken for an answer.
_CLASSES = tuple(bytes((cla,)) for cla in range(256) if cla >> 4 in (0x0, 0x8, 0xA))


@record
class Part:
    """A node that is secret as a whole, and of which kind; of no kind, one that no row explains."""

    node: Node
    kind: Sensitive


def parts_of(roots: Sequence[Node]) -> Iterator[Part]:
    """Each node below these, parents first, down to where a mark or the end of what rows say is reached.

    Behind them, secrets in bytes that could not be cut into objects.
    """
    for root in roots:
        yield from _below(root)


def _below(root: Node) -> Iterator[Part]:
    """The parts of one half, and the secrets in what is left over of it; where it broke, in all of it."""
    is_broken = False
    left_over = []
    for part in _marked_parts((root,)):
        node = part.node
        is_broken = is_broken or bool(node.error) or node.fact is EXTRA
        if not part.kind and is_unexplained(node):
            left_over.append(node)
        yield part
    if is_broken:
        left_over = [root]
    for node in left_over:
        for secret in secrets_in(node.buf, node.start, node.stop, is_broken):
            yield Part(secret, secret.fact.sensitive)


def _marked_parts(roots: Sequence[Node]) -> Iterator[Part]:
    nodes: list[tuple[Node, Sensitive, Sensitive]] = [(root, "", "") for root in roots]
    for node, around, holds in nodes:  # the list grows by what is below each
        kind = _kind_inside(node, around)
        if not kind and not node.children and (node.error or not node.fact.known):
            kind = holds  # what cannot be read in a file of secrets is taken for one
        if kind and not shares_parts(node):
            yield Part(node, kind)
            continue
        holds = node.fact.holds or holds
        nodes.extend((child, kind, holds) for child in node.children)
        yield Part(node, "")


def _kind_inside(node: Node, around: Sensitive) -> Sensitive:
    """What kind of secret a node is, where what stands around it is one too; what may be shared is none."""
    kind = sensitivity(node)
    if kind or node.fact.share:
        return kind
    return around


def has_secrets(node: Node) -> bool:
    """Whether a value or parts of it are secret."""
    parts = (part for _, part in node.walk())
    return any(map(sensitivity, parts))


def shares_parts(node: Node) -> bool:
    """Whether a secret has parts that may be shared."""
    facts = (part.fact for _, part in node.walk())
    return any(fact.share for fact in facts)


def sensitivity(node: Node) -> Sensitive:
    """What kind of secret a node is; in a payment too, where it is not known that this is one."""
    fact = node.fact
    if fact.holds and not node.children:
        return fact.sensitive or fact.holds
    if fact.sensitive or fact.known:
        return fact.sensitive
    kind: Sensitive = guarded().get(node.tag, {}).get("sensitive", "")
    return kind


@cache
def _vocabulary() -> frozenset[bytes]:
    """The words that labels of applications may have: the `words` of the data files."""
    words = {b""}
    for name in shipped():
        for word in head_of(name).get("words", ()):
            words.add(word.encode())
    return frozenset(words)


def is_label(value: bytes) -> bool:
    """Whether all words of a label stand in the data files."""
    return _vocabulary().issuperset(value.upper().split(b" "))


@cache
def _words_of_names() -> frozenset[str]:
    """The words by which our own texts call applications, in capitals."""
    rows = [row for row in register("aids").values() if isinstance(row, dict)]
    rows += [head_of(name) for name in shipped()]
    words = {""}
    for row in rows:
        for key in ("name", "title"):
            for word in str(row.get(key, "")).upper().split():
                words.add(word.strip("(),:"))
    return frozenset(words)


def is_our_own(text: str) -> bool:
    """Whether all words of a text are those by which we call applications: it tells nobody anything."""
    return _words_of_names().issuperset(text.upper().split())


def is_unexplained(node: Node) -> bool:
    """Whether a node is bytes of which no row says what they mean."""
    return not node.children and not node.fact.known and node.stop > node.start


def is_closed(node: Node) -> bool:
    """Whether a value is not handed on: no row explains it, or it is text or a number that no row lets be shared."""
    if node.children:
        return False  # its parts say so
    if is_unexplained(node):
        return True
    share = node.fact.share
    if share == "label":
        return not is_label(node.value)
    if share == "named":
        return UNKNOWN in node.text
    if share or node.bits is not None:
        return False
    return is_free_text(node.value) or is_like_number(node.value)


def secret_data(roots: Sequence[Node]) -> Iterator[tuple[Node, Span]]:
    """The data field of a command that carries a PIN or a key, and of an answer that carries keys."""
    command = next((half.buf for half in roots if half.fact is COMMAND), b"")
    if any(_is_native(half) for half in roots):
        return  # its rows say which field is secret
    for half in roots:
        span = _secret_field(half, command)
        if span:
            yield half, span


def _is_native(half: Node) -> bool:
    """Whether a half is the command of a chip that has no header of an APDU."""
    return half.fact is COMMAND and bool(half.children) and half.children[0].name != "CLA"


def _secret_field(half: Node, command: bytes) -> Span | None:
    size = 2 * len(half.buf)
    if any(node.fact.layout is not None for node in half.children):
        return None  # its row says which field is secret
    if half.fact is RESPONSE and len(command) > 3:
        return (0, size - STATUS) if _asks_for_keys(command) else None
    if half.fact is COMMAND or half.buf[:1] in _CLASSES:
        instruction = half.buf[1:2]
        if instruction in _SECRET_INS or half.buf[:2] == _LOAD_KEY:
            return HEADER, size
    return None


def _asks_for_keys(command: bytes) -> bool:
    """Whether a command is AUTHENTICATE of a SIM (GSM 11.11, 9.2.16; 3GPP TS 31.102, 7.1)."""
    cla, ins, _, p2 = command[:4]
    if ins != INTERNAL_AUTHENTICATE:
        return False
    is_specific = bool(p2 & 0x80)  # key of the application
    return cla == SIM or (cla < 0x80 and is_specific)


def hidden_digits(kind: Sensitive, value: bytes, error: str = "") -> Span:
    """Which hex digits of a secret are hidden: the middle of a whole PAN, else all."""
    digits = to_hex(value)
    size = len(digits.rstrip("F"))
    if kind == "pan" and size >= MIN_PAN and not error:
        return FIRST, size - LAST
    return 0, len(digits)


def digits_of_bits(node: Node) -> bytes:
    """The half bytes of a number of bits, filled up with F; empty where its bits are no whole half bytes."""
    if node.bits is None:
        return b""
    first, last = node.bits
    count, rest = divmod(last - first, 4)
    if rest or not count:
        return b""
    digits = to_hex(node.value)[-count:]
    return bytes.fromhex(digits + "F" * (count % 2))
