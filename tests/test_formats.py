# SPDX-License-Identifier: MIT
"""Each format recognises its own captures and leaves those of the others alone."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from types import ModuleType

import pytest
from test_laws import samples

from cardlib import formats, read
from cardlib.core.model import Frame
from cardlib.formats import FORMATS, by_name, logs, recognise, wires
from cardlib.share.export import items, written
from cardlib.show import text as display

SAMPLES = dict(samples())
SHARED = {
    "lines",
    "rules",
    "described",
    "threads",
    "logs",
    "wires",
    "unpack",
    "pcap",
    "radio",
    "writers",
}  # shared, and tables of several
GOLDEN = Path(__file__).parent / "golden" / "formats"


def file_of(name: str) -> Path:
    return GOLDEN / (re.sub(r"\W+", "_", name.lower()) + ".txt")


def printed(name: str, folder: Path) -> str:
    """What is read of a sample: the print, every frame with its place, and what became of the bytes of the file."""
    path = folder / "sample"
    path.write_bytes(SAMPLES[name])
    capture = read(path)
    parts = [row.replace(str(path), "sample") for row in display.rows(capture, True, 200)] + [""]
    for frame in (item for item in written(items(capture)) if isinstance(item, Frame)):
        times = "" if frame.time_ns is None else f"{frame.time_ns:,} ns"
        place = f"unit {frame.unit}, {frame.start}..{frame.stop}"
        head = f"{frame.index:3} {frame.sender:6} {frame.kind:6} {times:>24}  {place:24}"
        parts.append(f"{head} {frame.data.hex().upper()}")
        parts += [f"        {frame.note}"] if frame.note else []
    told = capture.coverage
    parts += ["", f"{told.total} bytes: {told.used} used, {told.damaged} damaged, skipped: {dict(told.skipped)}"]
    return "\n".join(parts) + "\n"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_prints_as_its_golden(name: str, tmp_path: Path) -> None:
    golden = file_of(name).read_text("utf-8")
    assert printed(name, tmp_path) == golden, "make it again: PYTHONPATH=. python tests/test_formats.py"


def test_goldens_belong_to_formats() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {file_of(name).name for name in SAMPLES}


def test_every_module_is_in_the_tuple() -> None:
    modules = {file.stem for file in Path(formats.__file__).parent.glob("*.py")} - {"__init__", *SHARED}
    assert {one.__name__.rsplit(".", 1)[1] for one in FORMATS if isinstance(one, ModuleType)} == modules
    assert all(one in FORMATS for one in (*logs.LOGS, *wires.WIRES))
    assert len({one.NAME for one in FORMATS}) == len(FORMATS) == len(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_recognised(name: str) -> None:
    chosen, scores = recognise(SAMPLES[name])
    assert chosen is by_name(name)
    assert sum(score == max(score for _, score in scores) for _, score in scores) == 1


@pytest.mark.parametrize("data", [b"", b"\0" * 70_000, b"hello\n" * 100, bytes(range(256)) * 10, b"%PDF-1.7\n\xff\xd8"])
def test_nobody_recognises_anything_else(data: bytes) -> None:
    chosen, scores = recognise(data)
    assert chosen is None and {score for _, score in scores} == {0.0}


def test_names() -> None:
    assert by_name("no such format") is None


if __name__ == "__main__":
    for one in SAMPLES:
        with tempfile.TemporaryDirectory() as place:
            file_of(one).write_text(printed(one, Path(place)), "utf-8")
