# SPDX-License-Identifier: MIT
"""Codes in pictures: what is no picture, what is too large, and where the decoder is not installed."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from cardlib.bare.pictures import is_picture, texts_in_picture
from cardlib.cli.main import main
from cardlib.core.errors import CaptureError

HEAD = b"\x89PNG\r\n\x1a\n"
CODE = "000201010211153126600344000203441234567890123455204581253031565802CN5909TEST CAFE6008SHANGHAI63045586"


def png(width: int, height: int) -> bytes:
    """A white picture, or one that only claims its size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    rows = b"".join(b"\0" + b"\xff" * width for _ in range(min(height, 64)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return HEAD + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def stand_in(monkeypatch: pytest.MonkeyPatch, texts: list[str], size: tuple[int, int]) -> None:
    """A decoder that finds these texts in a picture of this size."""
    decoder = ModuleType("zxingcpp")
    codes = [SimpleNamespace(text=text) for text in texts]
    monkeypatch.setattr(decoder, "read_barcodes", lambda picture: codes, raising=False)
    pictures = ModuleType("PIL.Image")
    picture = SimpleNamespace(size=size, convert=lambda mode: None)
    monkeypatch.setattr(pictures, "open", lambda file: picture, raising=False)
    monkeypatch.setitem(sys.modules, "zxingcpp", decoder)
    monkeypatch.setitem(sys.modules, "PIL", ModuleType("PIL"))
    monkeypatch.setitem(sys.modules, "PIL.Image", pictures)


def test_what_begins_like_a_picture() -> None:
    assert is_picture(png(1, 1)) and is_picture(b"\xff\xd8\xff\xe0")
    assert not is_picture(b"") and not is_picture(b"0002")


def test_without_a_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    with pytest.raises(CaptureError) as caught:
        texts_in_picture(png(1, 1))
    assert "pip install zxing-cpp pillow" in caught.value.reason


def test_a_picture_that_claims_too_many_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, [], (100_000, 100_000))
    with pytest.raises(CaptureError) as caught:
        texts_in_picture(png(100, 100))
    assert caught.value.reason == "a picture of 100000 x 100000 pixels is too large"


def test_the_codes_of_a_picture_are_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, [CODE, ""], (100, 100))
    file = tmp_path / "code.png"
    file.write_bytes(png(100, 100))
    assert main(["decode", str(file)]) == 0
    assert "asks for an amount that the payer types to TEST CAFE" in capsys.readouterr().out


def test_a_picture_without_a_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(monkeypatch, [], (100, 100))
    file = tmp_path / "empty.png"
    file.write_bytes(png(100, 100))
    assert main(["decode", str(file)]) != 0
    assert "no code was found" in capsys.readouterr().err
