# SPDX-License-Identifier: MIT
"""The words of the library as types: what is in a capture, what it means, what was found.

Times are int nanoseconds from the session's first stamp, missing is None. A tag is an upper-case hex string,
a status word an int. Nothing here reads, decodes or prints; nothing is assigned after construction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from . import printing
from .codec import number_of_bits
from .printing import Printed
from .records import record as record
from .sequences import Listed, Numbered

Sender = Literal["reader", "card", "both", "none"]
NativeKind = Literal["ultralight", "classic", "crypto1", "felica", "iso15693", "picopass", "srx"]
FrameKind = Literal["atr", "ats", "pps", "tpdu", "block", "apdu", "rf", "event", NativeKind]
Protocol = Literal["apdu", "desfire", "mifare plus", NativeKind]
Clock = Literal["rf", "host", "round-trip", "none", "modelled"]
How = Literal["implicit", "selected", "assumed", "unknown"]
Interface = Literal["contact", "contactless", "unknown"]
Opens = Literal["none", "template", "dol", "tags", "parts"]
Checked = Literal["spec", "vector", "seen", "memory"]
Sensitive = Literal[
    "", "pan", "track", "name", "pin", "key", "id", "phone", "mail", "birth", "address", "document",
    "imsi", "iccid", "card", "plate", "text", "location", "biometric", "token",
]  # fmt: skip
Share = Literal["", "all", "named", "aid", "label"]
Failure = Literal["", "always", "not 0"]
Fresh = Literal["", "always", "rises", "may repeat"]
Severity = Literal["critical", "high", "medium", "low", "info"]
Verdict = Literal["fail", "pass", "not-applicable", "not-enough-data"]
Outcome = Literal["verified", "failed", "not checkable"]
Side = Literal["command", "response"]
Piece = tuple[int, int, int]
Pieces = tuple[Piece, ...]
ANY_CARD = "iso7816"  # the data file of what every card understands


@record
class Frame:
    """A unit on the wire, over at `end_ns`; `unit` is its line or packet, `start:stop` its place in the file."""

    index: int
    time_ns: int | None
    sender: Sender
    kind: FrameKind
    data: bytes = field(repr=False)
    unit: int
    start: int
    stop: int
    note: str = ""
    end_ns: int | None = None


@record
class Problem:
    """Something in the capture that is not as it should be; `gap` says that an exchange may be hidden here.

    Where the capture is a text, `unit` is the number of the line and `quote` is the line, cut and not masked.
    """

    kind: str
    detail: str
    unit: int
    start: int
    stop: int
    raw: bytes = field(default=b"", repr=False)
    gap: bool = True
    quote: str | None = field(default=None, repr=False, compare=False)

    @property
    def place(self) -> str:
        """Where it is, for a person: the line, or the unit, counted from 1, and the bytes; empty for all of a file."""
        if self.quote is not None:
            return f"line {self.unit}"
        if self.unit:
            return f"unit {self.unit}, bytes {self.start}..{self.stop}"
        if self.stop:
            return f"byte {self.stop}"
        return ""


@record
class Command:
    """A C-APDU. `le` is None where none is sent; `pieces` are (frame, start, stop) adding up to `raw` (7816-4, 5.1).

    A native command has a protocol, and a code instead of class, instruction and parameters (0): core/native.py.
    """

    raw: bytes = field(repr=False)
    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(repr=False)
    le: int | None = None
    error: str = ""
    pieces: Pieces = field(default=(), repr=False)
    protocol: Protocol = "apdu"
    code: int = -1


@record
class Response:
    """An R-APDU. `sw` is None for an answer without a legal status word, `extra` what follows it (ISO 7816-4, 5.1).

    `earlier`: the status words that GET RESPONSE or a repetition followed; `status`: what a native answer refuses with.
    """

    raw: bytes = field(repr=False)
    data: bytes = field(repr=False)
    sw: int | None = None
    extra: bytes = field(default=b"", repr=False)
    error: str = ""
    pieces: Pieces = field(default=(), repr=False)
    earlier: tuple[int, ...] = field(default=(), repr=False)
    protocol: Protocol = "apdu"
    status: str = ""


@record
class Context:
    """What a logical channel knows before a command.

    `df` is the path of the current directory from the root, like "MF/7F20"; `ef` the current file, by its identifier
    or as "sfi 15", with its `content` and `record_length`. `state` is the application's own, `secure` that of ciphers
    (apps/channel, road/unlock), `dictionaries` and `keys` are the caller's; `listed`, before SELECT, is the Card's.
    """

    channel: int = 0
    application: str = ANY_CARD
    how: How = "assumed"
    aid: str = ""
    df: str = ""
    ef: str = ""
    state: Any = None
    secure: Any = None
    dictionaries: tuple[str, ...] = ()
    content: Any = field(default=None, repr=False)
    record_length: int = 0
    listed: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    keys: tuple[Any, ...] = field(default=(), repr=False)


@record
class Card:
    """The state of the fold: a Context a channel, AIDs of directories, the caller's keys, its number by radio."""

    atr: bytes | None = None
    channels: tuple[Context, ...] = (Context(),)
    listed: tuple[tuple[str, str], ...] = ()  # application, AID
    keys: tuple[Any, ...] = field(default=(), repr=False)
    uid: bytes = b""


class Origin:
    """The capture of an exchange: its exchanges (none of a stream), and what masking found to be secret in them."""

    __slots__ = ("exchanges", "survey")

    def __init__(self) -> None:
        self.exchanges: tuple[Exchange, ...] = ()
        self.survey: Any = None


@record
class Exchange(Printed):
    """One logical command-response pair; GET RESPONSE, 6Cxx and chaining are merged, the wire stays in `frames`."""

    index: int
    session: int
    command: Command | None
    response: Response | None
    start_ns: int | None = None
    end_ns: int | None = None
    duration_ns: int | None = None
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    context: Context = field(default=Context(), repr=False)
    origin: Origin | None = field(default=None, repr=False, compare=False)

    @property
    def protocol(self) -> Protocol:
        """What the two halves are: APDUs, or a chip's own commands and answers."""
        half = self.command or self.response
        return half.protocol if half else "apdu"


@record
class Session(Printed):
    """From power-up to power-down. As the head of a session in a stream, `exchanges` and `frames` are empty."""

    index: int
    atr: bytes | None = None
    interface: Interface = "unknown"
    clock: Clock = "none"
    started: str | None = None
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)
    frames: tuple[Frame, ...] = field(default=(), repr=False)
    meta: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Coverage:
    """Where the bytes of a file went; `used + sum(skipped) + damaged` is its size. Filled while reading."""

    used: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    damaged: int = 0

    def skip(self, kind: str, size: int) -> None:
        """Count `size` bytes that are no part of a frame, under the name of what they are."""
        self.skipped[kind] = self.skipped.get(kind, 0) + size

    @property
    def total(self) -> int:
        return self.used + sum(self.skipped.values()) + self.damaged


@record
class Capture(Numbered[Exchange]):
    """A file as read: its sessions, what was wrong in it, and where each of its bytes went."""

    path: str
    format: str
    sessions: tuple[Session, ...] = field(repr=False)
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    coverage: Coverage = field(default_factory=Coverage)

    @property
    def exchanges(self) -> Listed[Exchange]:
        """All exchanges, session after session."""
        return Listed(exchange for session in self.sessions for exchange in session.exchanges)


@record
class Constant:
    """A description that does not depend on the value (compares equal, unlike a closure)."""

    text: str = ""

    def __call__(self, value: bytes) -> str:
        return self.text


@record
class Fact:
    """One row of a dictionary; `layout` cuts a value into its parts (core/layout).

    share: may be handed on although what is around it is closed: "all" of it, or as far as a table has a name for it
    ("named"), an AID is registered ("aid"), it has only the words of labels ("label"). fresh: differs each time
    ("always"), "rises" (a counter), or "may repeat" (a date, a time). signed: belongs into records that a card's
    signature covers. lost: what cannot be checked where it was taken out. tells: for headlines. sent: whether a card
    sends it with its tag. done: the words of a headline where it was read; headline: what stands before its values.
    holds: the kind of secrets in it. failure: what was asked was not done: "always", or where the value is "not 0".
    """

    tag: str
    name: str
    describe: Callable[[bytes], str] = Constant()
    ref: str = ""
    checked: Checked = "spec"
    opens: Opens = "none"
    sensitive: Sensitive = ""
    known: bool = True
    layout: Any = field(default=None, compare=False)
    share: Share = ""
    fresh: Fresh = ""
    tells: bool = False
    lost: str = ""
    signed: bool = False
    sent: bool = True
    done: str = ""
    headline: str = ""
    holds: Sensitive = ""
    failure: Failure = ""


@record
class Node(Printed):
    """A view: `buf[start:body]` is tag and length, `buf[body:stop]` the value; `derived`: how it was obtained.

    A node of single bits has `bits`: the first and the one after the last, counted from the highest bit of the first
    byte of its group; `buf[start:stop]` are the bytes that they touch, and `value` is their number.
    The node of an exchange and those of its halves know the `origin` of the exchange.
    """

    fact: Fact
    buf: bytes = field(repr=False)
    start: int
    body: int
    stop: int
    children: tuple[Node, ...] = field(default=(), repr=False)
    note: str = ""
    error: str = ""
    derived: str = ""
    bits: tuple[int, int] | None = None
    origin: Origin | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return printing.brief(self)

    @property
    def tag(self) -> str:
        return self.fact.tag

    @property
    def name(self) -> str:
        return self.fact.name

    @property
    def ref(self) -> str:
        return self.fact.ref

    @property
    def raw(self) -> bytes:
        return self.buf[self.start : self.stop]

    @property
    def value(self) -> bytes:
        if self.bits is not None:
            return number_of_bits(self.buf[self.start : self.stop], *self.bits)
        return self.buf[self.body : self.stop]

    @property
    def text(self) -> str:
        return self.fact.describe(self.value)

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Yield (path, node) for every node below this one, parents first; a path is like "6F/A5/9F38"."""
        stack = [("", child) for child in reversed(self.children)]
        while stack:
            parent, node = stack.pop()
            path = f"{parent}/{node.tag or node.name}" if parent else node.tag or node.name
            yield path, node
            stack.extend((path, child) for child in reversed(node.children))

    def find(self, tag: str) -> Node | None:
        """The first node below this one with that tag, or None."""
        return next((node for _, node in self.walk() if node.tag == tag), None)


@record
class Evidence:
    """Where a claim can be seen: bytes `start:stop` of the raw half of an exchange."""

    exchange: int
    side: Side
    start: int
    stop: int
    file: str = ""


@record
class Finding(Printed):
    """What a rule concluded, with the bytes that show it and the source that says so; `count`: how often."""

    rule: str
    severity: Severity
    verdict: Verdict
    title: str
    detail: str
    evidence: tuple[Evidence, ...] = ()
    source: str = ""
    count: int = 1


@record
class Difference:
    """How two captures differ: "missing", "added", "changed", "slower", or "repeated"; the texts of both, the bytes."""

    kind: str
    where: str
    element: str
    a: str
    b: str
    in_a: Evidence | None = None
    in_b: Evidence | None = None


@record
class Proof(Printed):
    """What one check of cryptography showed; `reason` names the first field that differs, `facts` hold no key."""

    name: str
    verdict: Outcome
    reason: str = ""
    facts: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    evidence: tuple[Evidence, ...] = ()
