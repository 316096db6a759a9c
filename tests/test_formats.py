# SPDX-License-Identifier: MIT
"""Each format recognises its own captures and leaves those of the others alone."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from test_laws import samples

from cardlib import formats, read
from cardlib.core.model import Command, Frame, Response
from cardlib.formats import FORMATS, by_name, logs, logs_nfc, logs_readers, recognise, wires
from cardlib.share.export import items, written
from conftest import ROOT, SESSION

SAMPLES = dict(samples())
SHARED = {
    "nfc_chips",
    "pn53x",
    "sightings",
    "packet_window",
    "pcap_records",
    "pcapng_blocks",
    "quotes",
    "refusal",
    "radio_requests",
    "udp",
    "usb_transfer",
    "lines",
    "rules",
    "style",
    "hextext",
    "clocks",
    "dumps",
    "carriers",
    "delivery",
    "calls",
    "textformat",
    "logs_readers",
    "logs_nfc",
    "raw_blocks",
    "memory_dumps",
    "card_reports",
    "speech",
    "otherwise",
    "logs_pcsc",
    "logs_telecom",
    "modem_messages",
    "scsniff",
    "logs_fido",
    "logs_java",
    "notices",
    "numbers",
    "contact",
    "threads",
    "contradiction",
    "logs",
    "wires",
    "unpack",
    "pcap",
    "radio",
    "writers",
}  # shared, and tables of several
FACTS: dict[str, dict[str, Any]] = tomllib.loads(
    (ROOT / "tests/facts/formats.toml").read_text("utf-8")
)


def raw(half: Command | Response | None) -> str:
    return half.raw.hex().upper() if half else ""


def seen(name: str, folder: Path) -> dict[str, Any]:
    """What is read of a sample, in the terms of facts/formats.toml."""
    path = folder / "sample"
    path.write_bytes(SAMPLES[name])
    capture = read(path)
    frames = [item for item in written(items(capture)) if isinstance(item, Frame)]
    times = [frame.time_ns for frame in frames if frame.time_ns is not None]
    facts: dict[str, Any] = {
        "clock": list(dict.fromkeys(session.clock for session in capture.sessions)),
        "times": times and [times[0], times[-1]],
        "frames": dict(Counter(frame.kind for frame in frames)),
        "notes": sum(bool(frame.note) for frame in frames),
        "used": capture.coverage.used,
        "skipped": dict(capture.coverage.skipped),
    }
    pairs = [(raw(exchange.command), raw(exchange.response)) for exchange in capture.exchanges]
    if pairs != SESSION:
        facts["session"] = [list(pair) for pair in pairs]
    for key, frame in (("first", frames[0]), ("last", frames[-1])):
        data = frame.data.hex().upper()
        facts[key] = [frame.sender, frame.unit, frame.start, frame.stop, data]
    if capture.coverage.damaged:
        facts["damaged"] = capture.coverage.damaged
    return facts


@pytest.mark.parametrize("name", SAMPLES)
def test_the_facts_of_a_sample_are_read(name: str, tmp_path: Path) -> None:
    assert seen(name, tmp_path) == FACTS[name]


def test_facts_belong_to_formats() -> None:
    assert set(FACTS) == set(SAMPLES)


def test_every_module_is_in_the_tuple() -> None:
    modules = {file.stem for file in Path(formats.__file__).parent.glob("*.py")} - {
        "__init__",
        *SHARED,
    }
    assert {
        one.__name__.rsplit(".", 1)[1] for one in FORMATS if isinstance(one, ModuleType)
    } == modules
    assert all(
        one in FORMATS for one in (*logs.LOGS, *logs_readers.READERS, *wires.WIRES, *logs_nfc.NFC)
    )
    assert len({one.NAME for one in FORMATS}) == len(FORMATS) == len(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_is_recognised(name: str) -> None:
    chosen, scores = recognise(SAMPLES[name])
    assert chosen is by_name(name)
    assert sum(score == max(score for _, score in scores) for _, score in scores) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 70_000, b"hello\n" * 100, bytes(range(256)) * 10, b"%PDF-1.7\n\xff\xd8"]
)
def test_nobody_recognises_anything_else(data: bytes) -> None:
    chosen, scores = recognise(data)
    assert chosen is None and {score for _, score in scores} == {0.0}


def test_names() -> None:
    assert by_name("no such format") is None
