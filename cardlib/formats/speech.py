# SPDX-License-Identifier: MIT
"""Whether a line of text is said by a card or its reader: for texts that may be no dialogue at all."""

from __future__ import annotations

import re

from .style import is_bare_hex

_BYTES = r"(?:(?:0x)?[0-9A-F]{2}[ ,:]{0,2}){2}"
_SPEAKERS = (
    r"(?:send|sent|sending|transmit|recv|received?|response|resp|answer|returned|commands?|cmd|"
    r"[cr]?-?apdu|tx|rx|in|out|request|reply|发送|接收|命令|返回|响应|senden|empfangen|Antwort)"
)
_ARROW_BEFORE_BYTES = re.compile(rf".{{0,120}}?(?:[<>→←]|=>|<=).{{0,40}}?{_BYTES}", re.I)
_SPEAKER_BEFORE_BYTES = re.compile(
    rf".{{0,120}}?(?<![A-Za-z]){_SPEAKERS}(?![A-Za-z]).{{0,40}}?{_BYTES}", re.I
)
_SPEAKER_ALONE = re.compile(rf"[\W_]{{0,8}}{_SPEAKERS}[\W_]{{0,8}}$", re.I)


def names_speaker(text: str) -> bool:
    """Whether a line has a word for a direction, with bytes behind it or alone."""
    return bool(_SPEAKER_BEFORE_BYTES.match(text) or _SPEAKER_ALONE.match(text))


def is_marked(text: str) -> bool:
    """Whether a line has a mark of direction: such a word, or an arrow before bytes."""
    return names_speaker(text) or bool(_ARROW_BEFORE_BYTES.match(text))


def may_be_said(text: str) -> bool:
    """Whether a line is hex and nothing else, or has a mark of direction."""
    return is_bare_hex(text) or is_marked(text)
