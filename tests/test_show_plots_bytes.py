# SPDX-License-Identifier: MIT
"""The byte map: every byte in its cell, coloured by its element, masked; of much and of nothing."""

from __future__ import annotations

import matplotlib
import pytest
from matplotlib import pyplot as plt
from test_secrets import PAN, SELECTED, capture, read_record, tlv

import cardlib
from cardlib.core.model import Exchange
from cardlib.show.plots.bytes import _style

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def close() -> object:
    yield
    plt.close("all")


def test_byte_map() -> None:
    exchange = capture(
        *SELECTED, *read_record(1, tlv("70", tlv("5A", PAN) + tlv("5F24", "251231")))
    ).exchanges[1]
    ax = cardlib.byte_map(exchange)
    cells = [text.get_text() for text in ax.texts]
    assert cells[:5] == ["00", "B2", "01", "0C", "00"]
    digits = [cell for cell in cells if len(cell) == 2]
    assert "".join(digits[5:]) == "70105A08476173******01195F24032512319000"
    assert [text.get_position() for text in ax.texts[4:7]] == [(4.5, 0.5), (0.5, 2.5), (1.5, 2.5)]
    # The names stand beside the row in which their bytes begin, right of its 16 bytes.
    names = {text.get_text(): text.get_position() for text in ax.texts if len(text.get_text()) > 2}
    assert [name[:4] for name in names] == ["70 R", "5A A", "5F24"]
    assert all(x > 16 for x, _ in names.values())
    assert [int(y) for _, y in names.values()] == [2, 2, 2]
    assert ax.get_legend() is None
    assert [label.get_text() for label in ax.get_yticklabels()] == ["command", "response"]
    colours = [patch.get_facecolor() for patch in ax.patches]
    assert (
        len(colours) == 25 + 3
        and colours[0] == (1, 1, 1, 1)
        and colours[7] != colours[5] != colours[0]
    )
    assert ax.get_title() == "READ RECORD: 25 bytes, 3 data elements"
    assert ax.get_gid().startswith(
        "Byte map of exchange 1, READ RECORD: 25 bytes, 3 data elements: 70 Record template"
    )
    assert (
        "".join(t.get_text() for t in cardlib.byte_map(exchange, reveal=True).texts).count(PAN) == 1
    )


def test_the_alternative_text_names_every_element() -> None:
    objects = "".join(tlv(f"DF{i:02X}", "01") for i in range(1, 21))
    ax = cardlib.byte_map(
        capture(*SELECTED, "00B2010C00", f"70{len(objects) // 2:02X}{objects}9000").exchanges[1]
    )
    assert ax.get_gid().count("DF") == 20 and "DF14" in ax.get_gid()


def test_byte_map_of_much_and_of_nothing() -> None:
    long = "".join(tlv(f"DF{i:02X}", "0102") for i in range(1, 60))
    ax = cardlib.byte_map(
        capture(*SELECTED, "00B2010C00", f"70820{len(long) // 2:03X}{long}9000").exchanges[1],
        width=8,
    )
    names = [text.get_text() for text in ax.texts if len(text.get_text()) > 2]
    assert len(names) == 60 and names[-1].startswith("DF3B")
    crowded = cardlib.byte_map(
        capture(*SELECTED, "00B2010C00", tlv("70", long[:80]) + "9000").exchanges[1], width=64
    )
    names = [text.get_text() for text in crowded.texts if len(text.get_text()) > 2]
    assert len(names) == 6 and names[-1].startswith("... ")
    assert len({_style(number) for number in range(65)}) == 65
    huge = cardlib.byte_map(capture("00B0000000", "00" * 5000 + "9000").exchanges[0])
    assert len(huge.texts) == 5 + 64 * 16
    empty = cardlib.byte_map(Exchange(0, 0, None, None))
    assert len(empty.texts) == 0 and empty.get_gid().endswith("0 bytes, 0 data elements.")
