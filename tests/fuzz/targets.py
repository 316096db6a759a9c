# SPDX-License-Identifier: MIT
"""What is fuzzed: functions that take any bytes, hold the laws, and tell whether anything came out of them."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from test_formats_radio import crc_a  # noqa: E402
from test_laws import check_tiles, mutate, samples  # noqa: E402

from cardlib.acts.emv.transaction import transactions  # noqa: E402
from cardlib.core import tlv  # noqa: E402
from cardlib.core.activation import atqb_node, atr_node, ats_node, compact, pps_node  # noqa: E402
from cardlib.core.atr import classify  # noqa: E402
from cardlib.core.blocks import Pair  # noqa: E402
from cardlib.core.errors import CaptureError  # noqa: E402
from cardlib.core.facts import facts  # noqa: E402
from cardlib.core.model import Coverage, Fact, Frame, FrameKind, Node, Sender, Session  # noqa: E402
from cardlib.core.transport import pair  # noqa: E402
from cardlib.formats import FORMATS  # noqa: E402
from cardlib.road.pipeline import Reading, collected  # noqa: E402
from cardlib.show import text as display  # noqa: E402
from cardlib.show.exchanges import line  # noqa: E402

SAMPLES = dict(samples())
FACTS = facts("iso7816", "emv")
SENDERS: tuple[Sender, ...] = ("reader", "card", "both", "none")
KINDS: tuple[FrameKind, ...] = ("apdu", "tpdu", "block", "rf", "atr", "ats", "pps", "event")


def readers(data: bytes) -> bool:
    """The reader of a format, named by the first byte, on the other bytes: coverage adds up, frames lie in the file."""
    one, body, coverage = (
        FORMATS[data[0] % len(FORMATS)] if data else FORMATS[0],
        data[1:],
        Coverage(),
    )
    found = list(one.frames(io.BytesIO(body), coverage))
    assert coverage.total == len(body)
    assert all(
        0 <= item.start <= item.stop <= len(body) for item in found if not isinstance(item, Session)
    )
    return any(isinstance(item, Frame) and item.kind != "event" for item in found)


def whole(data: bytes) -> bool:
    """The format that claims the bytes, then everything up to printed trees and payments."""
    try:
        reading = Reading(io.BytesIO(data), "")
        capture = collected(reading, reading.items())
    except CaptureError:
        return False
    assert capture.coverage.total == len(data)
    for exchange in capture.exchanges:
        assert line(exchange) and display.text(exchange)
    display.text(capture)
    transactions(capture)
    return bool(capture.exchanges)


def tlv_objects(data: bytes) -> bool:
    """Rows of BER-TLV, COMPACT-TLV and DOL, and the nodes with their texts: children tile their parent."""
    rows = tlv.scan(data)
    nodes = tlv.tree(data, rows, FACTS)
    _look(Node(Fact("", "any bytes"), data, 0, 0, len(data), nodes))
    asked = tlv.dol(data)
    nodes = tlv.dol_values(data, 0, len(data), asked, FACTS)
    compact(data)
    return any(tag and not error for tag, *_, error in rows)


def _look(node: Node) -> None:
    check_tiles(node)
    for _, one in node.walk():
        assert isinstance(one.text, str) and isinstance(one.error, str)


def atr(data: bytes) -> bool:
    """ATR, ATS, ATQB and PPS with their texts, and the kind of card."""
    nodes = [parse(data) for parse in (atr_node, ats_node, atqb_node, pps_node)]
    for node in nodes:
        _look(node)
    classify(data)
    return any(len(node.children) > 1 for node in nodes)


def transport(data: bytes) -> bool:
    """Frames of any kind, cut from the bytes, to pairs: each frame goes out once."""
    frames = list(_frames(data))
    items = list(pair(iter(frames)))
    out = [frame.index for item in items if isinstance(item, Pair) for frame in item.frames]
    out += [item.index for item in items if isinstance(item, Frame)]
    assert sorted(out) == list(range(len(frames)))
    return any(isinstance(item, Pair) and item.command and item.response for item in items)


def _frames(data: bytes) -> Iterator[Frame]:
    """A byte for sender and kind, a byte for the length, the bytes; and again."""
    at = index = 0
    while at + 2 <= len(data):
        how, size = data[at], data[at + 1]
        stop = min(at + 2 + size, len(data))
        yield Frame(
            index, None, SENDERS[how & 3], KINDS[how >> 2 & 7], data[at + 2 : stop], 1, at, stop
        )
        index, at = index + 1, stop


def _framed(*halves: str, kind: FrameKind = "apdu") -> bytes:
    """Frames of reader and card in turn; blocks get their CRC."""
    found = [
        crc_a(bytes.fromhex(half)) if kind == "block" else bytes.fromhex(half) for half in halves
    ]
    return b"".join(
        bytes((at & 1 | KINDS.index(kind) << 2, len(half))) + half for at, half in enumerate(found)
    )


TARGETS: dict[str, Callable[[bytes], bool]] = {
    "readers": readers,
    "tlv": tlv_objects,
    "atr": atr,
    "transport": transport,
    "whole": whole,
}
_SESSION = (
    "00A4040007A000000003101000",
    "6F108407A0000000031010A50550034142439000",
    "80CA9F3600",
    "9F360201239000",
)
SEEDS: dict[str, list[bytes]] = {
    "readers": [bytes([at]) + SAMPLES[one.NAME][:1000] for at, one in enumerate(FORMATS)],
    "whole": list(SAMPLES.values()),
    "tlv": [
        bytes.fromhex(text)
        for text in (
            "6F108407A0000000031010A5055003414243",
            "70205F200C544553542F434152442020205F25032401015F24032912315F28020826",
            "7716820219809404080102009F3602000157114111111111111111D2912201",
            "30805A01AA00005A00",
            "8E10000000000000000042031E031F03020101",
            "9F38189F66049F02069F03069F1A0295055F2A029A039C019F3704",
        )
    ],
    "atr": [
        bytes.fromhex(text)
        for text in (
            "3B6500002063CB6F00",
            "3B9F96801F878031E073FE211B674A4C753034054BA9",
            "3B8F8001804F0CA000000306030001000000006A",
            "3BEF00FF8131FE4565631104010280004B540B0001000000008D",
            "0578807002",
            "50112233440000000080815100",
            "FF10117B",
        )
    ],
    "transport": [
        _framed(*_SESSION * 2),
        _framed(
            "00A4000C023F00",
            "6104",
            "00C0000004",
            "62008A009000",
            "00B0000000",
            "6C02",
            "00B0000002",
            "AABB9000",
        ),
        _framed("10E2000003010203", "9000", "00E20000020405", "9000"),
        _framed(
            "0200A4040007A000000003101000",
            "029000",
            "0300B2010C00",
            "036A83",
            "F20159",
            "F20159",
            kind="block",
        ),
        _framed("26", "0400", "9320", "56DD89787A", "9370", "20", kind="rf")
        + _framed("0200B2010C00", "0270009000", kind="block"),
    ],
}


def variant(data: bytes, seed: int, seeds: list[bytes]) -> bytes:
    """An input near a valid one: a seed or what came of it, changed in one to three places."""
    rng = random.Random(seed)
    data = rng.choice(seeds) if not data or rng.random() < 0.6 else data
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = mutate(data, rng.getrandbits(32)) or data
    return data
