# SPDX-License-Identifier: MIT
"""The one way out for text that a stranger wrote: made harmless for each kind of output."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Literal

Sink = Literal["text", "html", "attribute", "cell", "markdown", "plot"]
_FORMULA = re.compile(r"\s*[=+\-@|＝＋－＠]")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_MATHS = re.compile(r"(\$|\\(?=[(\[]|begin))")


def escape(text: str, sink: Sink = "text") -> str:
    r"""Text made harmless for a sink.

    Control, bidirectional, zero-width and unassigned characters become \xNN or \uNNNN everywhere. Then what the sink
    takes as markup, as mathematics (a notebook typesets what stands between dollars) or as a formula is quoted;
    a "cell" is one of a table that a notebook shows or that is written as CSV.
    """
    if sink == "cell":
        text = _MATHS.sub(r"\\\1", text)
    safe = (
        text
        if text.isascii() and text.isprintable()
        else "".join(c if _harmless(c) else _code(c) for c in text)
    )
    if sink == "html":
        return _MATHS.sub(
            r"<span>\1</span>", html.escape(safe)
        )  # an element of its own: no delimiter any more
    if sink == "attribute":
        return html.escape(safe)
    if sink == "cell":
        return f"'{safe}" if _FORMULA.match(safe) else safe
    if sink == "markdown":
        return _PUNCTUATION.sub(r"\\\1", safe)
    return safe.replace("$", r"\$") if sink == "plot" else safe


def _harmless(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ"


def _code(char: str) -> str:
    number = ord(char)
    return (
        f"\\x{number:02X}"
        if number < 256
        else f"\\u{number:04X}"
        if number < 65536
        else f"\\U{number:08X}"
    )


def cut(text: str, size: int) -> str:
    """At most `size` characters; where some are missing, the last one is an ellipsis."""
    return text if len(text) <= size else text[: size - 1] + "…"
