# SPDX-License-Identifier: MIT
"""Times: statistics by hand, and a plain refusal where the clock cannot answer."""

from __future__ import annotations

import importlib
import json
import statistics
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import cardlib
from cardlib import Capture, CaptureError
from cardlib.core.model import Clock, Frame, Response
from cardlib.measure.timing import (
    GAP,
    MEANING,
    Durations,
    alike,
    clocks_of,
    differ,
    durations,
    measured,
    outliers,
    overhead,
    robust,
    speed_of,
    splits,
)
from cardlib.road.meaning import name

TRACES = Path(__file__).resolve().parent.parent / "traces"

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
    one = timed(
        "rf", *((i * 100, READ, i * 100 + n) for i, n in enumerate(lengths)), (600, SELECT, 602)
    )
    reads = Durations("READ RECORD", 5, 3, 1, 5, None, 0, 3)
    assert durations(one) == [reads, Durations("SELECT", 1, 2, 0, 2, None, 0, 2)]
    assert clocks_of(one) == ("rf",)


@pytest.mark.parametrize(
    ("count", "p95"), [(1, 1), (19, 19), (20, 19), (21, 20), (100, 95), (101, 96)]
)
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


def model(seed: int, count: int = 50, delay: int = 0, work: int = 4_000_000) -> Capture:
    """A contactless card that reads records: 4 ms, noise of 6 %, the wire at 106 kbit/s; and what a relay adds."""
    rng, wire = Random(seed), round((5 + 3 + 40 + 3) * 9 * 128 / 13.56e6 * 1e9)
    rows = [
        '{"card_capture": 1}',
        '{"session": 0, "clock": "modelled", "interface": "contactless"}',
    ]
    rows.append('{"t": 0, "from": "card", "kind": "atr", "data": "3B8A80010031C173C8400000900090"}')
    now = 0
    for _ in range(count):
        now += 3_000_000 + rng.randint(0, 2_000_000)
        rows.append(json.dumps({"t": now, "from": "reader", "kind": "apdu", "data": READ}))
        now += wire + work + work * rng.randint(-60, 60) // 1000 + delay
        rows.append(
            json.dumps({"t": now, "from": "card", "kind": "apdu", "data": "00" * 38 + "9000"})
        )
    return cardlib.read_text("\n".join(rows))


def card_times(capture: Capture) -> list[int]:
    return [one.card_ns for one in splits(capture)]


def test_half_a_millisecond_is_found_in_50_and_nothing_where_nothing_is() -> None:
    reference = card_times(model(0))
    late = differ(reference, card_times(model(1, delay=500_000)))
    assert late.differs and late.interval and late.interval[0] < 500_000 < late.interval[1], late
    assert "differ" in str(late) and "n = 50 and 50" in str(late)
    found = [
        differ(reference, card_times(model(1000 + seed, delay=500_000)), seed).differs
        for seed in range(20)
    ]
    assert all(found)


def alarms(seeds: range) -> list[bool | None]:
    return [
        differ(card_times(model(seed)), card_times(model(5000 + seed)), seed).differs
        for seed in seeds
    ]


def test_no_alarm_between_untouched_groups() -> None:
    found = alarms(range(20))
    assert found.count(True) <= 2 and None not in found


@pytest.mark.long
def test_no_alarm_in_95_of_100_untouched_groups() -> None:
    found = alarms(range(100))
    assert found.count(True) <= 5 and None not in found


def test_too_few_is_not_enough_data() -> None:
    few, many = [1, 2, 3] * 6 + [4], list(range(40))
    for pair in ((few, many), (many, few), ([], many), ([], [])):
        told = differ(*pair)
        assert told.differs is None and "not enough data" in str(told)
    assert differ(many[:20], many[:20]).differs is False
    assert differ(many, many, 3) == differ(many, many, 3)


def test_the_bootstrap_agrees_with_one_that_resamples() -> None:
    """The quick way draws the rank of the median; the plain way draws the members."""
    rng = Random(5)
    values = [rng.gauss(100, 10) for _ in range(41)]
    plain = sorted(statistics.median(rng.choices(values, k=41)) for _ in range(4000))
    interval = differ([0.0] * 41, values).interval
    assert (
        interval
        and interval[0] == pytest.approx(plain[100], abs=1)
        and interval[1] == pytest.approx(plain[3900], abs=1)
    )


def test_robust_is_not_moved_by_a_wild_value() -> None:
    assert robust([1, 2, 3, 4, 5]) == robust([1, 2, 3, 4, 5000]) == (3, 1)


@pytest.mark.parametrize("place", range(6))
def test_5_ms_in_one_trace_are_found(place: int) -> None:
    rows = [
        json.loads(row)
        for row in (TRACES / "contact_purchase.card.jsonl").read_text("utf-8").splitlines()
    ]
    assert outliers(cardlib.read(TRACES / "contact_purchase.card.jsonl")) == []
    records = [n for n, row in enumerate(rows) if str(row.get("data", "")).startswith("00B2")]
    for row in rows[records[2 * place + 1] + 1 :]:
        row["t"] += 5_000_000
    [(one, reason)] = outliers(cardlib.read_text("\n".join(map(json.dumps, rows))))
    assert one.exchange.index == 3 + place and "ms longer than the median" in reason
    assert reason.endswith("the bytes do not explain it; card, reader or something between them")


def test_outliers_say_why() -> None:
    slow = timed(
        "rf",
        *((i * 10**7, READ, i * 10**7 + 10**6) for i in range(9)),
        (10**9, READ, 10**9 + 3 * 10**6),
    )
    assert [reason.split(": ")[1] for _, reason in outliers(slow)] == [
        "the bytes do not explain it; card, reader or something between them"
    ]
    rows = ['{"card_capture": 1}', '{"session": 0, "clock": "rf"}']
    for i in range(9):
        start, took = i * 10**7, (3 if i == 5 else 1) * 10**6
        rows.append(json.dumps({"t": start, "from": "reader", "kind": "apdu", "data": READ}))
        rows.append(json.dumps({"t": start + took, "from": "card", "kind": "apdu", "data": "9000"}))
        if i == 4:  # between two exchanges: nobody's; and inside the next
            rows.append('{"t": null, "from": "card", "kind": "event", "data": "F2010000"}')
    assert len(outliers(cardlib.read_text("\n".join(rows)))) == 1
    unlike = timed("round-trip", *((i * 10**7, READ, i * 10**7 + 10**6) for i in range(9)))
    big = replace(unlike.exchanges[8], duration_ns=9 * 10**6, response=Response(b"\0" * 200, b""))
    session = replace(unlike.sessions[0], exchanges=(*unlike.exchanges[:8], big))
    assert outliers(session)[0][1].endswith("its answer has 200 bytes, the median 2")
    waiting = replace(
        big, frames=(*big.frames, Frame(99, None, "card", "block", b"\xf2\x01", 0, 0, 0))
    )
    assert outliers(replace(session, exchanges=(*unlike.exchanges[:8], waiting)))[0][1].endswith(
        "more time, 1 x"
    )
    long = timed("round-trip", *((i * 10, READ, i * 10 + 5) for i in range(4)))
    assert outliers(long) == []  # too few


def test_the_work_of_a_modelled_card_is_recovered() -> None:
    """Over T=1 the model works 22, 35 and 9 ms with noise of 6 %, and chains nothing. A long answer is mostly wire."""
    work = {"SELECT": 22.0, "GET PROCESSING OPTIONS": 35.0, "READ RECORD": 9.0}
    found = [
        one
        for one in splits(cardlib.read(TRACES / "contact_cda.card.jsonl"))
        if name(one.exchange) in work
    ]
    answers = [(one, one.exchange.response) for one in found]
    answered = [
        one for one, answer in answers if answer and answer.sw == 0x9000 and len(answer.raw) <= 254
    ]
    assert len(answered) > 6
    for one in answered:
        assert one.card_ns / 1e6 == pytest.approx(work[name(one.exchange)], rel=0.061)
    assert max((one.wire_ns or 0) / one.total_ns for one in answered) > 0.9


RECORDED = {  # and the story that was played to the recorder
    "recorded_purchase": "contact_purchase",
    "recorded_cda": "contact_cda",
    "recorded_tap": "contactless_tap",
}


def drawn(story: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """How long the model lets the card work, command by command: drawn again from the seed of the story."""
    monkeypatch.syspath_prepend(str(TRACES / "recipes"))
    again = importlib.import_module("stories").play(story)
    return iter(again.tape.works)


@pytest.mark.parametrize("clock", ["card.jsonl", "pcscd.log"])
@pytest.mark.parametrize("trace", RECORDED)
def test_the_work_of_a_card_that_really_waited_is_recovered(
    trace: str, clock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the clocks of the program and of the daemon, each with what it says about a card that answers at once."""
    capture, works = cardlib.read(TRACES / f"{trace}.{clock}"), drawn(RECORDED[trace], monkeypatch)
    way = overhead(cardlib.read(TRACES / f"recorded_idle.{clock}"))
    found = splits(capture, overhead_ns=way)
    truth = [sum(next(works) for _ in one.exchange.frames[::2]) for one in found]
    assert len(found) == len(capture.exchanges) >= 8 and next(works, None) is None
    wrong = [abs(one.card_ns / true - 1) for one, true in zip(found, truth, strict=True)]
    unasked = [
        abs(one.card_ns / true - 1) for one, true in zip(splits(capture), truth, strict=True)
    ]
    assert statistics.median(wrong) < 0.05 and statistics.median(wrong) < statistics.median(unasked)


def test_what_the_way_takes_is_taken_off_once_a_command_and_said() -> None:
    """By hand: a command and its GET RESPONSE are two ways of 100 ns."""
    rows = ['{"card_capture": 1}', '{"session": 0, "clock": "host"}']
    for start, command, end, answer in (
        (0, SELECT, 500, "6102"),
        (600, "00C0000002", 900, "AABB9000"),
    ):
        rows.append(json.dumps({"t": start, "from": "reader", "kind": "apdu", "data": command}))
        rows.append(json.dumps({"t": end, "from": "card", "kind": "apdu", "data": answer}))
    two = cardlib.read_text("\n".join(rows))
    assert [(one.total_ns, one.card_ns, one.overhead_ns) for one in splits(two, 100)] == [
        (900, 700, 200)
    ]
    assert [(one.card_ns, one.overhead_ns) for one in splits(two)] == [(900, 0)]
    assert [(one.card_ns, one.overhead_ns) for one in splits(two, 451)] == [
        (900, 0)
    ]  # more than there is
    assert overhead(two) == 450


@pytest.mark.parametrize(
    ("clock", "ns"), [("rf", 1), ("modelled", 1), ("host", -1), ("round-trip", -1)]
)
def test_a_way_that_the_clock_does_not_see_is_refused(clock: Clock, ns: int) -> None:
    with pytest.raises(CaptureError, match=f"no overhead of {ns} ns to take off .clock {clock}"):
        splits(timed(clock, (0, READ, 7)), ns)


def test_a_speed_that_was_another_is_not_believed() -> None:
    """At 9600 bit/s two bytes of status word alone take 2.5 ms: answers in 1 ms came over a faster wire."""
    rows = ['{"card_capture": 1}', '{"session": 0, "clock": "host", "interface": "contact"}']
    rows.append('{"t": 0, "from": "card", "kind": "atr", "data": "3B00"}')
    for i in range(1, 21):
        took = 10**6 if i % 2 else 10**8
        rows.append(json.dumps({"t": i * 10**9, "from": "reader", "kind": "apdu", "data": READ}))
        rows.append(
            json.dumps({"t": i * 10**9 + took, "from": "card", "kind": "apdu", "data": "9000"})
        )
    fast = cardlib.read_text("\n".join(rows))
    assert {one.wire_ns for one in splits(fast)} == {None} and card_times(fast)[:2] == [
        10**6,
        10**8,
    ]
    assert speed_of(fast.sessions[0]) is None
    assert speed_of(cardlib.read(TRACES / "recorded_purchase.card.jsonl").sessions[0]) is not None


def test_where_time_went() -> None:
    one = timed("host", (1000, READ, 4000), (9000, READ, 9500))
    first, second = splits(one)
    assert (first.total_ns, first.wire_ns, first.card_ns, first.gap_ns) == (3000, None, 3000, None)
    assert (second.total_ns, second.gap_ns) == (500, 5000)
    assert splits(timed("round-trip", (0, READ, 5), (9, READ, 12)))[1].gap_ns is None
    assert splits(one.exchanges) == [] and set(GAP) == {"rf", "host", "modelled"}
    with pytest.raises(CaptureError, match="cannot tell how long an answer took"):
        splits(timed("none", (None, READ, None)))


def test_bytes_are_taken_off_on_both_sides_or_on_none() -> None:
    slow, fast = (
        cardlib.read(TRACES / f"{name}.pcscd.log") for name in ("opensc_late_ack", "opensc_detects")
    )
    assert speed_of(slow.sessions[1]) and not speed_of(fast.sessions[1])
    said, (one, other) = alike(slow, fast)
    assert said == "with its bytes"
    assert [ns for _, ns in one + other] == [
        e.duration_ns for e in (*slow.exchanges, *fast.exchanges)
    ]
    said, (one, _) = alike(slow, slow)
    assert said == "beside the wire"
    assert all(ns == split.card_ns for split, ns in one) and any(
        ns < split.total_ns for split, ns in one
    )
