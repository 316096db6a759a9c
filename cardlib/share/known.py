# SPDX-License-Identifier: MIT
"""Values that are known to be secret, and where they come again, in work that grows with the bytes alone.

A form of a secret is found by anchors, eight of its digits at places so close that any part that is long enough to
tell it holds one. Looking up each eight digits of a text costs the same however many secrets there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..core.model import Sensitive
from ..core.quoting import STAR
from .encodings import UTF_16, Form, Span, forms_of, is_monotone, is_telling

ANCHOR = 8  # hex digits
MOST_VALUES = 5_000  # of a kind; what a capture has beyond that is hidden only where a row marks it
MOST_AT_ANCHOR = 16
SHORTEST = 3  # bytes of a secret that is hidden where it is a whole value again
WHOLE = 1_000_000  # characters: more than any secret has
_DROPPED = " :,-._\t"  # between the digits of hex in a text
_LEAST_TEXT = 3  # characters of a text that may hold a secret


class Known:
    """Values that are known to be secret.

    In our own texts a secret text is hidden where it stands whole; with `part`, so many of its characters are enough.
    """

    def __init__(self, part: int = WHOLE) -> None:
        self._part = part
        self._anchors: dict[str, list[tuple[Form, int]]] = {}
        self._values: set[tuple[Sensitive, bytes]] = set()
        self._whole: set[bytes] = set()
        self._counts: Counter[Sensitive] = Counter()

    def __bool__(self) -> bool:
        return bool(self._values)

    def learn(self, kind: Sensitive, value: bytes, text: str = "") -> None:
        """Remember a secret, which its row reads as this text."""
        if (kind, value) in self._values or self._counts[kind] >= MOST_VALUES:
            return
        self._values.add((kind, value))
        self._counts[kind] += 1
        is_varied = len(value) >= SHORTEST and len(set(value)) > 1
        if is_varied and kind not in ("pan", "track"):  # of these some digits are shown
            self._whole.add(value)
        for form in forms_of(kind, value, text):
            self._put(form)

    def _put(self, form: Form) -> None:
        step = form.need - ANCHOR + 1
        for offset in range(0, len(form.digits) - ANCHOR + 1, step):
            anchor = form.digits[offset : offset + ANCHOR]
            if len(set(anchor)) == 1:
                continue  # zeros and fillers are everywhere
            places = self._anchors.setdefault(anchor, [])
            if len(places) < MOST_AT_ANCHOR:
                places.append((form, offset))

    def is_whole(self, value: bytes) -> bool:
        """Whether a value is a secret, whole, however short it is."""
        return value in self._whole

    def in_hex(self, text: str, part: int = 0) -> Iterator[Span]:
        """Where secrets stand in hex digits, at either nibble: what of them is hidden.

        part: fewer characters of a secret text do not count, for our own words may be a part of it.
        """
        anchors = self._anchors
        last = len(text) - ANCHOR + 1
        if not anchors or last <= 0:
            return
        windows = [text[at : at + ANCHOR] for at in range(last)]
        if anchors.keys().isdisjoint(windows):
            return
        at = done = 0
        while at < last:
            end = at
            for form, offset in anchors.get(windows[at], ()):
                start, stop = _common(text, at, form, offset, done)
                need = form.need
                if part and form.is_words:
                    need = max(need, min(part * UTF_16, len(form.digits)))
                if stop - start < need or not is_telling(text[start:stop]):
                    continue
                if stop - start < len(form.digits) and is_monotone(text[start:stop]):
                    continue
                end = max(end, stop)
                base = at - offset
                hidden = max(start, base + form.start), min(stop, base + form.stop)
                if hidden[0] < hidden[1]:
                    yield hidden
            if end > at:
                done = at
                at = max(at + 1, end - ANCHOR + 1)
            else:
                at += 1

    def hide(self, text: str) -> str:
        """A text with its secrets as asterisks, where they stand in it as characters or as hex."""
        if not self._anchors or len(text) < _LEAST_TEXT:
            return text
        places = set(self._as_characters(text))
        places.update(self._as_hex(text))
        if not places:
            return text
        return "".join(STAR if at in places else char for at, char in enumerate(text))

    def _as_characters(self, text: str) -> Iterator[int]:
        plain = text
        if not text.isascii():
            plain = "".join(char if ord(char) < 0x10000 else "?" for char in text)
        digits = plain.encode("utf-16-be", "surrogatepass").hex().upper()
        for start, stop in self.in_hex(digits, self._part):
            # A character counts where its low byte does: UTF-16-LE is found one byte further on.
            yield from range((start + 1) // UTF_16, stop // UTF_16)

    def _as_hex(self, text: str) -> Iterator[int]:
        places = [at for at, char in enumerate(text) if char not in _DROPPED]
        digits = "".join(text[at] for at in places).upper()
        if len(digits) != len(places):  # a character whose upper case is longer
            digits = "".join(text[at] for at in places)
        for start, stop in self.in_hex(digits):
            yield from places[start:stop]


def _common(text: str, at: int, form: Form, offset: int, floor: int) -> Span:
    """The longest stretch of a text around an anchor that is a part of a form, not before `floor`."""
    digits = form.digits
    start = at
    while start > floor and offset - (at - start) > 0:
        if text[start - 1] != digits[offset - (at - start) - 1]:
            break
        start -= 1
    stop, place = at + ANCHOR, offset + ANCHOR
    while stop < len(text) and place < len(digits) and text[stop] == digits[place]:
        stop += 1
        place += 1
    return start, stop
