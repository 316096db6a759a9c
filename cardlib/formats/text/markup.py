# SPDX-License-Identifier: MIT
"""What a web page or a forum left in the lines of a log: tags, entities, signs of a quotation."""

from __future__ import annotations

import re
from collections.abc import Sequence

_TAG = re.compile(
    r"</?(?:br|p|code|pre|b|i|em|strong|span|div|li|ul|ol|tt|kbd|samp|font|a)\s?/?>", re.I
)
_ENTITIES = (("&gt;", ">"), ("&lt;", "<"), ("&amp;", "&"), ("&nbsp;", " "), ("&quot;", '"'))
_QUOTED = re.compile(r"\s{0,3}>(?![<>=-])")
_LEAST_QUOTED = 3


class Markup:
    """Overwrites markup with blanks, so that all else stays in its column."""

    def __init__(self, texts: Sequence[str]) -> None:
        """From the first lines: whether the whole text is a quotation."""
        lines = [text for text in texts if text.strip()]
        quoted = sum(bool(_QUOTED.match(text)) for text in lines)
        self.is_quoted = quoted == len(lines) >= _LEAST_QUOTED

    def plain(self, text: str) -> str:
        """A line of the same length without markup."""
        if self.is_quoted:
            text = _QUOTED.sub(_blanks, text, count=1)
        if "<" in text:
            text = _TAG.sub(_blanks, text)
        if "&" in text:
            for entity, sign in _ENTITIES:
                text = text.replace(entity, sign.ljust(len(entity)))
        return text


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])
