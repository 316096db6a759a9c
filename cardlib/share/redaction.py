# SPDX-License-Identifier: MIT
"""A capture that may be given away: rebuilt from nothing, and only what rows let be shared is copied into it.

Every byte of the output was copied because of a mark, made up from a key, or is zero. What nobody understood is zero
of the same length, so that frames, lengths, status words and times stay. The manifest counts all three.
"""

from __future__ import annotations

import io
import os
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..core.blocks import NATIVE, NO_CRC
from ..core.errors import CaptureError
from ..core.model import Capture, Frame, Problem, Session
from ..formats import card_jsonl
from ..formats.writers import WRITERS
from ..measure.wire import sealed
from ..road.meaning import with_views
from ..road.pipeline import read, read_text
from .export import items, written
from .files import write_file
from .frames import rebuilt_alone, rebuilt_exchange
from .manifest import Manifest, Work, changes
from .rebuilding import Rebuilt
from .survey import known_of

# The form of the output by the end of its name; any other is our own.
FORMS = {".hex": "hex", ".txt": "hex", ".csv": "csv"}
KINDS = ("damaged block", "damaged packet", "long line", "unread unit", "unreadable line")
NOTES = (NO_CRC, NATIVE)  # what reading the frames again must know
ROUNDS = 8
KEY_SIZE = 32

Content = Session | Frame | Problem


def redact(
    source: Capture | str | os.PathLike[str], out: str | os.PathLike[str], key: bytes | None = None
) -> Manifest:
    """Write a capture without what says whose card it was, as .card.jsonl, .hex or .csv; returns what was done.

    With one key the same PAN becomes the same made-up PAN in every file; without, a key is made for this file and
    forgotten. Raises CaptureError for an output that is the input.
    """
    capture = source if isinstance(source, Capture) else read(source)
    if key is None:
        key = secrets.token_bytes(KEY_SIZE)
    manifest, text = redacted(capture, key)
    form = FORMS.get(Path(out).suffix)
    if form:
        text = _in_form(form, text, manifest)
    write_file(out, lambda file: file.write(text), [capture.path])
    return manifest


def _in_form(form: str, text: str, manifest: Manifest) -> str:
    """A redacted capture in another form; lines of hex have the manifest above them."""
    file = io.StringIO()
    if form == "hex":
        file.writelines(f"# {row}\n" for row in str(manifest).splitlines())
    WRITERS[form](file, items(read_text(text, card_jsonl.NAME)))
    return file.getvalue()


def redacted(capture: Capture, key: bytes) -> tuple[Manifest, str]:
    """The manifest and the text of a redacted capture: redacted until nothing changes any more.

    What was dropped may have given meaning to what was copied (a DOL); the next round then drops that too. The
    manifest counts what is different from the capture.
    """
    dictionaries = _dictionaries(capture)
    work, content = _round(capture, key)
    text = _text(content)
    for _ in range(ROUNDS):
        last, again = _round(read_text(text, card_jsonl.NAME, dictionaries), key)
        text_again = _text(again)
        if text_again == text:
            manifest = _manifest(capture, again, work, last)
            return manifest, _text(again, redacted=asdict(manifest))
        text = text_again
    reason = "does not come to rest when redacted: leave out its damaged parts"
    raise CaptureError(reason, capture.path)


def _text(content: Sequence[Content], **more: Any) -> str:
    """What a redacted capture holds, in our own format."""
    file = io.StringIO()
    card_jsonl.write(file, content, "cardlib redact", **more)
    return file.getvalue()


def _manifest(capture: Capture, content: Sequence[Content], first: Work, last: Work) -> Manifest:
    """What was done to the frames of a capture, by the work of the first round and of the last one."""
    before = [item for item in written(items(capture)) if isinstance(item, Frame)]
    after = [item for item in content if isinstance(item, Frame)]
    counts: Counter[int] = Counter()
    for old, new, first_how, last_how in zip(before, after, first.how, last.how, strict=True):
        counts.update(changes(old.data, new.data, first_how, last_how))
    return first.manifest(len(after), counts)


def _dictionaries(capture: Capture) -> tuple[str, ...]:
    """The files of the caller that a capture was read with."""
    for exchange in capture.exchanges:
        return exchange.context.dictionaries
    return ()


@with_views
def _round(capture: Capture, key: bytes) -> tuple[Work, list[Content]]:
    work = Work(key, known_of(capture.exchanges))
    return work, list(_items(capture, work))


def _items(capture: Capture, work: Work) -> Iterator[Content]:
    """Sessions without names and dates, frames rebuilt, problems without what was in them; times from the first."""
    rebuilt_frames: dict[int, Rebuilt] = {}
    for exchange in capture.exchanges:
        for frame, rebuilt in zip(exchange.frames, rebuilt_exchange(exchange, work), strict=True):
            rebuilt_frames[frame.index] = rebuilt
    content = list(written(items(capture)))
    origin = _origin(content)
    for item in content:
        if isinstance(item, Session):
            yield Session(item.index, None, item.interface, item.clock)
        elif isinstance(item, Problem):
            kind = item.kind if item.kind in KINDS else "damage"
            yield replace(item, kind=kind, detail="", raw=bytes(len(item.raw)), quote=None)
        else:
            rebuilt = rebuilt_frames.get(item.index) or rebuilt_alone(item)
            work.how.append(bytes(rebuilt.how))
            yield _frame(item, bytes(rebuilt.data), origin)


def _origin(content: Iterable[Content]) -> int:
    """The first time of all frames."""
    times = [item.time_ns for item in content if isinstance(item, Frame)]
    return min((time for time in times if time is not None), default=0)


def _frame(frame: Frame, data: bytes, origin: int) -> Frame:
    """A frame with other bytes, a check at its end that fits them, and times from the first."""
    return replace(
        frame,
        data=sealed(frame, data),
        note="; ".join(note for note in NOTES if note in frame.note),
        time_ns=_since(frame.time_ns, origin),
        end_ns=_since(frame.end_ns, origin),
    )


def _since(time: int | None, origin: int) -> int | None:
    if time is None:
        return None
    return time - origin
