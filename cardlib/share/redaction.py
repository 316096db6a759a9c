# SPDX-License-Identifier: MIT
"""A capture that may be given away: rebuilt from nothing, and only what is on an allow-list is copied into it.

Every byte of the output was copied by a rule, made up from a key, or is zero. What nobody understood is zero of the
same length, so that frames, lengths, status words and times stay. The manifest counts all three.
"""

from __future__ import annotations

import hmac
import io
import os
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, field, replace
from functools import lru_cache
from pathlib import Path

from ..apps import emv, iso7816
from ..core.activation import activation_node
from ..core.apdu import data_start, parse_response
from ..core.atr import MAX_ATR
from ..core.blocks import NATIVE, NO_CRC
from ..core.codec import luhn_ok, to_hex
from ..core.errors import CaptureError
from ..core.model import Capture, Exchange, Frame, Node, Problem, Session, record
from ..core.registers import aid_name, lookup
from ..core.values import fits
from ..formats import card_jsonl
from ..formats.writers import WRITERS
from ..measure.wire import sealed
from ..road.pipeline import halves, read, read_text
from .export import items, replace_file, written
from .masking import LEAST, like_secrets, secret_forms, sensitivity

# Data elements that say how card and terminal work together, and not whose card it is.
_KEEP = """
5F24 5F25 5F28 5F2A 5F30 5F34 5F36 82 87 88 8A 8C 8D 8E 8F 91 94 95 97 9A 9B 9C 9F02 9F03 9F07 9F08 9F09 9F0D 9F0E
9F0F 9F11 9F13 9F15 9F17 9F1A 9F1B 9F21 9F22 9F26 9F27 9F2A 9F32 9F33 9F34 9F35 9F36 9F37 9F38 9F39 9F40 9F41
9F42 9F44 9F45 9F47 9F49 9F4A 9F4D 9F4F 9F66 9F6C DF8301 DF8302 DF8303 DF8304 DF8305
"""
KEEP = frozenset(_KEEP.split())
FIELDS = frozenset(
    (
        "CLA",
        "INS",
        "P1",
        "P2",
        "Lc",
        "Le",
        "SW",
        "file identifier",
        "path",
        "logical channel opened",
    )
)
ATR_FIELDS = re.compile(
    r"T[A-DS]?\d?|H\d|TL|TCK|category indicator|status indicator|50|application data|protocol info"
)
STORAGE_CARD = bytes.fromhex(
    "804F0CA000000306"
)  # a number of its kind follows (PC/SC part 3, 3.1.3.2.3)
HISTORICAL = (
    "43",
    "47",
    "48",
    "4F",
)  # services, capabilities, status, AID; not what an issuer or a maker wrote
AIDS, LABELS, LANGUAGES, IAD = ("4F", "84", "9F06"), ("50", "9F12"), "5F2D", "9F10"
IAD_PARTS = re.compile(
    r"length|length of CVR|derivation key index|cryptogram version|CVR.*"
)  # nothing discretionary
_LABELS = b"""
AMERICAN AMEX CARD CASH CB CLASSIC CREDIT CREDITO DEBIT DEBITO DISCOVER ELECTRON EXPRESS GIROCARD INTERAC INTERLINK JCB
MAESTRO MASTERCARD PAY PREPAID TEST UNIONPAY V VISA
"""
WORDS = frozenset((b"", *_LABELS.split()))
PREFIX = "9999"  # industry 9, then a country (ISO/IEC 7812-1), and ISO 3166-1 never gives 900 to 999 to one
SIM = {  # digits of a file, its nibbles exchanged; under a country code that no country has, and the network for tests
    "ICCID": (re.compile(r"()(89\d{17,18})F?"), "89999"),  # ITU-T E.118, ETSI TS 102 221, 13.2
    "IMSI": (re.compile(r"(809)(\d{15})"), "00101"),  # ITU-T E.212, 3GPP TS 31.102, 4.2.2
}
FORMS = {
    ".hex": "hex",
    ".txt": "hex",
    ".csv": "csv",
}  # by the name of the output; any other is our own form
HOLDER = b"CARDHOLDER/REDACTED".ljust(255)
LABEL = b"TEST CARD".ljust(255)
KINDS = ("damaged block", "damaged packet", "long line", "unread unit", "unreadable line")
SHORT_BLOCK = 5  # of R and S blocks: they carry no data
TEMPLATES = (
    "6F",
    "70",
    "77",
)  # that no card number begins with: opened even where their length is wrong
FILES = ("62", "C6")  # templates that describe a file (ISO/IEC 7816-4, 7.4)
MOST = 8  # bytes of a value, from which on it may hold no letters
NOTES = (NO_CRC, NATIVE)  # what reading the frames again must know
ROUNDS = 8
DROPPED, COPIED, MADE = 0, 1, 2
_TRACK_2 = re.compile(r"(\d{13,19})D(\d{7})(\d*)(F*)")
_TRACK_1 = re.compile(rb"B(\d{13,19})\^([^^]{2,26})\^(\d{7})([ -~]*)")
_LETTERS = re.compile(rb"[A-Za-z]{4}")
_SIGNED = "offline data authentication: certificates and signatures are blank"
_BESIDE = "when it was, who made it, notes, times beside"
_LOST = dict.fromkeys(("90", "93", "9F46", "9F4B"), _SIGNED) | {
    "9F26": "cryptograms: they are copied, but the keys belong to a PAN that is not here",
    "99": "whether a PIN was right, but by the status word",
}


@record
class Manifest:
    """What was done: bytes copied, made up and dropped; how often what was replaced; what can no longer be checked."""

    frames: int
    copied: int
    made: int
    dropped: int
    replaced: tuple[tuple[str, int], ...]
    unchecked: tuple[str, ...]

    def __str__(self) -> str:
        done = ", ".join(f"{what} {count} x" for what, count in self.replaced) or "nothing"
        rows = [
            f"{self.frames} frames: {self.copied} bytes copied, {self.made} made up, {self.dropped} blank"
        ]
        rows.append(f"  replaced: {done}")
        rows.append(
            "  stays: amount, date, time and country of the payment, and the card's expiry date"
        )
        return "\n".join([*rows, *(f"  no longer: {what}" for what in self.unchecked)])


@record
class Rebuilt:
    """Bytes as they are written, and beside each how it came there: dropped, copied or made."""

    data: bytearray
    how: bytearray

    def put(self, at: int, value: bytes, how: int = COPIED) -> None:
        """Write bytes at a place."""
        self.data[at : at + len(value)] = value
        self.how[at : at + len(value)] = bytes((how,)) * len(value)

    def take(self, at: int, other: Rebuilt, start: int, stop: int) -> None:
        """Write part of another, with how that came there."""
        self.data[at : at + stop - start] = other.data[start:stop]
        self.how[at : at + stop - start] = other.how[start:stop]


def blank(size: int) -> Rebuilt:
    """So many zeros."""
    return Rebuilt(bytearray(size), bytearray(size))


@record
class Work:
    """The state of one redaction: the key, what must not come out, and what was done."""

    key: bytes = field(repr=False)
    secrets: frozenset[str] = field(repr=False)
    replaced: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    bytes_of: Counter[int] = field(default_factory=Counter)


def redact(
    source: Capture | str | os.PathLike[str], out: str | os.PathLike[str], key: bytes | None = None
) -> Manifest:
    """Write a capture without what says whose card it was, as *.card.jsonl, *.hex or *.csv; returns what was done.

    With one key the same PAN becomes the same made-up PAN in every file; without, a key is made for this file and
    forgotten. Raises CaptureError for an output that is the input.
    """
    capture = source if isinstance(source, Capture) else read(source)
    manifest, text = redacted(capture, secrets.token_bytes(32) if key is None else key)
    if form := FORMS.get(Path(out).suffix):
        file = io.StringIO()
        file.writelines(f"# {row}\n" for row in str(manifest).splitlines() if form == "hex")
        WRITERS[form](file, items(read_text(text, card_jsonl.NAME)))
        text = file.getvalue()
    replace_file(capture.path, out, lambda file: file.write(text))
    return manifest


def redacted(capture: Capture, key: bytes) -> tuple[Manifest, str]:
    """The manifest and the text of a redacted capture: redacted until nothing changes any more.

    What was dropped may have given meaning to what was copied (a DOL); the next round then drops that too.
    """
    manifest, text = _round(capture, key)
    for _ in range(ROUNDS):
        manifest, again = _round(read_text(text, card_jsonl.NAME), key)
        if again == text:
            return manifest, text
        text = again
    raise CaptureError(
        "does not come to rest when redacted: leave out its damaged parts", capture.path
    )


def _round(capture: Capture, key: bytes) -> tuple[Manifest, str]:
    work = Work(
        key, frozenset(form for exchange in capture.exchanges for form in secret_forms(exchange))
    )
    found = list(_items(capture, work))
    lost = dict.fromkeys(_LOST[tag] for tag in _LOST if tag in work.seen)
    counts, frames = work.bytes_of, sum(isinstance(item, Frame) for item in found)
    replaced = tuple(sorted(work.replaced.items()))
    manifest = Manifest(
        frames, counts[COPIED], counts[MADE], counts[DROPPED], replaced, (*lost, _BESIDE)
    )
    file = io.StringIO()
    card_jsonl.write(file, found, "cardlib redact", redacted=asdict(manifest))
    return manifest, file.getvalue()


def _items(capture: Capture, work: Work) -> Iterator[Session | Frame | Problem]:
    """Sessions without names and dates, frames rebuilt, problems without what was in them; times from the first."""
    found = {}
    for exchange in capture.exchanges:
        for frame, rebuilt in zip(exchange.frames, _exchange(exchange, work), strict=True):
            found[frame.index] = rebuilt
    told = list(written(items(capture)))
    origin = min(
        (item.time_ns for item in told if isinstance(item, Frame) and item.time_ns is not None),
        default=0,
    )
    for item in told:
        if isinstance(item, Session):
            yield Session(item.index, None, item.interface, item.clock)
        elif isinstance(item, Problem):
            kind = item.kind if item.kind in KINDS else "damage"
            yield replace(item, kind=kind, detail="", raw=bytes(len(item.raw)))
        else:
            rebuilt = found.get(item.index) or _alone(item, work)
            work.bytes_of.update(rebuilt.how)
            data = sealed(item, bytes(rebuilt.data))
            note = "; ".join(word for word in NOTES if word in item.note)
            start, end = (
                None if stamp is None else stamp - origin for stamp in (item.time_ns, item.end_ns)
            )
            yield replace(item, data=data, note=note, time_ns=start, end_ns=end)


def _exchange(exchange: Exchange, work: Work) -> list[Rebuilt]:
    """The frames of an exchange: what joins them, then the bytes of both halves in their places."""
    sides = {side: _half(exchange, half, work) for side, half in halves(exchange)}
    found = [_joining(frame, exchange, sides.get("command")) for frame in exchange.frames]
    for side, rebuilt in sides.items():
        half, at = (exchange.command if side == "command" else exchange.response), 0
        for number, start, stop in half.pieces if half else ():
            found[number].take(start, rebuilt, at, at + stop - start)
            at += stop - start
    first: dict[bytes, Rebuilt] = {}
    for frame, rebuilt in zip(
        exchange.frames, found, strict=True
    ):  # a block that is sent again is the same again
        rebuilt.take(0, first.setdefault(frame.data, rebuilt), 0, len(frame.data))
    return found


def _joining(frame: Frame, exchange: Exchange, asked: Rebuilt | None) -> Rebuilt:
    """What of a frame may be in no half: header, status word, a command sent again, what is around a block."""
    found, data, command = blank(len(frame.data)), frame.data, exchange.command
    if frame.kind == "block":
        pieces = [piece for half in (command, exchange.response) if half for piece in half.pieces]
        before = min(
            (start for number, start, _ in pieces if exchange.frames[number] is frame), default=0
        )
        found.put(
            0, data if len(data) <= SHORT_BLOCK else data[: before if before <= SHORT_BLOCK else 0]
        )
        return found
    if frame.sender in ("card", "both") and parse_response(data).sw is not None:
        found.put(len(data) - 2, data[-2:])
    if frame.sender in ("reader", "both"):
        found.put(0, data[:5])
        if asked and command and data[:4] == command.raw[:4] and data_start(command) == 5:
            stop = 5 + len(command.data)
            if data[5:stop] == command.data:
                found.take(5, asked, 5, stop)
                found.put(stop, data[stop : stop + 1])
    return found


def _alone(frame: Frame, work: Work) -> Rebuilt:
    """A frame that is in no exchange."""
    found = blank(len(frame.data))
    if frame.kind == "pps" or (frame.kind == "block" and len(frame.data) <= SHORT_BLOCK):
        found.put(0, frame.data[:6])
    elif frame.kind == "atr" and STORAGE_CARD in frame.data:
        found.put(0, frame.data[:MAX_ATR])
    elif frame.kind in ("atr", "ats"):
        for _, node in activation_node(frame.kind, frame.data).walk():
            if ATR_FIELDS.fullmatch(node.name) or (node.tag in HISTORICAL and not node.error):
                found.put(node.start, node.raw)
            elif node.tag:
                found.put(node.start, frame.data[node.start : node.body])
    return found


def _half(exchange: Exchange, half: Node, work: Work) -> Rebuilt:
    """Half an exchange, node by node: known structure is copied, each value goes by its rule, all else is blank."""
    found = blank(len(half.buf))
    stack = [(node, "") for node in reversed(half.children)]
    while stack:
        node, parent = stack.pop()
        if node.buf is not half.buf:
            continue
        if exchange.context.application == "emv":
            work.seen.add(node.tag)
        known = node.fact.known and bool(node.tag)
        sure = node.tag in TEMPLATES if node.error else known or (parent and node.tag)
        if sure:  # of what does not fit, even tag and length may be digits of something else
            found.put(node.start, node.buf[node.start : node.body])
        if not _value(exchange, node, parent, found, work):
            stack.extend((child, node.tag if known else "") for child in reversed(node.children))
    return found


def _value(exchange: Exchange, node: Node, parent: str, found: Rebuilt, work: Work) -> bool:
    """Write a value by its rule; False where there is none for it as a whole."""
    kind, tag, value = sensitivity(node), node.tag, node.value
    if kind:
        made = b"" if node.error else _made(kind, value, work)
        found.put(node.body, made, MADE)
        return True
    if node.error and tag:
        return False
    if tag in AIDS or node.name == "DF name (AID)":
        whole = aid_name(to_hex(value)) and not _LETTERS.search(value) and _clean(value, work)
        registered = (
            value[:5] if value[:1].hex()[:1] in ("a", "d") else b""
        )  # its provider (ISO/IEC 7816-5)
        found.put(node.body, value if whole or to_hex(value) in emv.DIRECTORIES else registered)
        return True
    if tag in LABELS:
        known = WORDS.issuperset(value.upper().split(b" "))
        found.put(node.body, value if known else LABEL[: len(value)], COPIED if known else MADE)
        work.replaced.update(() if known else ("label",))
        return True
    if (_is_listed(exchange, node, parent) or (not tag and node.name in FIELDS)) and _clean(
        value, work
    ):
        found.put(node.body, value)
        return True
    return False


def _is_listed(exchange: Exchange, node: Node, parent: str) -> bool:
    """Whether an element is on the allow-list, and has a length and a form that its row allows."""
    tag, value = node.tag, node.value
    if not node.fact.known or not fits(node.fact, len(value)):
        return False
    if (
        node.start == node.body
        and exchange.command
        and exchange.command.ins == iso7816.READ_RECORD
        and tag
    ):
        return False  # a record of the log: what was paid earlier, when and where
    if tag == LANGUAGES:
        return all(
            lookup("languages", value[at : at + 2].decode("latin-1"))
            for at in range(0, len(value), 2)
        )
    if parent == IAD:
        return bool(IAD_PARTS.fullmatch(node.name))
    return (tag in KEEP or parent in FILES) and (len(value) <= MOST or not _LETTERS.search(value))


def _clean(value: bytes, work: Work) -> bool:
    """Whether a value that may be copied holds no PAN, and nothing that is secret elsewhere in this capture."""
    digits = to_hex(value)
    known = len(digits) >= LEAST and any(form in digits for form in work.secrets)
    return not known and (len(value) < 7 or not like_secrets(value))  # a PAN has at least 13 digits


def _made(kind: str, value: bytes, work: Work) -> bytes:
    """A made-up value of the same length and form; nothing (so that it stays blank) where its form is not known."""
    digits = to_hex(value)
    if kind == "name":
        work.replaced["name"] += 1
        return HOLDER[: len(value)]
    if kind == "pan" and re.fullmatch(r"\d{13,19}F*", digits):
        work.replaced["PAN"] += 1
        return bytes.fromhex(fake_pan(digits.rstrip("F"), work.key).ljust(len(digits), "F"))
    for what, (form, prefix) in SIM.items() if kind == "id" else ():
        if sim := form.fullmatch(_exchanged(digits)):
            work.replaced[what] += 1
            return bytes.fromhex(
                _exchanged(f"{sim[1]}{fake_pan(sim[2], work.key, prefix)}".ljust(len(digits), "F"))
            )
    if kind == "track" and (two := _TRACK_2.fullmatch(digits)):
        work.replaced["track 2"] += 1
        return bytes.fromhex(f"{fake_pan(two[1], work.key)}D{two[2]}{'0' * len(two[3])}{two[4]}")
    if kind == "track" and (one := _TRACK_1.fullmatch(value)):
        work.replaced["track 1"] += 1
        pan = fake_pan(one[1].decode(), work.key).encode()
        return b"B%b^%b^%b%b" % (pan, HOLDER[: len(one[2])], one[3], b"0" * len(one[4]))
    return b""


def _exchanged(digits: str) -> str:
    """The nibbles of each byte exchanged, as the files of a SIM hold digits."""
    return "".join(second + first for first, second in zip(digits[::2], digits[1::2], strict=True))


@lru_cache(maxsize=4096)
def fake_pan(pan: str, key: bytes, prefix: str = PREFIX) -> str:
    """A number of the same length that nobody has; a good check digit stays good, a wrong one wrong. A fake stays."""
    if pan.startswith(prefix):
        return pan
    free = len(pan) - len(prefix) - 1
    number = int.from_bytes(hmac.digest(key, b"PAN " + pan.encode(), "sha256"), "big") % 10**free
    body = f"{prefix}{number:0{free}}"
    check = next(digit for digit in range(10) if luhn_ok(f"{body}{digit}"))
    return f"{body}{check if luhn_ok(pan) else (check + 1) % 10}"
