# SPDX-License-Identifier: MIT
"""What is made to cost more than it is: each in under 3 seconds and 300 MB, measured in a process of its own.

`-s` shows the figures.
"""

from __future__ import annotations

import gzip
import io
import itertools
import lzma
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from test_formats_ccid import message, usbmon
from test_formats_gsmtap import ethernet, summed, tap
from test_formats_pcap import block, interface, packet, section, section_file

import cardlib
from cardlib.core.model import Coverage
from cardlib.formats import by_name
from cardlib.road.pipeline import _stream
from conftest import ROOT

MIB, SECONDS, MEMORY = 1 << 20, 3.0, 300 * 1024
PAIR = b"> 00B2010C00\n< 6A83\n"
MEASURED = """
import sys, time
import cardlib
begin = time.process_time()
try:
    count = sum(type(one) is cardlib.Exchange for one in cardlib.stream(sys.argv[1]))
    if len(sys.argv) > 2:
        list(map(cardlib.mask, cardlib.read(sys.argv[1]).exchanges))
except cardlib.CaptureError:
    count = -1
seconds = time.process_time() - begin
with open("/proc/self/status") as file:
    print(count, seconds, *(line.split()[1] for line in file if line.startswith("VmHWM")))
"""


def measured(file: Path, *more: str) -> tuple[int, float, int]:
    """Exchanges (-1: refused), seconds of the processor, and KiB at the most."""
    command = [sys.executable, "-c", MEASURED, str(file), *more]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    count, seconds, size = found.stdout.split()
    return int(count), float(seconds), int(size)


def answer(data: bytes) -> bytes:
    """A capture in which a card answers with this."""
    return b"> 00B2010C00\n< " + data.hex().encode() + b"9000\n"


def definite(levels: int) -> bytes:
    """Templates in templates, each with its length."""
    lengths, size = [], 0
    for _ in range(levels):
        octets = size.to_bytes((size.bit_length() + 7) // 8 or 1, "big")
        lengths.append(octets if size < 128 else bytes((0x80 | len(octets),)) + octets)
        size += 1 + len(lengths[-1])
    return b"".join(b"\x70" + length for length in reversed(lengths))


def zipped(*members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as held:
        for number, data in enumerate(members):
            held.writestr(f"{number}.log", data)
    return file.getvalue()


def pcap(declared: int) -> bytes:
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 264)
    return head + struct.pack("<IIII", 1_600_000_000, 0, declared, declared) + bytes(40)


def usb(declared: int) -> bytes:
    """A message of CCID that says how long it is."""
    data = b"\x6f" + declared.to_bytes(4, "little") + bytes(40)
    return section_file([usbmon(message(0x65)), usbmon(data)], link=220)


BOMB = PAIR + b"#" * (300 * MIB)
LONG_LINE = PAIR + b"> " + b"00" * (32 * MIB) + b"\n" + PAIR
CASES: dict[str, tuple[Callable[[], bytes], int]] = {
    "10^5 levels": (lambda: answer(definite(100_000)), 1),
    "10^5 open levels": (lambda: answer(b"\x70\x80" * 100_000), 1),
    "10^5 siblings": (lambda: answer(b"\x70\x84" + (300_000).to_bytes(4, "big") + b"\x5a\1\0" * 100_000), 1),
    "4 GiB declared in an object": (lambda: answer(b"\x70\x84\xff\xff\xff\xff\x5a\1\0"), 1),
    "4 GiB declared in a packet": (lambda: pcap(0xFFFFFFFF), 0),
    "4 GiB declared in a block": (lambda: section() + block(6, bytes(40)).replace(b"\x34", b"\xff") + bytes(4000), 0),
    "4 GiB declared in a message": (lambda: usb(0xFFFFFFFF), 0),
    "endless 61xx": (lambda: b"> 00A40400\n< 6110\n" + b"> 00C0000010\n< 00116110\n" * 20_000, 5),
    "zip with 20,000 members": (lambda: zipped(*[b"?"] * 20_000), -1),
    "gzip bomb": (lambda: gzip.compress(PAIR + bytes(300 * MIB), 1), -1),
    "xz bomb": (lambda: lzma.compress(BOMB, preset=0), 1),
    "zip bomb": (lambda: zipped(BOMB), 1),
    "gzip bomb in a gzip": (lambda: gzip.compress(gzip.compress(BOMB)), -1),
    "zip bomb in a zip": (lambda: zipped(zipped(BOMB)), -1),
    "a line of 64 MB": (lambda: LONG_LINE, 2),
}
QUICK = {name for name in CASES if "bomb" not in name and "64 MB" not in name}

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here"),
    pytest.mark.no_cover,  # it counts calls itself
]


def check(name: str, file: Path) -> None:
    make, wanted = CASES[name]
    file.write_bytes(make())
    count, seconds, size = measured(file, *(["and print"] if name in QUICK else []))
    print(f"{name}: {seconds:.2f} s, {size // 1024} MB")
    assert count == wanted
    assert seconds < SECONDS and size < MEMORY


@pytest.mark.parametrize("name", sorted(QUICK))
def test_hostile_input_costs_little(name: str, tmp_path: Path) -> None:
    check(name, tmp_path / "file")


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(CASES) - QUICK))
def test_large_hostile_input_costs_little(name: str, tmp_path: Path) -> None:
    check(name, tmp_path / "file")


LOGGED = b"00000001 APDU: 00 B2 01 0C 00 \n00000001 SW: 6A 83 \n"
TAPPED = packet(ethernet(summed(tap(bytes.fromhex("00B2010C006A83")))))
MANY = {"hex pairs": (b"", PAIR), "GSMTAP-SIM": (section() + interface(), TAPPED), "pcscd log": (b"", LOGGED)}


def work(name: str, count: int) -> int:
    """How often functions are called and return while that many exchanges are read."""
    head, one = MANY[name]
    chosen, events = by_name(name), itertools.count()
    assert chosen
    items = _stream(io.BytesIO(head + one * count), chosen, Coverage(), ())
    sys.setprofile(lambda *_: next(events) and None)
    try:
        found = sum(type(item) is cardlib.Exchange for item in items)
    finally:
        sys.setprofile(None)
    assert found == count
    return next(events)


def check_growth(name: str, few: int, many: int) -> None:
    first, second = work(name, few), work(name, many)
    print(f"{name}: {first / few:.0f} events an exchange of {few}, {second / many:.0f} of {many}")
    assert second / first <= many / few


@pytest.mark.parametrize(("name", "few"), [("GSMTAP-SIM", 10_000), ("hex pairs", 3_000), ("pcscd log", 2_000)])
def test_work_grows_with_the_number_of_exchanges(name: str, few: int) -> None:
    check_growth(name, few, 10 * few)


@pytest.mark.long
@pytest.mark.parametrize("name", MANY)
def test_work_grows_up_to_a_million_exchanges(name: str, tmp_path: Path) -> None:
    check_growth(name, 10_000, 100_000)
    head, one = MANY[name]
    for count in (100_000, 1_000_000):
        (tmp_path / "file").write_bytes(head + one * count)
        found, seconds, size = measured(tmp_path / "file")
        print(f"{name}: {count} exchanges in {seconds:.1f} s and {size // 1024} MB")
        assert found == count and size < MEMORY


@pytest.mark.long
def test_two_gigabytes_pass_through_little_memory(tmp_path: Path) -> None:
    unit = answer(b"\x5a" * 32_000)
    with (tmp_path / "file").open("wb") as file:
        for _ in range((2 << 30) // len(unit) + 1):
            file.write(unit)
    found, seconds, size = measured(tmp_path / "file")
    print(f"2 GiB: {found} exchanges in {seconds:.1f} s and {size // 1024} MB")
    assert found == (2 << 30) // len(unit) + 1 and size < MEMORY
