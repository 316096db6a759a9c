# SPDX-License-Identifier: MIT
"""Notes of a reader on exchanges, or on bytes of them: text of a stranger where they come from a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, cast, get_args

from ...core.errors import CaptureError
from ...core.escape import escape
from ...core.model import Side, record
from ...share.files import write_file

MAX_NOTES = 10_000
MAX_TEXT = 2_000  # characters
MAX_FILE = 8 << 20  # bytes
SIDES: tuple[Side, ...] = get_args(Side)


@record
class Note:
    """What somebody wrote about an exchange; `side` and `start:stop` are the bytes that it is about, if any."""

    text: str
    side: Side | None = None
    start: int = 0
    stop: int = 0


class Notes(Mapping[int, Note]):
    """Notes by the number of their exchange; they print a line each, and are written with `.save(path)`."""

    def __init__(self, rows: object = None) -> None:
        self._notes: dict[int, Note] = {}
        for number, row in _pairs(rows):
            note = _note(row)
            if note is not None:
                self._notes[number] = note

    def __getitem__(self, number: int) -> Note:
        return self._notes[number]

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._notes))

    def __len__(self) -> int:
        return len(self._notes)

    def __repr__(self) -> str:
        lines = [f"{number}: {escape(self._notes[number].text)}" for number in self]
        return "\n".join(lines) or "no notes"

    def rows(self) -> dict[str, dict[str, object]]:
        """The notes as plain data, {exchange: {text, b: [side, start, stop] or null}}."""
        rows: dict[str, dict[str, object]] = {}
        for number in self:
            note = self._notes[number]
            place = [note.side, note.start, note.stop] if note.side else None
            rows[str(number)] = {"text": note.text, "b": place}
        return rows

    def save(self, path: str | PathLike[str]) -> None:
        """Write them to a file that `cardlib.explore(notes=path)` reads."""
        text = json.dumps({"notes": self.rows()}, indent=1, ensure_ascii=False) + "\n"
        write_file(path, lambda file: file.write(text), ())


def notes_of(source: Notes | Mapping[Any, Any] | str | PathLike[str] | None) -> Notes:
    """Notes as they are, of plain data, or of a file; CaptureError for a file that holds none."""
    if isinstance(source, Notes):
        return source
    if isinstance(source, str | PathLike):
        return Notes(_read(source))
    return Notes(source)


def _read(path: str | PathLike[str]) -> object:
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as fault:
        raise CaptureError(f"cannot be read: {fault.strerror}", str(path)) from None
    if len(content) > MAX_FILE:
        raise CaptureError("is too large for a file of notes", str(path))
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise CaptureError("is no file of notes (JSON)", str(path)) from None
    if not isinstance(data, dict) or not isinstance(data.get("notes"), dict):
        raise CaptureError('is no file of notes: it has no table "notes"', str(path))
    return data["notes"]


def _pairs(rows: object) -> Iterator[tuple[int, object]]:
    """Numbers of exchanges with what stands under them; whatever else is there is left out."""
    if not isinstance(rows, Mapping):
        return
    for count, (key, row) in enumerate(rows.items()):
        if count >= MAX_NOTES:
            return
        number = str(key)
        if number.isascii() and number.isdigit() and len(number) < 10:
            yield int(number), row


def _note(row: object) -> Note | None:
    if isinstance(row, Note):
        return row
    if isinstance(row, str):
        return Note(row[:MAX_TEXT])
    if not isinstance(row, Mapping) or not isinstance(row.get("text"), str):
        return None
    text = row["text"][:MAX_TEXT]
    place = row.get("b")
    if not isinstance(place, list | tuple) or len(place) != 3 or place[0] not in SIDES:
        return Note(text)
    side, start, stop = place
    is_range = isinstance(start, int) and isinstance(stop, int) and 0 <= start <= stop
    if not is_range:
        return Note(text)
    return Note(text, cast(Side, side), start, stop)
