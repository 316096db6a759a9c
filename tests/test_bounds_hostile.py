# SPDX-License-Identifier: MIT
"""What is made to cost more than it is: each in under 3 seconds and 300 MB, measured in a process of its own."""

from __future__ import annotations

import gzip
import lzma
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

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
    sizes, size = [], 0
    for _ in range(levels):
        length = bytes((size,)) if size < 128 else bytes((0x84,)) + size.to_bytes(4, "big")
        sizes.append(length)
        size += 1 + len(length)
    return b"".join(b"\x70" + length for length in reversed(sizes))


def zipped(file: Path, data: bytes) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as held:
        held.writestr("log.txt", data)


def packet(declared: int) -> bytes:
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 264)
    return head + struct.pack("<IIII", 1_600_000_000, 0, declared, declared) + bytes(40)


LONG_LINE = PAIR + b"> " + b"00" * (32 * MIB) + b"\n" + PAIR
CASES: dict[str, tuple[Callable[[Path], object], int]] = {
    "7 x 10^4 levels, as many as a line of text may hold": (lambda file: file.write_bytes(answer(definite(70_000))), 1),
    "10^5 open levels": (lambda file: file.write_bytes(answer(b"\x70\x80" * 100_000)), 1),
    "10^5 siblings": (
        lambda file: file.write_bytes(answer(b"\x70\x84" + (300_000).to_bytes(4, "big") + b"\x5a\1\0" * 100_000)),
        1,
    ),
    "4 GiB declared in an object": (lambda file: file.write_bytes(answer(b"\x70\x84\xff\xff\xff\xff\x5a\1\0")), 1),
    "4 GiB declared in a packet": (lambda file: file.write_bytes(packet(0xFFFFFFFF)), 0),
    "endless 61xx": (
        lambda file: file.write_bytes(b"> 00A40400\n< 6110\n" + b"> 00C0000010\n< 00116110\n" * 20_000),
        5,
    ),
    "gzip bomb": (lambda file: file.write_bytes(gzip.compress(PAIR + bytes(300 * MIB), 1)), -1),
    "xz bomb": (lambda file: file.write_bytes(lzma.compress(PAIR + b"#" * (300 * MIB), preset=0)), 1),
    "zip bomb": (lambda file: zipped(file, PAIR + b"#" * (300 * MIB)), 1),
    "a line of 64 MB": (lambda file: file.write_bytes(LONG_LINE), 2),
}
QUICK = {name for name in CASES if "bomb" not in name and "64 MB" not in name}

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")


def check(name: str, file: Path) -> None:
    make, wanted = CASES[name]
    make(file)
    count, seconds, size = measured(file, *(["and print"] if name in QUICK else []))
    assert count == wanted
    assert seconds < SECONDS and size < MEMORY


@pytest.mark.parametrize("name", sorted(QUICK))
def test_hostile_input_costs_little(name: str, tmp_path: Path) -> None:
    check(name, tmp_path / "file")


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(set(CASES) - QUICK))
def test_large_hostile_input_costs_little(name: str, tmp_path: Path) -> None:
    check(name, tmp_path / "file")


@pytest.mark.long
def test_time_grows_with_the_number_of_exchanges(tmp_path: Path) -> None:
    times = []
    for count in (250_000, 500_000, 1_000_000):
        (tmp_path / "file").write_bytes(PAIR * count)
        found, seconds, size = measured(tmp_path / "file")
        assert (found, size < MEMORY) == (count, True)
        times.append(seconds)
    assert times[1] < 2.6 * times[0] and times[2] < 2.6 * times[1]


@pytest.mark.long
def test_two_gigabytes_pass_through_little_memory(tmp_path: Path) -> None:
    unit = answer(b"\x5a" * 32_000)
    with (tmp_path / "file").open("wb") as file:
        for _ in range((2 << 30) // len(unit) + 1):
            file.write(unit)
    found, _, size = measured(tmp_path / "file")
    assert found == (2 << 30) // len(unit) + 1 and size < MEMORY
