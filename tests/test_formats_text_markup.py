# SPDX-License-Identifier: MIT
"""What a web page left in the lines of a log: what is no markup first."""

from __future__ import annotations

import pytest

from cardlib.formats.text.markup import Markup

without_markup = Markup([]).plain


@pytest.mark.parametrize("text", ["< 6A82", "<6A82>", "a < b > c", "<apdu>00A4</apdu>", "R&D"])
def test_what_is_no_markup_stays(text: str) -> None:
    assert without_markup(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("<b>00A4</b>", "   00A4    "),
        ("&gt; 00A4<br/>", ">    00A4     "),
        ("&lt;&nbsp;6A82", "<         6A82"),
        ("<code>send</code>", "      send       "),
    ],
)
def test_what_a_web_page_left(text: str, left: str) -> None:
    assert without_markup(text) == left
    assert len(left) == len(text)
