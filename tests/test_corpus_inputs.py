# SPDX-License-Identifier: MIT
"""Which captures are meant by a folder, a pattern, a list or an address, and how they are put in chunks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cardlib.core.errors import CaptureError, CardlibError
from cardlib.corpus.inputs import LONGEST, Input, chunks_of, inputs_of, key_of
from cardlib.corpus.needed import needed

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two captures, one of them below, and what is none."""
    (tmp_path / "below").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name in ("b.log", "below/a.log", ".hidden/c.log", ".d.log"):
        (tmp_path / name).write_text("00A40400\n")
    return tmp_path


def names(where: object) -> list[str]:
    return [item.name for item in inputs_of(where)]  # type: ignore[arg-type]


@pytest.mark.parametrize("where", ["nothing", "*.pcap", "b.log/below"])
def test_where_no_file_is_that_is_said(folder: Path, where: str) -> None:
    with pytest.raises(CaptureError, match="no capture files there"):
        inputs_of(folder / where)


def test_an_empty_list_has_no_files() -> None:
    with pytest.raises(CaptureError, match="an empty list: no capture files there"):
        inputs_of([])


def test_an_address_that_nobody_knows() -> None:
    with pytest.raises(CaptureError, match=r"cannot be opened: .*nowhere"):
        inputs_of("nowhere://a/b")


def test_a_library_that_is_not_installed_is_asked_for() -> None:
    with pytest.raises(CardlibError, match=r"many captures need no_such_thing: pip install"):
        needed("no_such_thing.part")


def test_a_folder_gives_its_files_by_name_and_hides_hidden_ones(folder: Path) -> None:
    assert names(folder) == names(str(folder)) == ["b.log", "below/a.log"]


def test_patterns_files_and_lists(folder: Path) -> None:
    assert names(folder / "*.log") == ["b.log"]
    assert names(folder / "**/*.log") == ["b.log", "below/a.log"]
    assert names(folder / "b.log") == ["b.log"]
    assert names([folder / "b.log", folder / "b.log"]) == ["b.log"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(folder: Path) -> None:
    (folder / "a[1].log").write_text("00A40400\n")
    assert names(folder / "a[1].log") == ["a[1].log"]


def test_two_files_of_one_name_go_by_their_places(folder: Path) -> None:
    (folder / "below" / "b.log").write_text("00A40400\n")
    both = [folder / "b.log", folder / "below" / "b.log"]
    assert names(both) == sorted(map(str, both))


def test_files_elsewhere() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/cards/one.log", b"00A40400")
    memory.pipe("/cards/two.log", b"00A40400\n")
    items = inputs_of("memory://cards")
    assert [(item.name, item.place, item.size) for item in items] == [
        ("one.log", "memory:///cards/one.log", 8),
        ("two.log", "memory:///cards/two.log", 9),
    ]


FILES = [Input(f"{number:04}.log", f"/x/{number:04}.log", 10, "1") for number in range(2000)]


def test_chunks_hold_every_file_once_and_none_is_long() -> None:
    chunks = list(chunks_of(FILES))
    assert [item for chunk in chunks for item in chunk] == FILES
    assert max(map(len, chunks)) <= LONGEST
    assert 20 < len(chunks) < 80  # one file of fifty ends a chunk


def test_a_new_file_changes_the_chunk_in_which_it_is_and_no_other() -> None:
    before = {key_of(chunk, "s") for chunk in chunks_of(FILES)}
    new = sorted([*FILES, Input("0700x.log", "/x/0700x.log", 1, "1")], key=lambda item: item.name)
    after = {key_of(chunk, "s") for chunk in chunks_of(new)}
    assert 1 <= len(after - before) <= 2


@pytest.mark.parametrize("change", [{"size": 11}, {"changed": "2"}, {"name": "x"}, {"place": "y"}])
def test_the_name_of_a_part_tells_a_changed_file(change: dict[str, object]) -> None:
    changed = [replace(FILES[0], **change), *FILES[1:3]]  # type: ignore[arg-type]
    assert key_of(changed, "s") != key_of(FILES[:3], "s")
    assert key_of(FILES[:3], "s") == key_of(list(FILES[:3]), "s")
    assert key_of(FILES[:3], "t") != key_of(FILES[:3], "s")
