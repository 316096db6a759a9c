# SPDX-License-Identifier: MIT
"""A dataset on disk: its parts appear whole or not at all, and only those that count are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cardlib.core.errors import CardlibError
from cardlib.corpus import parts
from cardlib.corpus.parts import COLUMNS, FILES, TABLES, Place, part_writer, schema_of, settings_of
from cardlib.corpus.rows import Rows
from cardlib.share import files

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
MASKED = {"schema": 1, "reveal": False}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "set")
    place.begin(MASKED)
    return place


def problem(number: int) -> tuple[object, ...]:
    return ("a.log", "damaged", f"number {number}", number, 0, 4, True)


def files_in(place: Place) -> set[str]:
    found = {file.relative_to(place.folder).as_posix() for file in place.folder.rglob("*.parquet")}
    hidden = {file.name for file in place.folder.rglob(".*")}
    assert hidden == set()
    return found


def test_a_folder_with_other_things_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(CardlibError, match="is a folder with other things in it"):
        Place(tmp_path).begin(MASKED)
    with pytest.raises(CardlibError, match="is a file"):
        Place(tmp_path / "letter.txt").begin(MASKED)


def test_what_is_masked_is_not_mixed_with_what_shows_secrets(place: Place) -> None:
    with pytest.raises(CardlibError, match="the dataset there is masked"):
        Place(place.folder, True).begin(MASKED | {"reveal": True})
    assert settings_of(place.folder) == MASKED


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": 2}', "null"])
def test_a_folder_that_is_no_dataset(place: Place, text: str) -> None:
    (place.folder / "dataset.json").write_text(text)
    with pytest.raises(CardlibError, match="dataset"):
        settings_of(place.folder)


def test_a_part_that_breaks_leaves_nothing(place: Place) -> None:
    with pytest.raises(ZeroDivisionError), part_writer(place, "key", COLUMNS) as writer:
        writer.add({"problems": [problem(1)]})
        raise ZeroDivisionError
    assert files_in(place) == set()


def test_a_part_counts_when_its_files_are_told(place: Place) -> None:
    with part_writer(place, "key", COLUMNS) as writer:
        writer.add({"problems": [problem(1)]})
    assert place.keys() == set()
    assert place.files("problems") == []
    row = ("a.log", 10, "1", "read", "", "hex pairs", 1, 2, 0, 0, 1)
    place.publish("key", [row])
    assert place.keys() == {"key"}
    assert pq.read_table(place.files("files")[0]).to_pylist() == [
        dict(zip(FILES, row, strict=True))
    ]
    assert pq.read_table(place.files("problems")[0]).num_rows == 1
    assert pq.read_table(place.files("exchanges")[0]).num_rows == 0


def test_many_rows_are_written_in_pieces_and_none_is_lost(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_MOST_ROWS", 10)
    with part_writer(place, "key", ("problems",)) as writer:
        for number in range(57):
            writer.add({"problems": [problem(number)]})
    file = pq.ParquetFile(place.part("problems", "key"))
    assert file.num_row_groups == 6
    numbers = [row["unit"] for row in file.read().to_pylist()]
    assert numbers == list(range(57))


def test_parts_of_files_that_are_no_more_go_and_drafts_of_a_killed_run_too(place: Place) -> None:
    for key in ("old", "new"):
        with part_writer(place, key, COLUMNS):
            pass
        place.publish(key, [])
    (place.folder / "elements" / ".cardlib-killed-1").touch()
    (place.folder / "elements" / "orphan.parquet").touch()
    place.keep_only(["new"])
    assert files_in(place) == {f"{table}/new.parquet" for table in TABLES}


def test_the_drafts_of_one_part_are_cleared_and_no_other(place: Place) -> None:
    drafts = [place.folder / "acts" / f".cardlib-{key}-9" for key in ("a", "b")]
    for draft in drafts:
        draft.touch()
    place.clear("a")
    assert [draft.exists() for draft in drafts] == [False, True]


def test_drafts_that_need_a_name_can_be_cleared(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_NAMELESS", 0)
    with pytest.raises(FileNotFoundError), part_writer(place, "a", ("acts",)):
        (draft,) = (place.folder / "acts").iterdir()
        assert draft.stat().st_mode & 0o777 == 0o600
        place.clear("b")
        assert draft.exists()
        place.clear("a")
    assert files_in(place) == set()


def test_what_shows_secrets_is_for_its_owner_alone(tmp_path: Path) -> None:
    place = Place(tmp_path / "clear", True)
    place.begin(MASKED | {"reveal": True})
    place.publish("key", [])
    written = [*place.folder.rglob("*.parquet"), place.folder / "dataset.json"]
    assert [file.stat().st_mode & 0o777 for file in written] == [0o600, 0o600]


def test_the_types_of_the_columns() -> None:
    types = {field.name: str(field.type) for field in schema_of("exchanges")}
    assert types["command"] == types["response"] == "binary"
    assert types["duration_ns"] == types["start_ns"] == "int64"
    assert types["sw"].startswith("dictionary<values=string")
    assert types["response_shown"] == "string"
    assert types["exchange"] == "int32"


def test_rows_of_another_shape_are_refused(place: Place) -> None:
    rows: Rows = {"problems": [("a.log",)]}
    with pytest.raises(ValueError), part_writer(place, "key", ("problems",)) as writer:
        writer.add(rows)
    assert json.loads((place.folder / "dataset.json").read_text()) == MASKED
