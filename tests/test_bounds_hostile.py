# SPDX-License-Identifier: MIT
"""What is made to cost more than it is: in under 300 MB, and twice as much of it is at most twice the work.

`-s` shows the figures.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from counted import events, is_even
from test_formats_ccid import message, usbmon
from test_formats_gsmtap import ethernet, summed, tap
from test_formats_pcap import block, interface, packet, section, section_file

import cardlib
from cardlib.core.model import Coverage
from cardlib.formats import by_name
from cardlib.road.pipeline import _stream
from conftest import ROOT

MIB, MEMORY = 1 << 20, 300 * 1024
PAIR = b"> 00B2010C00\n< 6A83\n"
MEASURED = """
import sys
import cardlib
try:
    count = sum(type(one) is cardlib.Exchange for one in cardlib.stream(sys.argv[1]))
    if len(sys.argv) > 2:
        list(map(cardlib.mask, cardlib.read(sys.argv[1]).exchanges))
except cardlib.CaptureError:
    count = -1
with open("/proc/self/status") as file:
    print(count, *(line.split()[1] for line in file if line.startswith("VmHWM")))
"""


def measured(file: Path, *more: str) -> tuple[int, int]:
    """Exchanges (-1: refused), and KiB at the most, of a process of its own."""
    command = [sys.executable, "-c", MEASURED, str(file), *more]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    count, size = found.stdout.split()
    return int(count), int(size)


def read_and_print(file: Path, is_printed: bool) -> None:
    with contextlib.suppress(cardlib.CaptureError):
        for _ in cardlib.stream(file):
            pass
        if is_printed:
            for exchange in cardlib.read(file).exchanges:
                cardlib.mask(exchange)


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


def bomb(mebibytes: int) -> bytes:
    return PAIR + b"#" * (mebibytes * MIB)


def chain(count: int) -> bytes:
    return b"> 00A40400\n< 6110\n" + b"> 00C0000010\n< 00116110\n" * count


def in_an_object(declared: int) -> bytes:
    return answer(b"\x70\x84" + declared.to_bytes(4, "big") + b"\x5a\1\0")


def in_a_block(declared: int) -> bytes:
    damaged = bytearray(block(6, bytes(40)))
    damaged[4:8] = declared.to_bytes(4, "little")
    return section() + damaged + bytes(4000)


GIB_4 = 0xFFFFFFFF
CASES: dict[
    str, tuple[Callable[[int], bytes], int, int]
] = {  # how it is made, of how much, the exchanges in it
    "10^5 levels": (lambda n: answer(definite(n)), 100_000, 1),
    "10^5 open levels": (lambda n: answer(b"\x70\x80" * n), 100_000, 1),
    "10^5 siblings": (
        lambda n: answer(b"\x70\x84" + (3 * n).to_bytes(4, "big") + b"\x5a\1\0" * n),
        100_000,
        1,
    ),
    "4 GiB declared in an object": (in_an_object, GIB_4, 1),
    "4 GiB declared in a packet": (pcap, GIB_4, 0),
    "4 GiB declared in a block": (in_a_block, GIB_4, 0),
    "4 GiB declared in a message": (usb, GIB_4, 0),
    "endless 61xx": (chain, 20_000, 5),
    "zip with 20,000 members": (lambda n: zipped(*[b"?"] * n), 20_000, -1),
    "gzip bomb": (lambda n: gzip.compress(PAIR + bytes(n * MIB), 1), 300, -1),
    "xz bomb": (lambda n: lzma.compress(bomb(n), preset=0), 300, 1),
    "zip bomb": (lambda n: zipped(bomb(n)), 300, 1),
    "gzip bomb in a gzip": (lambda n: gzip.compress(gzip.compress(bomb(n))), 300, -1),
    "zip bomb in a zip": (lambda n: zipped(zipped(bomb(n))), 300, -1),
    "a line of 64 MB": (lambda n: PAIR + b"> " + b"00" * (n * MIB) + b"\n" + PAIR, 32, 2),
}
PRINTED = {name for name in CASES if "bomb" not in name and "64 MB" not in name}
# How much of each is read in every run. A chain of 61xx is in every run in test_bounds.
QUICK = {name: 5 if name.startswith(("10^5", "zip")) else 1 for name in PRINTED - {"endless 61xx"}}

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here"),
    pytest.mark.no_cover,  # it counts calls itself
]


def check(name: str, file: Path, part: int = 1) -> None:
    """Hold the bounds for one part of so many of a case; a part has a third of the memory."""
    make, amount, exchanges = CASES[name]
    is_printed = name in PRINTED
    file.write_bytes(make(amount // part))
    count, size = measured(file, *(["and print"] if is_printed else []))
    print(f"{name}: {size // 1024} MB")
    assert count == exchanges and size < (MEMORY if part == 1 else MEMORY // 3)
    work = []
    for share in (20, 10):
        file.write_bytes(make(amount // share))
        work.append(events(read_and_print, file, is_printed))
    print(f"{name}: {work} events for a twentieth and a tenth of it")
    assert is_even(work)


@pytest.mark.parametrize("name", sorted(QUICK))
def test_hostile_input_costs_little(name: str, tmp_path: Path) -> None:
    check(name, tmp_path / "file", QUICK[name])


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(name for name in CASES if QUICK.get(name) != 1))
def test_large_hostile_input_costs_little(name: str, tmp_path: Path) -> None:
    check(name, tmp_path / "file")


LOGGED = b"00000001 APDU: 00 B2 01 0C 00 \n00000001 SW: 6A 83 \n"
TAPPED = packet(ethernet(summed(tap(bytes.fromhex("00B2010C006A83")))))
MANY = {
    "hex pairs": (b"", PAIR),
    "GSMTAP-SIM": (section() + interface(), TAPPED),
    "pcscd log": (b"", LOGGED),
}


def work(name: str, count: int) -> int:
    """How often functions are called and return while that many exchanges are read."""
    head, one = MANY[name]
    chosen = by_name(name)
    assert chosen
    items = _stream(io.BytesIO(head + one * count), chosen, Coverage(), ())
    exchanges: list[bool] = []
    counted = events(lambda: exchanges.extend(type(item) is cardlib.Exchange for item in items))
    assert sum(exchanges) == count
    return counted


def check_growth(name: str, few: int, many: int) -> None:
    first, second = work(name, few), work(name, many)
    print(f"{name}: {first / few:.0f} events an exchange of {few}, {second / many:.0f} of {many}")
    assert second / first <= many / few


@pytest.mark.parametrize(
    ("name", "few"), [("GSMTAP-SIM", 1_500), ("hex pairs", 1_000), ("pcscd log", 750)]
)
def test_work_grows_with_the_number_of_exchanges(name: str, few: int) -> None:
    check_growth(name, few, 4 * few)


@pytest.mark.long
@pytest.mark.parametrize("name", MANY)
def test_work_grows_up_to_a_million_exchanges(name: str, tmp_path: Path) -> None:
    check_growth(name, 10_000, 100_000)
    head, one = MANY[name]
    for count in (100_000, 1_000_000):
        (tmp_path / "file").write_bytes(head + one * count)
        found, size = measured(tmp_path / "file")
        print(f"{name}: {count} exchanges in {size // 1024} MB")
        assert found == count and size < MEMORY


@pytest.mark.long
def test_two_gigabytes_pass_through_little_memory(tmp_path: Path) -> None:
    unit = answer(b"\x5a" * 32_000)
    with (tmp_path / "file").open("wb") as file:
        for _ in range((2 << 30) // len(unit) + 1):
            file.write(unit)
    found, size = measured(tmp_path / "file")
    print(f"2 GiB: {found} exchanges in {size // 1024} MB")
    assert found == (2 << 30) // len(unit) + 1 and size < MEMORY
