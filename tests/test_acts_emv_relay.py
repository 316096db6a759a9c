# SPDX-License-Identifier: MIT
"""Relay resistance by hand from the formula, at both sides of each limit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_secrets import SELECTED, capture

import cardlib
from cardlib.acts.emv.relay import relay

TRACES = Path(__file__).resolve().parent.parent / "traces"
RREX = "80EA00000411223344"


@pytest.mark.parametrize(
    ("took_ms", "answer", "measured", "verdict"),
    [
        # min 5.0, max 10.0, estimate 1.8 ms; terminal: command 1.8, answer 2.4 ms. 9.6 - 1.8 - min(1.8, 2.4) = 6.0 ms
        (9.6, "003200640012", 60, "within the limits"),
        (18.5, "003200640012", 149, "within the limits"),  # 10.0 and 5.0 of grace
        (18.7, "003200640012", 151, "time limit exceeded"),
        (6.5, "003200640012", 29, "faster than the card can be: data wrong"),  # less than 5.0 - 2.0
        (6.7, "003200640012", 31, "within the limits"),
        (1.0, "003200640012", 0, "faster than the card can be: data wrong"),
        (38.7, "003201640012", 351, "threshold exceeded"),  # more than 30.0 above the least
        (9.6, "003200640008", 70, "threshold exceeded"),  # estimates 0.8 and 2.4: less than half
    ],
)
def test_relay_resistance(took_ms: float, answer: str, measured: float, verdict: str) -> None:
    """By hand from the formula: measured = max(0, time - T_C - min(estimate, T_R)), in units of 0.1 ms."""
    start, took = 10**6, round(took_ms * 1e6)
    told = f"800A55667788{answer}9000"
    rows = ['{"card_capture": 1}', '{"session": 0, "clock": "rf"}']
    for t, sender, data in (
        (0, "reader", SELECTED[0]),
        (1, "card", SELECTED[1]),
        (start, "reader", RREX),
    ):
        rows.append(json.dumps({"t": t, "from": sender, "kind": "apdu", "data": data}))
    rows.append(json.dumps({"t": start + took, "from": "card", "kind": "apdu", "data": told}))
    [found] = list(relay(cardlib.read_text("\n".join(rows)).exchanges))
    assert found.measured == pytest.approx(measured) and found.verdict == verdict
    assert (found.least, found.most) == (0x32, int(answer[4:8], 16)) and found.exchange.index == 1


def test_relay_resistance_needs_its_answer_and_a_time() -> None:
    assert list(relay(capture(*SELECTED, RREX, "800A5566778800320064001290009000").exchanges)) == []
    assert (
        list(relay(capture(*SELECTED, RREX, "6985", RREX, "800455667788" + "9000").exchanges)) == []
    )


def test_the_far_card_of_the_shipped_relay_is_found() -> None:
    """25 ms a command on the way: three tries, all too late; near the reader, none."""
    near, far = (
        cardlib.read(TRACES / f"{name}.card.jsonl") for name in ("tap_relay_near", "attack_relay")
    )
    assert [one.verdict for one in relay(near.exchanges)] == ["within the limits"]
    assert [one.verdict for one in relay(far.exchanges)] == ["time limit exceeded"] * 3
