# SPDX-License-Identifier: MIT
"""Input made to cost time or memory costs little of both."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from counted import events, is_even

import cardlib
from cardlib.road.pipeline import MAX_PROBLEMS
from conftest import ROOT

pytestmark = (
    pytest.mark.no_cover
)  # much of the same: measuring its coverage takes longer than the tests

MIB = 1 << 20
MORE_THAN_LISTED = 3 * MAX_PROBLEMS // 2


def work(file: Path, *contents: str | bytes, format: str | None = None) -> list[int]:
    """How much is done to read a file with each of these contents."""
    counts = []
    for content in contents:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        counts.append(events(read, file, format))
    return counts


def read(file: Path, format: str | None) -> None:
    with contextlib.suppress(cardlib.CaptureError):
        cardlib.read(file, format)


LINES = {
    "hex pairs": ("> 00A40400\n< 9000\n", "> 00A4 0G\n", "> "),
    "pcscd log": (
        "00000001 APDU: 00 A4 04 00\n00000001 SW: 90 00\n",
        "00000001 SW: 90 0G\n",
        "00000001 SW: ",
    ),
    "pyscard observer": ("connecting to A\n> 00 A4 04 00\n< 90 00\n", "< 90 0G\n", "> "),
    "card.jsonl": (
        '{"card_capture": 1}\n{"from": "card", "kind": "apdu", "data": "9000"}\n',
        "{x\n",
        '{"data": "',
    ),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize(
    "many", [MORE_THAN_LISTED, pytest.param(30_000, marks=pytest.mark.long)], ids=["", "more"]
)
def test_many_bad_lines_are_counted(many: int, name: str, tmp_path: Path) -> None:
    good, bad, _ = LINES[name]
    file = tmp_path / "file"
    file.write_text(good + bad * many + good, "utf-8")
    capture = cardlib.read(file)
    assert capture.format.partition(":")[0] == name and len(capture.exchanges) == 2
    assert Counter(problem.kind for problem in capture.problems) == {
        "unreadable line": MAX_PROBLEMS + 1
    }
    assert capture.problems[-1].detail == f"{many - MAX_PROBLEMS} more of this kind are not listed"
    assert capture.coverage.total == file.stat().st_size
    assert is_even(work(file, *(good + bad * count + good for count in (many // 4, many // 2))))


@pytest.mark.parametrize("name", LINES)
def test_long_line_and_blank_lines(name: str, tmp_path: Path) -> None:
    good, _, begin = LINES[name]
    file = tmp_path / "file"

    def text(size: int) -> str:
        return good + begin + "00 " * size + "\n" + "\n" * (size // 10) + good

    file.write_text(text(MIB // 2), "utf-8")
    capture = cardlib.read(file)
    assert capture.format.partition(":")[0] == name and len(capture.exchanges) == 2
    assert {problem.kind for problem in capture.problems} == {"long line"} and len(
        capture.problems
    ) <= 4
    assert capture.coverage.total == file.stat().st_size
    assert is_even(work(file, text(1 << 14), text(1 << 15)))


JUNK = {
    "random bytes": random.Random(1).randbytes(MIB // 16),
    "zeros": bytes(MIB // 2),
    "heads of blocks": b"\x06\0\0\0\x20\0\0\0" * (MIB // 16),
    "ones": b"\xff" * (MIB // 2),
}


@pytest.mark.parametrize("part", [8, pytest.param(1, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", JUNK)
@pytest.mark.parametrize(
    "begin", [b"", b"> 00A40400\n", b"\n\r\r\n", b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + bytes(16)]
)
def test_junk_after_a_beginning(begin: bytes, name: str, part: int, tmp_path: Path) -> None:
    """An eighth of the junk in every run."""
    file, junk, most = tmp_path / "junk", JUNK[name], (1 << 16) // part
    for format in ("hex pairs", "pcscd log", "pyscard observer", "GSMTAP-SIM", "card.jsonl"):
        file.write_bytes(begin + junk[: len(junk) // part])
        try:
            assert cardlib.read(file, format).coverage.total == file.stat().st_size
        except cardlib.CaptureError as fault:
            assert "nothing in it" in fault.reason
        assert is_even(
            work(file, *(begin + junk[:size] for size in (most // 2, most)), format=format)
        )


def test_packet_file_in_which_every_block_is_damaged(tmp_path: Path) -> None:
    from test_formats_pcap import interface, packet, section

    bad = packet(b"x" * 80)[:-1] + b"\1"
    file = tmp_path / "bad"

    def packets(count: int) -> bytes:
        return section() + interface() + (bad + packet(b"y" * 30)) * count

    file.write_bytes(packets(20_000))
    capture = cardlib.read(file, "GSMTAP-SIM")
    assert (
        len(capture.problems) == MAX_PROBLEMS + 1 and capture.coverage.total == file.stat().st_size
    )
    assert is_even(work(file, packets(1000), packets(2000), format="GSMTAP-SIM"))


def test_endless_chain_of_61xx_ends(tmp_path: Path) -> None:
    file = tmp_path / "chain"

    def chain(count: int) -> str:
        return "> 00A40400\n< 6110\n" + "> 00C0000010\n< 00116110\n" * count

    file.write_text(chain(5_000))  # longer than what is joined; test_bounds_hostile has 20,000
    assert sum(len(exchange.frames) for exchange in cardlib.read(file).exchanges) == 10_002
    assert is_even(work(file, chain(500), chain(1000)))


MEMORY = """
import sys
import cardlib
from cardlib.model import Exchange
count = sum(isinstance(item, Exchange) for item in cardlib.stream(sys.argv[1]))
with open("/proc/self/status") as file:
    print(count, *(line.split()[1] for line in file if line.startswith("VmHWM")))
"""


def peak(file: Path) -> tuple[int, int]:
    """Exchanges in a file and the memory that a fresh process needed for them, in KiB (its own, not its parent's)."""
    found = subprocess.run(
        [sys.executable, "-c", MEMORY, file], capture_output=True, text=True, check=True, cwd=ROOT
    )
    count, size = found.stdout.split()
    return int(count), int(size)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
@pytest.mark.long
def test_memory_of_a_stream_does_not_grow(tmp_path: Path) -> None:
    pair = "> 00B2010C00\n< 70" + "00" * 120 + "9000\n"
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_text(pair * 4000, "utf-8")
    large.write_text(pair * 200_000, "utf-8")
    assert large.stat().st_size > 50_000_000
    (few, before), (many, after) = peak(small), peak(large)
    assert (few, many) == (4000, 200_000)
    assert after < before + 4 * 1024 and after < 60 * 1024
