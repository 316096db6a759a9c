# SPDX-License-Identifier: MIT
"""Each format recognises its own captures and leaves those of the others alone."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from test_laws import samples

from cardlib import formats
from cardlib.formats import FORMATS, by_name, logs, recognise, wires

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
