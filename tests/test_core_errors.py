# SPDX-License-Identifier: MIT
"""The exceptions: one parent, and a message that leaves out what is not known."""

from __future__ import annotations

import pytest

from cardlib.core.errors import CaptureError, CardlibError, DictionaryError

MESSAGES = [
    (CaptureError("empty"), "empty"),
    (CaptureError("no such line", "a.txt"), "a.txt: no such line"),
    (CaptureError("no such line", "a.txt", "line 3"), "a.txt: line 3: no such line"),
    (DictionaryError("no name"), "no name"),
    (DictionaryError("no name", row="9F26"), "9F26: no name"),
    (DictionaryError("no name", "mine.toml", "9F26"), "mine.toml: 9F26: no name"),
]


@pytest.mark.parametrize(("error", "message"), MESSAGES, ids=[message for _, message in MESSAGES])
def test_message(error: CardlibError, message: str) -> None:
    assert str(error) == message
    assert isinstance(error, CardlibError)


def test_parts_are_kept() -> None:
    capture, row = (
        CaptureError("why", "a.txt", "line 3"),
        DictionaryError("why", "mine.toml", "9F26"),
    )
    assert (capture.file, capture.place, capture.reason) == ("a.txt", "line 3", "why")
    assert (row.file, row.row, row.reason) == ("mine.toml", "9F26", "why")
