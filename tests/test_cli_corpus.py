# SPDX-License-Identifier: MIT
"""cardlib corpus: a folder becomes a dataset, a question gets its table, a mistake one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cardlib.cli.main import main

pytest.importorskip("pyarrow")
TRACES = Path(__file__).resolve().parent.parent / "traces"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--jobs", "0"], "--jobs is 1 or more"),
        (["--seconds", "0"], "--seconds and --memory are more than 0"),
        (["--memory", "-1"], "--seconds and --memory are more than 0"),
        ([], "nothing: no capture files there"),
    ],
)
def test_a_mistake_is_one_line(
    more: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["corpus", str(tmp_path / "nothing"), "-o", str(tmp_path / "set"), *more]
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err and len(printed.err.splitlines()) == 1
    assert not (tmp_path / "set").exists()


def test_a_folder_becomes_a_dataset_that_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = tmp_path / "captures", tmp_path / "set"
    folder.mkdir()
    shutil.copy(TRACES / "purse_day.hex.txt", folder)
    question = "select count(*) as loads from exchanges where command_name = 'CREDIT FOR LOAD'"
    made = ["corpus", str(folder), "-o", str(out), "--jobs", "1", "--sql", question]
    assert main(made) == 0
    first, where, name, count = capsys.readouterr().out.splitlines()
    assert first == "1 capture read, masked: 23 exchanges, 1 act, 0 problems"
    assert where == f"dataset: {out}"
    assert (name.split(), count.split()) == (["loads"], ["1"])
    (folder / "letter.txt").write_text("no capture\n")
    assert main(["corpus", str(folder), "-o", str(out), "--jobs", "1"]) == 1
    assert "unreadable: letter.txt" in capsys.readouterr().out
    assert main(["corpus", str(out)]) == 1  # the dataset alone: nothing is read again
    assert "unreadable: letter.txt" in capsys.readouterr().out
