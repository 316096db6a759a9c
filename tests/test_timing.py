# SPDX-License-Identifier: MIT
"""Times: statistics by hand, and a plain refusal where the clock cannot answer."""

from __future__ import annotations

import json
import statistics

import pytest

import cardlib
from cardlib import Capture, CaptureError
from cardlib.model import Clock
from cardlib.timing import MEANING, Durations, clocks_of, durations, measured

READ, SELECT = "00B2010C00", "00A4040000"


def timed(clock: Clock, *exchanges: tuple[int | None, str, int | None]) -> Capture:
    """A capture with a stamp on each half, in ns."""
    rows = ['{"card_capture": 1}', json.dumps({"session": 0, "clock": clock})]
    for start, command, end in exchanges:
        rows.append(json.dumps({"t": start, "from": "reader", "kind": "apdu", "data": command}))
        rows.append(json.dumps({"t": end, "from": "card", "kind": "apdu", "data": "9000"}))
    return cardlib.read_text("\n".join(rows))


def test_statistics_by_command() -> None:
    lengths = [5, 1, 4, 2, 3]
    one = timed("rf", *((i * 100, READ, i * 100 + n) for i, n in enumerate(lengths)), (600, SELECT, 602))
    assert durations(one) == [Durations("READ RECORD", 5, 3, 5, 1, 5), Durations("SELECT", 1, 2, 2, 2, 2)]
    assert clocks_of(one) == ("rf",)


@pytest.mark.parametrize(("count", "p95"), [(1, 1), (19, 19), (20, 19), (21, 20), (100, 95), (101, 96)])
def test_95th_percentile_is_the_nearest_rank(count: int, p95: int) -> None:
    one = timed("host", *((i * 1000, READ, i * 1000 + i + 1) for i in range(count)))
    row = durations(one)[0]
    assert (row.p95, row.median, row.count) == (p95, statistics.median(range(1, count + 1)), count)


def test_exchanges_without_times_are_left_out() -> None:
    one = timed("host", (0, READ, 7), (None, READ, None), (100, READ, 109))
    assert [e.duration_ns for e in measured(one)] == [7, 9]
    assert [e.index for e in measured(one.sessions[0])] == [0, 2]
    assert clocks_of(one.sessions[0]) == ("host",) and clocks_of(one.exchanges) == ()


def test_a_clock_that_does_not_know_refuses() -> None:
    one = timed("none", (None, READ, None))
    with pytest.raises(CaptureError, match="cannot tell how long an answer took") as refused:
        durations(one)
    assert str(refused.value).count("\n") == 0
    assert f"none: {MEANING['none']}" in str(refused.value) and refused.value.file == one.path
    with pytest.raises(CaptureError, match="no exchange has a duration"):
        measured(one.exchanges)


def test_stamps_of_a_host_without_durations_refuse() -> None:
    rows = ['{"card_capture": 1}', '{"session": 0, "clock": "host"}']
    rows.append(json.dumps({"t": 5, "from": "both", "kind": "tpdu", "data": "00A40004023F009000"}))
    with pytest.raises(CaptureError, match="stamps of the host"):
        durations(cardlib.read_text("\n".join(rows)))


def test_real_gsmtap_has_no_durations(real_captures: object) -> None:
    one = cardlib.read(f"{real_captures}/gsmtap/usim_boot.pcapng")
    single = [e for e in one.exchanges if len(e.frames) == 1]
    assert all(e.duration_ns is None for e in single)
