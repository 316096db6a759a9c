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
    safe = _visible(text)
    if sink == "html":
        # In an element of its own a dollar is no delimiter any more.
        return _MATHS.sub(r"<span>\1</span>", html.escape(safe))
    if sink == "attribute":
        return html.escape(safe)
    if sink == "cell" and _FORMULA.match(safe):
        return f"'{safe}"
    if sink == "markdown":
        return _PUNCTUATION.sub(r"\\\1", safe)
    if sink == "plot":
        return safe.replace("$", r"\$")
    return safe


def _visible(text: str) -> str:
    """The text with a code in place of each character that cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_seen, text))


def _seen(char: str) -> str:
    if char == " " or unicodedata.category(char)[0] not in "CZ":
        return char
    number = ord(char)
    if number < 0x100:
        return f"\\x{number:02X}"
    if number < 0x10000:
        return f"\\u{number:04X}"
    return f"\\U{number:08X}"


def cut(text: str, size: int) -> str:
    """At most `size` characters; where some are missing, the last one is an ellipsis."""
    if len(text) <= size:
        return text
    return text[: size - 1] + "…"


def counted(number: int, noun: str) -> str:
    """A number and its noun: "1 byte", "2 bytes", "3 entries"."""
    if number == 1:
        return f"1 {noun}"
    if noun.endswith("y"):
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}s"
