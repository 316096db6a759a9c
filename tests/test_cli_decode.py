# SPDX-License-Identifier: MIT
"""cardlib decode, and files of bare strings for the other commands."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from cardlib.cli.main import main

TLV = "9F36020A3B9F270140"
PAN = "4111111111111111"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    written = capsys.readouterr()
    return code, written.out, written.err


def test_one_paste_decodes_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "decode", "9F36", "02", "0A3B", "9F270140")
    assert code == 0
    assert out.startswith("BER-TLV, 2 data objects") and "TC: approved" in out


def test_nonsense_says_what_was_tried(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "decode", "hello world")
    assert (code, out) == (2, "")
    assert err.startswith("nothing fits") and "track2:" in err


def test_a_wrong_kind_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "decode", "8000", "--as", "TVR")
    assert (code, out) == (2, "")
    assert err == "cardlib: not TVR: 95 Terminal verification results (TVR) has 5 bytes, 2 here\n"
    assert run(capsys, "decode", "9000", "--aid", "xyz")[0] == 2


def test_what_is_hidden_is_revealed(capsys: pytest.CaptureFixture[str]) -> None:
    assert PAN not in run(capsys, "decode", f"5A08{PAN}")[1]
    assert PAN in run(capsys, "decode", "--reveal", f"5A08{PAN}")[1]
    assert PAN not in run(capsys, "decode", "--json", f"5A08{PAN}")[1]


def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (("decode", "-"), ("show", "-")):
        stdin = io.TextIOWrapper(io.BytesIO(TLV.encode()))
        monkeypatch.setattr("sys.stdin", stdin)
        code, out, _ = run(capsys, *command)
        assert code == 0 and out.startswith("BER-TLV, 2 data objects")


def test_json_of_an_atr_has_a_session(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "atr.txt"
    path.write_text("3B 68 00 00 00 73 C8 40 12 00 90 00\n")
    code, out, _ = run(capsys, "show", "--json", str(path))
    document = json.loads(out)
    assert code == 0
    assert document["sessions"][0]["atr"] == "3B6800000073C84012009000"
    assert document["sessions"][0]["exchanges"] == []
    (string,) = document["strings"]
    assert string["readings"][0]["kind"] == "atr" and string["sure"] is True


def test_a_file_of_a_bare_string(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "one.txt"
    path.write_text(f"5A08{PAN}\n")
    code, out, _ = run(capsys, "show", str(path))
    assert code == 0 and "411111******1111" in out and PAN not in out
    assert run(capsys, "find", "5A", str(path))[1].startswith("5A Application primary")
    assert run(capsys, "find", "account", str(path))[0] == 0
    assert run(capsys, "find", "9F02", str(path))[:2] == (1, "nothing found\n")
    for command in (("check",), ("redact", "-o", str(tmp_path / "out.jsonl"))):
        code, out, err = run(capsys, *command, str(path))
        assert (code, out) == (2, "") and "no dialogue but a bare string" in err
        assert PAN not in err
    assert run(capsys, "decode", str(path))[2].endswith(f"is a file: cardlib show {path}\n")


def test_a_dialogue_is_shown_as_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text("00A4040007A0000000041010\n6A82\n")
    assert "1 exchange" in run(capsys, "show", str(path))[1]
    path.write_text(f"{TLV}\n")
    assert "hex pairs" in run(capsys, "show", "--format", "hex pairs", str(path))[1]


def test_a_bare_string_among_captures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bare, log = tmp_path / "bare.txt", tmp_path / "log.txt"
    bare.write_text(f"{TLV}\n")
    log.write_text("> 80CA9F3600\n< 9F360201239000\n")
    for option in ((), ("--stream",), ("--all",)):
        code, out, _ = run(capsys, "show", *option, str(bare), str(log))
        assert code == 0 and out.startswith("BER-TLV, 2 data objects") and "80 CA" in out
    code, out, _ = run(capsys, "find", "9F36", str(bare), str(log))
    assert code == 0 and "9F36 Application" in out and "proprietary 80 CA" in out
    assert run(capsys, "find", "9F02", str(bare), str(log))[0] == 1


def test_who_says_which_lines_go_to_the_card_has_no_bare_string(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "bare.txt"
    path.write_text(f"{TLV}\n")
    code, out, _ = run(capsys, "show", "--to-card", "term", str(path))
    assert code == 0 and "0 exchanges in 0 sessions" in out and "BER-TLV" not in out
    assert "are no part of the dialogue" in out
