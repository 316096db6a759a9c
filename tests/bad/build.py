# SPDX-License-Identifier: MIT
"""Makes the damaged captures of this folder, and `cases.json`, which tells what must come out of each.

One card session of five exchanges in each format is damaged at its third exchange in each of some ways. What may be
lost thereby stands here, by hand; what exactly came out stands in `cases.json`, to be read before it is committed.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import pickle
import random
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

import test_formats_ccid as ccid  # noqa: E402
import test_formats_gsmtap as gsmtap  # noqa: E402
import test_formats_iso14443 as iso14443  # noqa: E402
import test_formats_nfclab as nfclab  # noqa: E402
import test_formats_nfcsnoop as nfcsnoop  # noqa: E402
import test_formats_proxmark3 as proxmark3  # noqa: E402
from test_formats_pcap import packet_file, section_file  # noqa: E402
from test_formats_radio import crc_a  # noqa: E402
from test_formats_rules import SAMPLES  # noqa: E402

from cardlib.core.model import Coverage, Exchange, Problem  # noqa: E402
from cardlib.formats import by_name  # noqa: E402
from cardlib.road.pipeline import _stream  # noqa: E402
from conftest import SESSION  # noqa: E402

Pair = tuple[bytes | None, bytes | None]
PAIRS = [(bytes.fromhex(ask), bytes.fromhex(tell)) for ask, tell in SESSION]
HALVES = [half for both in PAIRS for half in both]
ATR = bytes.fromhex("3B6500002063CB6F00")
SPOT = re.compile(
    rb"9[Ff][ :]{0,2}36[ :]{0,2}02[ :]{0,2}|\x9f\x36\x02(?=\x01)"
)  # in the third answer
AIR = [b"\x26", b"\x44\0", crc_a(b"\xe0\x80"), crc_a(b"\x05\x78\x80\x70\x02")]
AIR += [crc_a(bytes([2 + at // 2 % 2]) + half) for at, half in enumerate(HALVES)]
FRAMES = [(data, bool(at % 2)) for at, data in enumerate(AIR)]  # reader and card take turns


def bases() -> dict[str, bytes]:
    """The session in each format."""
    tapped = [gsmtap.tap(ATR, 1), *(gsmtap.tap(ask + tell) for ask, tell in PAIRS)]
    usb = [
        *ccid.session()[:4],
        *(ccid.message(0x80 if at % 2 else 0x6F, half, 2) for at, half in enumerate(HALVES)),
    ]
    own = [
        {"from": "card" if at % 2 else "reader", "kind": "apdu", "data": half.hex()}
        for at, half in enumerate(HALVES)
    ]
    return {
        **{name: data for name, data in SAMPLES.items() if name not in NO_EXCHANGE},
        "GSMTAP-SIM": section_file(
            [gsmtap.ethernet(gsmtap.ip4(gsmtap.udp(unit))) for unit in tapped]
        ),
        "USB CCID": section_file([ccid.usbmon(one) for one in usb], link=220),
        "ISO 14443 pcap": packet_file(
            [iso14443.frame(0xFF if card else 0xFE, data) for data, card in FRAMES], link=264
        ),
        "nfcsnoop": nfcsnoop.capture(),
        "nfc-laboratory": nfclab.text([nfclab.row(at, *one) for at, one in enumerate(FRAMES)]),
        "Proxmark3 trace": b"".join(
            proxmark3.record(1000 + 10_000 * at, *one) for at, one in enumerate(FRAMES)
        ),
        "card.jsonl": "".join(
            json.dumps(row) + "\n" for row in [{"card_capture": 1}, {"session": 0}, *own]
        ).encode(),
    }


def read(name: str, data: bytes) -> tuple[list[Exchange], list[Problem]]:
    """What the library makes of bytes in a format; every byte is accounted for."""
    one, coverage = by_name(name), Coverage()
    assert one
    items = list(_stream(io.BytesIO(data), one, coverage, ()))
    assert coverage.total == len(data)
    return [item for item in items if isinstance(item, Exchange)], [
        item for item in items if isinstance(item, Problem)
    ]


def bag(exchanges: list[Exchange]) -> Counter[Pair]:
    """The exchanges, whatever their order."""
    return Counter(
        (one.command and one.command.raw, one.response and one.response.raw) for one in exchanges
    )


class Place:
    """A capture, and where its third exchange stands: the frames of its halves, and three bytes of its answer."""

    def __init__(self, name: str, data: bytes) -> None:
        frames, spot = read(name, data)[0][2].frames, SPOT.search(data)
        assert spot
        self.data, self.at, self.width = data, spot.start(), spot.end() - spot.start()
        self.ask, self.end = frames[0].start, frames[-1].stop
        self.tell = next(frame.start for frame in frames if frame.start <= self.at < frame.stop)

    def put(self, start: int, stop: int, new: bytes) -> bytes:
        """The capture with other bytes in a place."""
        return self.data[:start] + new + self.data[stop:]


NO_EXCHANGE = {"pcsc_scan output"}
NOISE = random.Random(7).randbytes(64)
# What is done, and which exchanges it may cost (noise in front of a line is in that line).
DAMAGE: dict[str, tuple[Callable[[Place], bytes], set[int]]] = {
    "cut_off": (lambda p: p.data[: p.at + p.width // 2], {3, 4, 5}),
    "begins_late": (lambda p: p.data[p.at :], {1, 2, 3}),
    "no_answer": (lambda p: p.put(p.tell, p.end, b""), {3}),
    "no_command": (lambda p: p.put(p.ask, p.tell, b""), {3}),
    "answer_twice": (lambda p: p.put(p.end, p.end, p.data[p.tell : p.end]), set()),
    "answer_first": (
        lambda p: p.put(p.ask, p.end, p.data[p.tell : p.end] + p.data[p.ask : p.tell]),
        {3},
    ),
    "one_bit": (lambda p: p.put(p.at, p.at + 1, bytes([p.data[p.at] ^ 1])), {3}),
    "high_bit": (lambda p: p.put(p.at, p.at + 1, bytes([p.data[p.at] ^ 0x80])), {3}),
    "one_byte_less": (lambda p: p.put(p.at, p.at + 1, b""), {3}),
    "one_byte_more": (lambda p: p.put(p.at, p.at, b"\xb2"), {3}),
    "zeros": (lambda p: p.put(p.at, p.at + 4, bytes(4)), {3}),
    "ones": (lambda p: p.put(p.at, p.at + 4, b"\xff" * 4), {3}),
    "noise_between": (lambda p: p.put(p.end, p.end, NOISE), {4}),
    "noise_behind": (lambda p: p.data + NOISE, set()),
}
MORE_IS_LOST = {
    ("cardpeek replay", "no_answer"): {
        3,
        4,
    },  # both halves stand in one line: what is left of it joins the next
    ("cardpeek replay", "answer_first"): {3, 4},
    ("scsniff", "no_answer"): {
        3,
        4,
    },  # T=0 has no marks: the next header looks like data that the command announced
    ("scsniff", "answer_first"): {3, 4},
    ("ISO 14443 pcap", "begins_late"): {1, 2, 3, 4},  # a record is believed by the one behind it
}
UNSEEN = {  # what nothing in the file can show
    *(
        (name, damage)
        for name in ("GSMTAP-SIM", "USB CCID", "nfcsnoop")
        for damage in ("high_bit", "zeros", "ones")
    ),
    ("GSMTAP-SIM", "no_answer"),  # the exchange is one packet, which is gone
    ("simtrace2-sniff", "no_answer"),  # or one line
    ("scsniff", "no_answer"),  # five bytes are announced, and five come
    ("pcsc-spy raw log", "begins_late"),  # an answer without the call that it belongs to
    ("pyscard observer", "cut_off"),  # old releases write a status word in this way, with one digit
}


def told(
    name: str, damage: str, whole: list[Exchange], found: list[Exchange], problems: list[Problem]
) -> dict[str, object]:
    """What came out: the exchanges that were lost, what stands in their place, problems by kind; the law is held."""
    before, after = bag(whole), bag(found)
    lost = [at + 1 for at, one in enumerate(before) if one not in after]
    halves = [pair for pair in after - before if None in pair]
    allowed = MORE_IS_LOST.get((name, damage), DAMAGE[damage][1])
    assert set(lost) <= allowed, (name, damage, lost)
    assert not lost or problems or halves or damage == "one_bit" or (name, damage) in UNSEEN, (
        name,
        damage,
    )
    more = sorted(
        "/".join(half.hex().upper() if half is not None else "-" for half in pair)
        for pair in (after - before).elements()
    )
    return {
        "format": name,
        "lost": lost,
        "more": more,
        "problems": dict(sorted(Counter(one.kind for one in problems).items())),
    }


def damaged() -> dict[str, tuple[bytes, dict[str, object]]]:
    """Every format in every way."""
    found = {}
    for name, data in bases().items():
        whole, place = read(name, data)[0], Place(name, data)
        for damage, (change, _) in DAMAGE.items():
            changed = change(place)
            file = re.sub(r"\W+", "_", name.lower()) + "." + damage
            found[file] = changed, told(name, damage, whole, *read(name, changed))
    return found


def zipped(name: str, data: bytes) -> bytes:
    """A zip with one member."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


PLAIN = b"> 00B2010C00\n< 6A83\n"
LOUD = b"> 00B2010C00 \"; import os; os.system('touch made')\n< 6A83\n"
SNOOPED = nfcsnoop.dump(nfcsnoop.capture()).encode()
# Files of no format in particular, and by hand: how many exchanges come out (None: it is refused), and the problems.
HOSTILE: dict[str, tuple[bytes, int | None, dict[str, int]]] = {
    "empty": (b"", None, {}),
    "zeros": (bytes(5000), None, {}),
    "pickle": (pickle.dumps({"frames": [1, 2]}, protocol=2), None, {}),
    "pickle_that_runs": (b"cos\nsystem\n(S'touch made'\ntR.", None, {}),
    "python": (b"import os\nos.system('touch made')\n", None, {}),
    "yaml_tag": (b"!!python/object/apply:os.system ['touch made']\n", None, {}),
    "xml_entity": (
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>\n',
        None,
        {},
    ),
    "gzip": (gzip.compress(PLAIN, mtime=0), 1, {}),
    "gzip_cut": (gzip.compress(PLAIN * 50, mtime=0)[:-8], 50, {"packed file": 1}),
    "gzip_bad_sum": (gzip.compress(PLAIN, mtime=0)[:-6] + bytes(6), 1, {"packed file": 1}),
    "gzip_in_gzip": (gzip.compress(gzip.compress(PLAIN, mtime=0), mtime=0), None, {}),
    "gzip_bomb": (gzip.compress(bytes(24 << 20), mtime=0), None, {}),
    "xz": (lzma.compress(PLAIN), 1, {}),
    "xz_cut": (lzma.compress(PLAIN * 50)[:-20], 50, {"packed file": 1}),
    "xz_bomb": (
        lzma.compress(PLAIN + b"#" * (24 << 20), preset=1),
        1,
        {"long line": 17, "packed file": 1},
    ),
    "zip": (zipped("log.txt", PLAIN), 1, {}),
    "zip_that_climbs": (zipped("../../made", PLAIN), 1, {}),
    "zip_bomb": (
        zipped("log.txt", PLAIN + b"#" * (24 << 20)),
        1,
        {"long line": 17, "packed file": 1},
    ),
    "nfcsnoop": (SNOOPED, 5, {}),
    "nfcsnoop_cut": (SNOOPED[:300], 5, {"damaged frame": 1, "damaged record": 1, "packed file": 1}),
    "utf_16": (b"\xff\xfe" + PLAIN.decode().encode("utf-16-le"), 1, {}),
    "utf_16_without_mark": (PLAIN.decode().encode("utf-16-be") * 4, 4, {"encoding": 1}),
    "utf_16_half": (b"\xff\xfe" + PLAIN.decode().encode("utf-16-le") + b"\n", 1, {}),
    "gbk": ("发送 00B2010C00\n接收 6A83\n".encode("gbk") * 3, 3, {"encoding": 1}),
    "mark_in_the_middle": (PLAIN + b"\xef\xbb\xbf" + PLAIN, 2, {}),
    "cr": (PLAIN.replace(b"\n", b"\r"), 1, {}),
    "wide_digits": (
        "> 00B2010C00\n< ９０００\n> 00B2020C00\n< 6A83\n".encode(),
        2,
        {"unreadable line": 1},
    ),
    "letter_o": (b"> 00B2010C00\n< 9O00\n> 00B2020C00\n< 6A83\n", 2, {"unreadable line": 1}),
    "underscore": (b"> 00B2010C00\n< 90_00\n> 00B2020C00\n< 6A83\n", 2, {"unreadable line": 1}),
    "colours": (b"\x1b[31m> 00B2010C00\x1b[0m\n\x1b[32m< 6A83\x1b[0m\n", 1, {}),
    "mail": (b"> > 00B2010C00\n> < 6A83\n" * 2, 2, {}),
    "code_in_a_comment": (PLAIN + LOUD, 2, {}),
    "nested_json": (b'{"card_capture": 1}\n' + b"[" * 100_000 + b"\n", 0, {"unreadable line": 1}),
    "long_number_in_json": (
        b'{"card_capture": 1}\n{"from": "card", "data": "9000", "kind": "apdu", "t": '
        + b"9" * 5000
        + b"}\n",
        0,
        {"unreadable line": 1},
    ),
}


def write() -> None:
    """Write the folder anew."""
    cases = {}
    for file, (data, expected) in damaged().items():
        (HERE / file).write_bytes(data)
        cases[file] = expected
    for name, (data, _, _) in HOSTILE.items():
        (HERE / f"any.{name}").write_bytes(data)
    lines = (f"{json.dumps(file)}: {json.dumps(expected)}" for file, expected in cases.items())
    (HERE / "cases.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    write()
