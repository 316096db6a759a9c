# SPDX-License-Identifier: MIT
"""Pictures: the data of the Axes, the sentence for those who do not see them, and plain refusals."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import PolyCollection
from test_secrets import PAN, SELECTED, capture, read_record, tlv

import cardlib
from cardlib import Capture, CaptureError
from cardlib.model import Exchange
from cardlib.plots import MAX_LEGEND, PLAIN, STYLES, Picture, _style, kind_of

matplotlib.use("Agg")

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


def timed(steps: list[tuple[int, str, int]] = STEPS, sessions: int = 1, clock: str = "modelled") -> Capture:
    """A capture with times in ms."""
    rows = ['{"card_capture": 1}']
    for number in range(sessions):
        rows.append(json.dumps({"session": number, "clock": clock}))
        for start, data, end in steps:
            rows.append(json.dumps({"t": start * 10**6, "from": "reader", "kind": "apdu", "data": data}))
            rows.append(json.dumps({"t": end * 10**6, "from": "card", "kind": "apdu", "data": "9000"}))
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
    assert ax.get_gid() == "Timeline of 5 exchanges; the longest is exchange 3, GENERATE AC, with 100.0 ms of 143.0 ms."
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
        timed([(0, SELECTED[0], 9), (10, "00B2010C00", 12), (20, "00B2020C00", 26), (30, "00B2030C00", 31)])
    )
    assert [label.get_text() for label in ax.get_yticklabels()] == ["READ RECORD (n=3)", "SELECT (n=1)"]
    points, median, one, _ = ax.lines
    assert sorted(points.get_xdata()) == [1, 2, 6] and list(median.get_xdata()) == [2, 2]
    assert all(abs(y) <= 0.15 for y in points.get_ydata()) and list(one.get_xdata()) == [9]
    assert ax.get_title() == "SELECT has the longest median: 9.0 ms" and ax.get_xlim()[0] == 0
    assert ax.get_gid() == "Durations of 4 exchanges in 2 groups; SELECT has the longest median: 9.0 ms."
    assert ax.get_xlabel() == "ms from command to answer (clock: modelled)"


def test_sources_without_a_clock_of_their_own() -> None:
    exchanges = timed().exchanges
    for ax in (cardlib.timeline(exchanges), cardlib.latency(exchanges)):
        assert ax.get_xlabel().endswith("(clock: not said)")
    assert cardlib.timeline(timed(sessions=2).sessions[1]).get_xlabel().endswith("(clock: modelled)")


def test_refusals_are_one_clear_line() -> None:
    for plot in (cardlib.timeline, cardlib.latency):
        with pytest.raises(
            CaptureError, match=r"cannot tell how long an answer took \(clock none: no times, order only\)"
        ):
            plot(capture(*SELECTED))
    with pytest.raises(CaptureError, match=r"pass capture\.sessions\[n\]"):
        cardlib.timeline(timed(sessions=2))
    assert plt.get_fignums() == []


def test_byte_map() -> None:
    exchange = capture(*SELECTED, *read_record(1, tlv("70", tlv("5A", PAN) + tlv("5F24", "251231")))).exchanges[1]
    ax = cardlib.byte_map(exchange)
    cells = [text.get_text() for text in ax.texts]
    assert cells[:5] == ["00", "B2", "01", "0C", "00"]
    assert "".join(cells[5:]) == "70105A08476173******01195F24032512319000"
    assert [text.get_position() for text in ax.texts[4:7]] == [(4.5, 0.5), (0.5, 2.5), (1.5, 2.5)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["command", "response"]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[0] == PLAIN and [name[:4] for name in names[1:]] == ["70 R", "5A A", "5F24"]
    colours = [patch.get_facecolor() for patch in ax.patches]
    assert len(colours) == 25 and colours[0] == (1, 1, 1, 1) and colours[7] != colours[5] != colours[0]
    assert ax.get_title() == "READ RECORD: 25 bytes, 3 data elements"
    assert ax.get_gid().startswith("Byte map of exchange 1, READ RECORD: 25 bytes, 3 data elements: 70 Record template")
    assert "".join(t.get_text() for t in cardlib.byte_map(exchange, reveal=True).texts).count(PAN) == 1


def test_byte_map_of_much_and_of_nothing() -> None:
    long = "".join(tlv(f"DF{i:02X}", "0102") for i in range(1, 60))
    ax = cardlib.byte_map(
        capture(*SELECTED, "00B2010C00", f"70820{len(long) // 2:03X}{long}9000").exchanges[1], width=8
    )
    assert len(ax.get_legend().get_texts()) == MAX_LEGEND + 1
    assert ax.get_legend().get_texts()[-1].get_text() == "... 41 more"
    assert len({_style(number) for number in range(65)}) == 65
    huge = cardlib.byte_map(capture("00B0000000", "00" * 5000 + "9000").exchanges[0])
    assert len(huge.texts) == 5 + 64 * 16
    empty = cardlib.byte_map(Exchange(0, 0, None, None))
    assert len(empty.texts) == 0 and empty.get_gid().endswith("0 bytes, 0 data elements.")


def test_classes_of_commands() -> None:
    kinds = [kind_of(e) for e in timed().exchanges]
    assert kinds == list(STYLES) and kind_of(Exchange(0, 0, None, None)) == "other"
    assert len({colour for colour, _ in STYLES.values()}) == len({hatch for _, hatch in STYLES.values()}) == len(STYLES)


def test_picture_carries_its_sentence_and_closes_the_figure() -> None:
    ax = cardlib.timeline(timed())
    shown = cardlib.picture(ax)
    assert plt.get_fignums() == [] and shown.png.startswith(b"\x89PNG")
    html = shown._repr_html_()
    assert html.startswith('<img alt="Timeline of 5 exchanges;') and 'src="data:image/png;base64,iVBOR' in html
    assert repr(shown).startswith("picture: Timeline of 5")
    assert Picture(b"", '"><script>')._repr_html_().startswith('<img alt="&quot;&gt;&lt;script&gt;" src=')
    assert cardlib.picture(ax).alt == shown.alt
    other = plt.figure().subplots()
    other.set_title("mine")
    assert cardlib.picture(other).alt == "mine"


def test_picture_is_the_same_twice() -> None:
    assert cardlib.picture(cardlib.timeline(timed())).png == cardlib.picture(cardlib.timeline(timed())).png


def test_real_gsmtap_has_no_times_to_draw(real_captures: Path) -> None:
    one = cardlib.read(real_captures / "gsmtap/usim_boot.pcapng")
    single = [e for e in one.exchanges if e.duration_ns is None]
    with pytest.raises(CaptureError):
        cardlib.latency(single)
