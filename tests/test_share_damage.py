# SPDX-License-Identifier: MIT
"""Redaction of damaged captures: no PIN, key, ten digits of a card number or name comes out, whatever was hit."""

from __future__ import annotations

from pathlib import Path

import pytest
from damage import FORMATS, capture_of, case, found_in, leaks
from test_share_export import known

import cardlib
from cardlib.core.errors import CaptureError
from cardlib.share import export

pytestmark = pytest.mark.no_cover  # much of the same: measuring its coverage takes longer

EACH = 200  # captures a test


def search(seeds: range) -> None:
    """Redact damaged captures; nearly all of them can be read."""
    unread = 0
    for seed in seeds:
        parts = leaks(seed)
        if parts is None:
            unread += 1
        assert not parts, seed
    assert unread <= len(seeds) / 50


def test_the_search_finds_what_is_there() -> None:
    """Of captures as they are written, nearly all hold a secret that the search knows in hex."""
    rows = [case(seed) for seed in range(0, 40 * len(FORMATS), len(FORMATS))]  # our own format
    hits = [found_in(data.decode("utf-8", "replace"), who) for _, who, data in rows]
    assert sum(map(bool, hits)) > 30
    kinds = {kind for row in hits for kind in row}
    assert kinds >= {"PAN", "name", "PIN", "key", "ICCID", "IMSI"}


@pytest.mark.parametrize("part", range(10))
def test_no_secret_comes_out_of_2_000_damaged_captures(part: int) -> None:
    search(range(EACH * part, EACH * (part + 1)))


@pytest.mark.long
@pytest.mark.parametrize("part", range(100))
def test_no_secret_comes_out_of_100_000_damaged_captures(part: int) -> None:
    search(range(2_000 + 1_000 * part, 2_000 + 1_000 * (part + 1)))


def test_damaged_captures_keep_their_exchanges_when_converted(tmp_path: Path) -> None:
    """From the file with every context, from a capture in memory with every command and answer."""
    out, compared = tmp_path / "out", 0
    for seed in range(300):
        try:
            capture = capture_of(seed)
        except CaptureError:
            continue
        export.convert(capture, out)
        again = cardlib.read(out)
        assert [(e.command, e.response) for e in again.exchanges] == [
            (e.command, e.response) for e in capture.exchanges
        ], seed
        export.convert(out, tmp_path / "twice")
        assert known(cardlib.read(tmp_path / "twice"))[2] == known(again)[2], seed
        compared += len(capture.exchanges)
    assert compared > 900
