# SPDX-License-Identifier: MIT
"""Pictures of time: the data of the Axes, the sentence for those who do not see them, and plain refusals."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import PolyCollection
from test_secrets import SELECTED, capture

import cardlib
from cardlib import Capture, CaptureError
from cardlib.core.model import Exchange
from cardlib.show.plots import STYLES, Picture, kind_of

matplotlib.use("Agg")
TRACES = Path(__file__).resolve().parent.parent / "traces"

STEPS = [
    (0, SELECTED[0], 10),
    (20, "00B2010C00", 50),
    (60, "0020008000", 62),
    (70, "80AE400000", 170),
    (200, "00D6000000", 201),
]


@pytest.fixture(autouse=True)
def close() -> object:
    settings = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == settings


def timed(
    steps: list[tuple[int, str, int]] = STEPS, sessions: int = 1, clock: str = "modelled"
) -> Capture:
    """A capture with times in ms."""
    rows = ['{"card_capture": 1}']
    for number in range(sessions):
        rows.append(json.dumps({"session": number, "clock": clock}))
        for start, data, end in steps:
            rows.append(
                json.dumps({"t": start * 10**6, "from": "reader", "kind": "apdu", "data": data})
            )
            rows.append(
                json.dumps({"t": end * 10**6, "from": "card", "kind": "apdu", "data": "9000"})
            )
    return cardlib.read_text("\n".join(rows))


def bars(ax: object) -> dict[str, list[tuple[float, float, float]]]:
    """Label of a class -> (row, start, end) of its bars."""
    found = {}
    for part in ax.collections:  # type: ignore[attr-defined]
        assert isinstance(part, PolyCollection)
        corners = [path.vertices for path in part.get_paths()]
        found[str(part.get_label())] = [
            (
                round(float(c[:, 1].mean() if len(c) == 4 else c[:4, 1].mean()), 6),
                float(c[:, 0].min()),
                float(c[:, 0].max()),
            )
            for c in corners
        ]
    return found


def test_timeline() -> None:
    ax = cardlib.timeline(timed())
    assert bars(ax) == {
        "selection": [(0, 0, 10)],
        "reading": [(1, 20, 50)],
        "verification": [(2, 60, 62)],
        "cryptography": [(3, 70, 170)],
        "other": [(4, 200, 201)],
    }
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["0 SELECT", "1 READ RECORD", "2 VERIFY", "3 GENERATE AC", "4 UPDATE BINARY"]
    assert ax.get_title() == "GENERATE AC takes 70 % of 143.0 ms of answering"
    assert ax.get_xlabel() == "ms since the first stamp (clock: modelled)"
    assert (
        ax.get_gid()
        == "Timeline of 5 exchanges; the longest is exchange 3, GENERATE AC, with 100.0 ms of 143.0 ms."
    )
    low, high = ax.get_ylim()
    assert low > high and ax.get_xlim()[0] == 0 and ax.get_xlim()[1] >= 201
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(STYLES)


def test_timeline_of_many_has_no_labels_and_few_artists() -> None:
    ax = cardlib.timeline(timed([(i * 10, "00B2010C00", i * 10 + 3) for i in range(500)]))
    assert len(ax.collections) == 1 and len(ax.collections[0].get_paths()) == 500
    assert "SELECT" not in "".join(label.get_text() for label in ax.get_yticklabels())


def test_timeline_of_instant_answers() -> None:
    assert "takes 0 % of 0.0 ms" in cardlib.timeline(timed([(0, "00B2010C00", 0)])).get_title()


def test_an_axes_is_used_if_given() -> None:
    _, (left, middle, right) = plt.subplots(1, 3)
    assert cardlib.timeline(timed(), left) is left
    assert cardlib.latency(timed(), middle) is middle
    assert cardlib.byte_map(timed().exchanges[0], right) is right


def test_latency() -> None:
    ax = cardlib.latency(
        timed(
            [
                (0, SELECTED[0], 9),
                (10, "00B2010C00", 12),
                (20, "00B2020C00", 26),
                (30, "00B2030C00", 31),
            ]
        )
    )
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "READ RECORD (n=3)",
        "SELECT (n=1)",
    ]
    points, median, one, _ = ax.lines
    assert sorted(points.get_xdata()) == [1, 2, 6] and list(median.get_xdata()) == [2, 2]
    assert all(abs(y) <= 0.15 for y in points.get_ydata()) and list(one.get_xdata()) == [9]
    assert ax.get_title() == "SELECT has the longest median: 9.0 ms" and ax.get_xlim()[0] == 0
    assert ax.get_gid().startswith(
        "Durations of 4 exchanges by command, 2 of 2 commands shown; SELECT has the longest"
    )
    assert ax.get_gid().endswith("median: 9.0 ms, READ RECORD the shortest: 2.0 ms.")
    assert ax.get_xlabel() == "ms from command to answer (clock: modelled)"


def test_sources_without_a_clock_of_their_own() -> None:
    exchanges = timed().exchanges
    for ax in (cardlib.timeline(exchanges), cardlib.latency(exchanges)):
        assert ax.get_xlabel().endswith("(clock: not said)")
    assert (
        cardlib.timeline(timed(sessions=2).sessions[1]).get_xlabel().endswith("(clock: modelled)")
    )


def test_refusals_are_one_clear_line() -> None:
    for plot in (cardlib.timeline, cardlib.latency):
        with pytest.raises(
            CaptureError,
            match=r"cannot tell how long an answer took \(clock none: no times, order only\)",
        ):
            plot(capture(*SELECTED))
    with pytest.raises(CaptureError, match=r"pass capture\.sessions\[n\]"):
        cardlib.timeline(timed(sessions=2))
    assert plt.get_fignums() == []


def test_timeline_marks_where_the_card_asks_for_more_time() -> None:
    ax = cardlib.timeline(waiting())
    [marks] = [line for line in ax.lines if line.get_label() == "asks for more time"]
    assert [float(x) for x in marks.get_xdata()] == [4.0, 7.0] and list(marks.get_ydata()) == [1, 1]
    assert ax.get_gid().endswith("The card asks for more time 2 x.")


def waiting() -> Capture:
    """Two exchanges on the air, times in ms; in the second the card asks for more time at 5 and at 8."""
    blocks = [
        (0, "reader", "0200B2010C00"),
        (1, "card", "029000"),
        (2, "reader", "0300B2010C00"),
        (5, "card", "F201"),
    ]
    blocks += [
        (6, "reader", "F201"),
        (8, "card", "F201"),
        (9, "reader", "F201"),
        (11, "card", "03AA9000"),
    ]
    rows = ['{"card_capture": 1}', '{"session": 0, "clock": "rf", "interface": "contactless"}']
    for t, sender, data in blocks:
        stamp = {"t": t * 10**6, "end": t * 10**6 + (10**6 if t == 0 else 10**5)}
        rows.append(
            json.dumps(
                {**stamp, "from": sender, "kind": "block", "data": data, "note": "CRC left out"}
            )
        )
    return cardlib.read_text("\n".join(rows))


def times(durations: list[float]) -> Capture:
    return timed([(1000 * i, "00B2010C00", 1000 * i + ms) for i, ms in enumerate(durations)])  # type: ignore[misc]


def test_populations() -> None:
    few = cardlib.populations(times([1, 2, 3]), times([4, 5]))
    assert (
        few.get_title() == "All commands: not enough data, +2.50 ms"
        and "20 in each are needed" in few.get_gid()
    )
    line = next(
        line for line in few.lines if line.get_label() == "first (text): n = 3, median 2.00 ms"
    )
    assert list(line.get_xdata()) == [1, 1, 2, 3] and [round(y) for y in line.get_ydata()] == [
        0,
        33,
        67,
        100,
    ]
    same = list(range(20, 60))
    assert (
        cardlib.populations(times(same), times(same))
        .get_title()
        .startswith("All commands: no difference seen, +0.00")
    )
    late = cardlib.populations(times(same), times([x + 100 for x in same]), "READ RECORD")
    assert late.get_title().startswith(
        "READ RECORD: the medians differ, +100.00 ms (95 %: +"
    ) and late.get_ylim() == (
        0,
        100,
    )
    styles = {
        (line.get_color(), line.get_linestyle()) for line in late.lines if len(line.get_xdata()) > 1
    }
    assert len({colour for colour, _ in styles}) == len({dash for _, dash in styles}) == 2
    with pytest.raises(CaptureError, match="no answer to VERIFY with a time in both captures"):
        cardlib.populations(times([1]), times([2]), "VERIFY")


def test_phase_shares() -> None:
    one = cardlib.read(TRACES / "contact_purchase.card.jsonl")
    ax = cardlib.phase_shares(one)
    widths = {str(patch.get_label()): patch for patch in ax.containers}
    found = {label: bar.patches[0].get_width() for label, bar in widths.items()}
    reads = (
        sum(e.duration_ns or 0 for e in one.exchanges if e.command and e.command.ins == 0xB2) / 1e6
    )
    assert found["read application data"] == pytest.approx(reads)
    assert found["online processing"] == pytest.approx(
        (one.exchanges[13].duration_ns or 0) / 1e6
    )  # EXTERNAL AUTHENTICATE
    assert ax.get_title() == "Read application data takes 47 % of answering"
    assert "47 %" in [text.get_text() for text in ax.texts]
    assert "0 Visa credit or debit: 2.10 s, most of it read application data" in ax.get_gid()
    with pytest.raises(CaptureError, match="no payment with times"):
        cardlib.phase_shares(timed(STEPS[1:2]))


@pytest.mark.parametrize(
    "name",
    ["contact_purchase.card.jsonl", "tap_relay_near.card.jsonl", "opensc_late_ack.pcscd.log"],
)
def test_the_legend_of_a_timeline_hides_no_bar(name: str) -> None:
    ax = cardlib.timeline(cardlib.read(TRACES / name))
    ax.figure.draw_without_rendering()
    box = ax.get_legend().get_window_extent().transformed(ax.transData.inverted())
    bars = [path.get_extents() for group in ax.collections for path in group.get_paths()]
    assert len(bars) >= 9 and not any(
        bar.x0 < box.x1 and bar.y1 > min(box.y0, box.y1) for bar in bars if bar.y0 > box.y1
    )


def test_classes_of_commands() -> None:
    kinds = [kind_of(e) for e in timed().exchanges]
    assert kinds == list(STYLES) and kind_of(Exchange(0, 0, None, None)) == "other"
    assert (
        len({colour for colour, _ in STYLES.values()})
        == len({hatch for _, hatch in STYLES.values()})
        == len(STYLES)
    )


def test_picture_carries_its_sentence_and_closes_the_figure() -> None:
    ax = cardlib.timeline(timed())
    shown = cardlib.picture(ax)
    assert plt.get_fignums() == [] and shown.png.startswith(b"\x89PNG")
    html = shown._repr_html_()
    assert (
        html.startswith('<img alt="Timeline of 5 exchanges;')
        and 'src="data:image/png;base64,iVBOR' in html
    )
    assert repr(shown).startswith("picture: Timeline of 5")
    assert (
        Picture(b"", '"><script>')
        ._repr_html_()
        .startswith('<img alt="&quot;&gt;&lt;script&gt;" src=')
    )
    assert cardlib.picture(ax).alt == shown.alt
    other = plt.figure().subplots()
    other.set_title("mine")
    assert cardlib.picture(other).alt == "mine"


def test_picture_is_the_same_twice() -> None:
    assert (
        cardlib.picture(cardlib.timeline(timed())).png
        == cardlib.picture(cardlib.timeline(timed())).png
    )


def test_real_gsmtap_has_no_times_to_draw(real_captures: Path) -> None:
    one = cardlib.read(real_captures / "gsmtap/usim_boot.pcapng")
    single = [e for e in one.exchanges if e.duration_ns is None]
    with pytest.raises(CaptureError):
        cardlib.latency(single)
