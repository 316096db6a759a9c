# SPDX-License-Identifier: MIT
"""Looking for something: by tag, by a part of a name, by bytes; what is nowhere is found nowhere."""

from __future__ import annotations

from test_road_pipeline import RECORD, SELECT

from cardlib.road.pipeline import read_text
from cardlib.road.search import find


def test_find() -> None:
    capture = read_text(SELECT + RECORD)
    assert [(hit.exchange.index, hit.side) for hit in find(capture, "84")] == [(0, "response")]
    assert [hit.path for hit in find(capture.exchanges, "dedicated FILE")] == ["6F/84"]
    assert [
        (hit.exchange.index, hit.side, hit.start, hit.stop)
        for hit in find(capture, "A0 00 00 00 03")
    ] == [
        (0, "command", 5, 10),
        (0, "response", 4, 9),
    ]
    assert [(hit.start, hit.node) for hit in find(capture, "1234")] == [(4, None)]
    assert list(find(capture, "x")) == list(find(capture, "")) == list(find(capture, "DF99")) == []
