# SPDX-License-Identifier: MIT
"""A capture that is read piece by piece: what is wrong is said at once, and at the end it is what `read` gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.road.growing import Growing

EXCHANGE = "> 00B2010C00\n< 6A83\n"
SESSION = "ATR: 3B 65 00 00 20 63 CB 6A 00\n" + EXCHANGE * 4
TRACES = Path(__file__).resolve().parent.parent / "traces"


def written(folder: Path, text: str) -> Path:
    path = folder / "log.txt"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("text", ["", "nothing of a card\n", "\x00\x01\x02" * 40])
def test_what_is_no_capture_is_refused_at_once_as_by_read(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CaptureError) as expected:
        cardlib.read(path)
    with pytest.raises(CaptureError) as fault:
        Growing(path, 1)
    assert str(fault.value) == str(expected.value)
    with pytest.raises(CaptureError, match="cannot be opened"):
        Growing(tmp_path / "missing.txt", 1)


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    growing = Growing(written(tmp_path, SESSION * 50), 3)
    assert (len(growing.exchanges), growing.is_read) == (3, False)
    assert growing.read(2) is False and len(growing.exchanges) == 3
    assert growing.read(150) is False and len(growing.exchanges) == 150
    assert growing.read(201) is True and len(growing.exchanges) == 200
    assert growing.read(999) is True
    assert growing.session(49).atr == bytes.fromhex("3B6500002063CB6A00")


@pytest.mark.parametrize("path", sorted(TRACES.glob("contact_*.jsonl"))[:4], ids=lambda p: p.stem)
def test_at_the_end_it_is_what_read_gives(path: Path) -> None:
    growing = Growing(path, 2)
    assert not growing.is_read
    first = growing.exchanges[0]
    assert growing.capture == cardlib.read(path)
    assert growing.capture.exchanges[0] is first and growing.format == growing.capture.format
    assert first.origin and len(first.origin.exchanges) == len(growing.exchanges)


def test_a_fault_of_the_file_while_it_is_read_is_an_error_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = Growing(written(tmp_path, SESSION * 50), 3)

    def broken() -> Iterator[None]:
        yield
        raise OSError("the disk is gone")

    monkeypatch.setattr(growing, "_steps", broken())
    with pytest.raises(OSError):
        growing.read(10)
    assert growing.read(10) is False
    for _ in range(2):
        with pytest.raises(CaptureError, match="could not be read to its end"):
            _ = growing.capture
