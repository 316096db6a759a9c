# SPDX-License-Identifier: MIT
"""The ladder: refusals, then arrows and bars where the times say, pauses cut, names that do not overlap."""

from __future__ import annotations

import itertools
from pathlib import Path

import matplotlib
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from test_secrets import SELECTED, capture
from test_show_plots import timed, waiting

import cardlib
from cardlib import CaptureError, Session
from cardlib.measure.timing import splits
from cardlib.show.plots.ladder import _apart

matplotlib.use("Agg")
TRACES = Path(__file__).resolve().parent.parent / "traces"


@pytest.fixture(autouse=True)
def close() -> object:
    yield
    plt.close("all")


def bars(ax: Axes) -> list[tuple[float, float]]:
    """Where the card works: from, how long, in ms."""
    return [
        (round(bar.get_y(), 3), round(bar.get_height(), 3))
        for bar in ax.patches
        if bar.get_label() in KINDS
    ]  # type: ignore[attr-defined]


def longest(name: str) -> Session:
    return max(cardlib.read(TRACES / name).sessions, key=lambda session: len(session.exchanges))


KINDS = ("selection", "reading", "verification", "cryptography", "other")


def test_refusals_are_one_clear_line() -> None:
    with pytest.raises(CaptureError, match="cannot tell how long an answer took"):
        cardlib.ladder(capture(*SELECTED))
    with pytest.raises(CaptureError, match=r"pass capture\.sessions\[n\]"):
        cardlib.ladder(timed(sessions=2))
    with pytest.raises(CaptureError, match="from number 99 on"):
        cardlib.ladder(timed(), first=99)
    assert plt.get_fignums() == []


def test_bars_are_where_the_card_works_on_the_air() -> None:
    """By hand: the first command is over at 1.0, the answer begins; 2.1 to 5.0, 6.1 to 8.0, 9.1 to 11.0 in the next.

    Eight messages, one of 1.0 and seven of 0.1, are 1.7; the card works for 6.7 of 8.4 ms.
    """
    ax = cardlib.ladder(waiting())
    pause = 2.0 - 1.1
    at = [(1.0, 0.0), (2.1, 2.9), (6.1, 1.9), (9.1, 1.9)]
    assert bars(ax) == at and pause < 0.1 * 10.2
    words = [text.get_text() for text in ax.texts]
    assert words.count("asks for more time") == 2 and "6.7 ms" in words and "0 READ RECORD" in words
    assert ax.get_title() == "The card side takes 80 % of 8.4 ms"
    assert ax.get_gid().startswith(
        "Ladder of 2 exchanges between reader and card. The card side takes 80 % of 8.4 ms;"
    )


def test_messages_of_a_host_are_computed_and_long_pauses_cut() -> None:
    one = cardlib.read(TRACES / "contact_purchase.card.jsonl")
    ax = cardlib.ladder(one)
    words = [text.get_text() for text in ax.texts]
    assert (
        sum(word.endswith("s pause, not to scale") for word in words) == 2
    )  # the PIN is typed, the issuer is asked
    assert sum(word.startswith(("3 READ", "4 READ", "14 GEN")) for word in words) == 3
    assert ax.get_ylim()[0] < 3000 < (one.exchanges[-1].end_ns or 0) / 1e6
    begin, height = bars(ax)[0]
    assert begin == pytest.approx(25.0)  # 5 + 14 bytes and a procedure byte, at 1.25 ms
    assert height == pytest.approx(splits(one)[0].card_ns / 1e6, abs=0.001)
    colours = {
        bar.get_label(): bar.get_facecolor() for bar in ax.patches if bar.get_label() in KINDS
    }
    assert len(set(colours.values())) == len(colours) == 4 == len(ax.get_legend().get_texts())


@pytest.mark.parametrize(
    "name",
    ["contact_purchase.card.jsonl", "tap_two_purchases.card.jsonl", "opensc_late_ack.pcscd.log"],
)
def test_no_label_stands_on_another(name: str) -> None:
    """Fifteen exchanges, three, and the forty of a long capture: on the left their names, on the right their times."""
    ax = cardlib.ladder(longest(name))
    ax.figure.draw_without_rendering()
    for side in (-0.09, 1.07):
        boxes = [text.get_window_extent() for text in ax.texts if text.get_position()[0] == side]
        boxes.sort(key=lambda box: -box.y0)
        assert boxes and all(upper.y0 >= lower.y1 - 1 for upper, lower in itertools.pairwise(boxes))
        assert boxes[0].y0 < ax.transData.transform((0, 0))[1]  # nor above the first
        assert (
            boxes[-1].y1 > ax.bbox.y0 and min(ax.get_yticks()) >= 0
        )  # none runs away below the last message


def test_labels_that_crowd_at_the_end_move_up() -> None:
    labels = [(9.0, "a"), (9.5, "b"), (10.0, "c")]
    assert _apart(labels, 1, 10) == [(9, 8, "a"), (9.5, 9, "b"), (10, 10, "c")]
    assert [place for _, place, _ in _apart(labels, 0.1, 10)] == [9, 9.5, 10] and _apart(
        [], 1, 10
    ) == []


def test_what_is_not_shown_and_not_told_apart_is_said() -> None:
    late = cardlib.ladder(longest("opensc_late_ack.pcscd.log"))
    assert late.get_gid().endswith(
        "The longest work is 34 SELECT, 77.0 ms. 12 more exchanges are not shown."
    )
    detected = cardlib.ladder(longest("opensc_detects.pcscd.log"))
    assert (
        detected.get_title().endswith("; bytes are not told apart")
        and "the rest are" not in detected.get_gid()
    )


def test_a_part_can_be_chosen_and_an_axes_given() -> None:
    one = timed()
    _, own = plt.subplots()
    assert cardlib.ladder(one.sessions[0], first=3, count=1, ax=own) is own
    assert [text.get_text() for text in own.texts if text.get_position()[0] == -0.09] == [
        "3 GENERATE AC"
    ]
    assert cardlib.ladder(timed([(0, "00B2010C00", 0)])).get_gid()
    many = timed([(i * 10, "00B2010C00", i * 10 + 3) for i in range(500)])
    assert (
        len([text for text in cardlib.ladder(many).texts if text.get_position()[0] == -0.09]) == 40
    )
