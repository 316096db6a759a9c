# SPDX-License-Identifier: MIT
"""Packed captures: read as what is in them, bounded, and damaged ones up to the damage."""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
import zlib
from pathlib import Path

import pytest

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.formats.unpack import Unpacked, unpacked

TEXT = b"> 00A4040007A000000003101000\n< 6A82\n" * 50


def zipped(*members: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for number, data in enumerate(members):
            archive.writestr(f"../{number}.log", data)
    return file.getvalue()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "two gzip": gzip.compress(TEXT[:72]) + gzip.compress(TEXT[72:]),
    "xz": lzma.compress(TEXT),
    "zip": zipped(TEXT),
    "zip of two": zipped(TEXT, b"other"),
    "zip, stored": zipped(TEXT, method=zipfile.ZIP_STORED),
}


def read(tmp_path: Path, data: bytes) -> cardlib.Capture:
    file = tmp_path / "packed"
    file.write_bytes(data)
    before = sorted(tmp_path.iterdir())
    try:
        return cardlib.read(file)
    finally:
        assert sorted(tmp_path.iterdir()) == before  # nothing is unpacked to disk


@pytest.mark.parametrize("name", PACKED)
def test_packed_is_read_as_what_is_in_it(name: str, tmp_path: Path) -> None:
    capture = read(tmp_path, PACKED[name])
    assert (capture.format.partition(":")[0], len(capture.exchanges), capture.coverage.total) == (
        "hex pairs",
        50,
        len(TEXT),
    )
    others = (
        ["1 more in this file, which are not read: give each a file of its own"]
        if name == "zip of two"
        else []
    )
    assert [problem.detail for problem in capture.problems] == others


def test_first_member_of_a_zip_that_is_a_capture_is_read(tmp_path: Path) -> None:
    capture = read(tmp_path, zipped(b"", b"Read me first. " * 9, TEXT, b"> 00B0000000\n" * 9))
    assert (capture.format.partition(":")[0], len(capture.exchanges), capture.coverage.total) == (
        "hex pairs",
        50,
        len(TEXT),
    )
    assert [(p.kind, p.detail[:6], p.gap) for p in capture.problems] == [
        ("packed file", "2 more", False)
    ]
    assert capture.exchanges[-1].context.how != "unknown"


@pytest.mark.parametrize("at", range(0, 64, 3))
def test_damaged_directory_of_a_zip_harms_nobody(at: int, tmp_path: Path) -> None:
    data = bytearray(zipped(b"Read me first. " * 9, TEXT))
    data[-1 - at] ^= 0xFF
    (tmp_path / "zip").write_bytes(data)
    try:
        assert len(cardlib.read(tmp_path / "zip").exchanges) in (0, 50)
    except CaptureError as fault:
        assert "no capture format" in str(fault)


@pytest.mark.parametrize("name", PACKED)
def test_any_place_can_be_sought(name: str) -> None:
    file = unpacked(io.BytesIO(PACKED[name]))
    assert isinstance(file, Unpacked) and file.seek(0, io.SEEK_END) == len(TEXT)
    for place in (0, 500, 3, 1700):
        assert file.seek(place) == place and file.read(40) == TEXT[place : place + 40]


@pytest.mark.parametrize("name", PACKED)
def test_cut_or_changed_is_read_up_to_there(name: str) -> None:
    whole = PACKED[name]
    for place in range(0, len(whole), 3):
        for data in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :],
        ):
            file = unpacked(io.BytesIO(data))
            text = file.read()
            if isinstance(file, Unpacked) and not file.faults and not name.startswith("zip"):
                assert text == TEXT


def test_changed_byte_never_passes(tmp_path: Path) -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        body = bytearray(zipped(TEXT, method=method))
        body[14] ^= 1
        capture = read(tmp_path, bytes(body))
        assert [(problem.kind, problem.detail) for problem in capture.problems] == [
            ("packed file", "the check sum in the zip does not fit")
        ]


def test_stored_member_is_bounded_and_one_that_is_encrypted_is_refused(tmp_path: Path) -> None:
    body = bytearray(zipped(TEXT * 50, method=zipfile.ZIP_STORED))
    body[18:22] = b"\xff" * 4  # its declared size
    problems = read(tmp_path, bytes(body)).problems
    assert [problem.detail for problem in problems if problem.kind == "packed file"] == [
        "the packed file is cut off"
    ]
    body[6] |= 1
    with pytest.raises(CaptureError):
        read(tmp_path, bytes(body))


def test_cut_gzip_is_one_problem(tmp_path: Path) -> None:
    data = gzip.compress(b"".join(b"> 00A40400\n< 6A%02X\n" % (i % 256) for i in range(5000)))
    capture = read(tmp_path, data[: len(data) // 2])
    assert len(capture.exchanges) > 100
    assert [problem.detail for problem in capture.problems if problem.kind == "packed file"] == [
        "the packed file is cut off"
    ]


BOMBS = {
    "gzip": lambda data: gzip.compress(data, 9),
    "xz": lzma.compress,
    "zip": lambda data: zipped(data),
}


@pytest.mark.parametrize("mebibytes", [18, pytest.param(40, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_one_problem(name: str, mebibytes: int, tmp_path: Path) -> None:
    capture = read(tmp_path, BOMBS[name](TEXT * 50 + bytes(mebibytes << 20)))
    assert capture.coverage.total < 17 << 20
    assert [p.detail[:29] for p in capture.problems if p.kind == "packed file"] == [
        "it swells to more than 200 ti"
    ]


@pytest.mark.parametrize(
    "data",
    [zipped(TEXT, method=zipfile.ZIP_BZIP2), b"PK\3\4", b"\x1f\x8b\x08", b"\xfd7zXZ\0", zipped()],
)
def test_what_cannot_be_unpacked_is_refused_in_one_line(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(CaptureError) as fault:
        read(tmp_path, data)
    assert "\n" not in str(fault.value)


def test_what_is_not_packed_is_left_alone() -> None:
    file = io.BytesIO(TEXT)
    assert unpacked(file) is file
    assert zlib.crc32(file.read()) == zlib.crc32(TEXT)


@pytest.mark.parametrize("place", [-8, -1, 2000])
def test_what_stands_before_the_damage_is_read(place: int, tmp_path: Path) -> None:
    lines = b"".join(
        b"> 00B2%02X0C00\n< %04X6A83\n" % (at % 255 + 1, at * 7919 % 65521) for at in range(1000)
    )
    packed = bytearray(gzip.compress(lines, mtime=0))
    packed[place] ^= 0xFF
    (tmp_path / "log.gz").write_bytes(packed)
    capture = cardlib.read(tmp_path / "log.gz")
    assert [problem.kind for problem in capture.problems][-1] == "packed file"
    assert len(capture.exchanges) == 1000 if place < 0 else 100 < len(capture.exchanges) < 1000
