# SPDX-License-Identifier: MIT
"""What is said about a file that is no dialogue: what it is, what was tried, how it begins, what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.codec import to_hex
from ..core.errors import CaptureError
from ..core.quoting import shown_line
from .style import head_lines

MAX_QUOTED = 5  # lines
MAX_GUESSES = 3
_PRINTABLE = 0.9  # of the characters of a text, at least
_SEEN = 4000  # characters that are looked at

Scores = Sequence[tuple[str, float]]

WHAT_TO_DO = (
    "what to do:",
    "  --format NAME                        if you know the format (docs/formats.md)",
    "  --to-card TEXT --from-card TEXT      if you see which lines go to the card and come from it",
    "  cardlib decode TEXT                  if it is one value: a TLV, an ATR, a status word",
)


def refusal(path: str, head: bytes, size: int, scores: Scores, what: str) -> CaptureError:
    """The error for a file that nobody reads; `what` it is, where that is known."""
    if what:
        reason = f"holds no traffic: it is {what}"
    else:
        tried = f"{len(scores)} were tried, see docs/formats.md"
        reason = f"no capture format that is known ({tried}); {_seen(head, size)}"
    details = [*guesses(scores), *first_lines(head)]
    if is_text(head):
        details += WHAT_TO_DO
    return CaptureError(reason, path, details=details)


def _seen(head: bytes, size: int) -> str:
    if not size:
        return "it is empty"
    if is_text(head):
        return f"it is a text of {size} bytes"
    return f"it begins {to_hex(head[:4])} and has {size} bytes"


def guesses(scores: Scores) -> Iterator[str]:
    """The formats that came nearest, and how sure each is."""
    nearest = sorted(scores, key=lambda score: -score[1])[:MAX_GUESSES]
    texts = [f"{name} {sure:.0%}" for name, sure in nearest if sure > 0]
    if texts:
        yield f"nearest, and how sure: {', '.join(texts)}"


def first_lines(head: bytes) -> Iterator[str]:
    """The first lines of a text that are not blank, with their numbers; hex is hidden, it may be a secret."""
    if not is_text(head):
        return
    numbered = enumerate(head_lines(head), 1)
    rows = [(number, text) for number, text in numbered if text.strip()]
    if rows:
        yield "it begins:"
    for number, text in rows[:MAX_QUOTED]:
        yield f"  {number:>3}  {shown_line(text)}"


def is_text(head: bytes) -> bool:
    """Whether nearly all characters of a beginning can be printed; an empty one has none."""
    text = " ".join(head_lines(head))[:_SEEN]
    printable = sum(char.isprintable() or char == "\t" for char in text)
    return bool(text) and printable > _PRINTABLE * len(text)
