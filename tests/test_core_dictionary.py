# SPDX-License-Identifier: MIT
"""Data files: what is wrong in a file of a user is said with its line and costs that row alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardlib.core import dictionary
from cardlib.core.dictionary import FOLDER, Dictionary, head_of, load, shipped
from cardlib.core.errors import DictionaryError
from cardlib.core.facts import facts
from cardlib.core.registers import lookup, parse
from cardlib.core.values import compile_row

GOOD = "[DF7E]\nname = 'Good row'\n"


def loaded(tmp_path: Path, text: str) -> Dictionary:
    file = tmp_path / "mine.toml"
    file.write_text(text, "utf-8")
    return load(str(file))


REFUSED = [
    # what costs the whole file
    ("[9F27", "not TOML"),
    ("[9F27]\nname = 'a'\n[9F27]\nname = 'b'", "not TOML"),
    ("meta = 1", "meta: a row is a table"),
    ("application = 1", "application: a row is a table"),
    (
        "[meta]\nauthor = 'x'",
        "meta: unknown key 'author'; there may be: aids, atrs, checked, claims",
    ),
    ("[application]\nname = 'x'\naid = 'A0'", "application: unknown key 'aid'; there may be: aids"),
    ("names = 1", "names: a row is a table"),
    ("[names]\ncolours = 1", "names colours: stands for lines of text"),
    ("[layouts]\npair = ['a 1']", "layouts pair: stands for lines of text"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_file_that_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(DictionaryError) as caught:
        loaded(tmp_path, text + "\n")
    message = str(caught.value)
    assert caught.value.file == str(tmp_path / "mine.toml")
    assert reason in message and "\n" not in message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for name in (str(tmp_path / "no.toml"), "no_such", "../emv", "emv/../emv", ""):
        with pytest.raises(DictionaryError):
            load(name)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DictionaryError, match="not TOML"):
        load(str(tmp_path / "bytes.toml"))


ROWS = [
    # a row that is left out; its line, its key, what is wrong
    ("9F27 = 'x'", 1, "9F27", "a row is a table"),
    ("[9F27]\nname = 5", 1, "9F27", "name must be text"),
    ("\n\n[9F27]\nformat = 'b'", 3, "9F27", "a row needs a name"),
    ("[9F27]\nname = 'x'\nnmae = 'y'", 1, "9F27", "unknown key 'nmae'"),
    ("[9f27]\nname = 'x'", 1, "9f27", "the key is neither a tag"),
    ("[9F]\nname = 'x'", 1, "9F", "the key is neither a tag"),
    ("['3F00/2FE2/']\nname = 'x'", 1, "3F00/2FE2/", "the key is neither a tag"),
    ("['file ']\nname = 'x'", 1, "file ", "behind 'file' stands a path"),
    ("['status 9X02']\ntext = 'x'", 1, "status 9X02", "behind 'status' stands a status word"),
    ("[9F27]\nname = 'x'\nbits = [[1, '8', 2, 'y']]", 1, "9F27", "value 2 does not fit bits 8"),
    ("[9F27]\nname = 'x'\nformat = 'mony'", 1, "9F27", "format 'mony' is none of"),
    (
        "[9F27]\nname = 'x'\nexample = ['00', '01']",
        1,
        "9F27",
        "the example 00 reads '00', not '01'",
    ),
    ("[9F27]\nname = 'x'\nexample = ['0', '01']", 1, "9F27", "an example is two strings"),
    ("[9F27]\nname = 'x'\nexample = 5", 1, "9F27", "an example is two strings"),
    ("[9F27]\nname = 'x'\nexample = {a = 1}", 1, "9F27", "an example is two strings"),
    (
        "[9F27]\nname = 'x'\nshare = 'yes'",
        1,
        "9F27",
        "share is true, false or one of: named, aid, label",
    ),
    ("[9F27]\nname = 'x'\nsensitive = 'pni'", 1, "9F27", "sensitive 'pni' is none of"),
    ("[9F27]\nname = 'x'\ntlv = 'ber'", 1, "9F27", "tlv says how objects are written"),
    ("[9F27]\nname = 'x'\nlayout = 'a 1'\nobjects = '80 a'", 1, "9F27", "only one of bits"),
    ("[9F27]\nname = 'x'\nlayout = ['a 1']", 1, "9F27", "layout and objects are texts of lines"),
    ("[9F27]\nlike = '95'", 1, "9F27", "like '95': no such row stands before this one"),
    ("[9F27]\nlike = 'emv:9F99'", 1, "9F27", "like 'emv:9F99': no such row"),
    ("[9F27]\nlike = 'planets:95'", 1, "9F27", "like 'planets:95': no such row"),
    ("[9F27]\nlike = 'emv:9F26'\nbits = [[1, '8', 1, 'x']]", 1, "9F27", "the bits do not"),
    ("[9F27]\nlike = 'emv:95'\nbits = [[1, 8, 1, 'x']]", 1, "9F27", "the bits do not go"),
    ("[9F27]\nlike = 'emv:95'\nbits = [[1, '1-8', 1, 'x']]", 1, "9F27", "the bits do not"),
    ("[9F27]\nlike = 'emv:95'\nbits = 5", 1, "9F27", "the bits do not go with"),
    ("[9F27]\nname = 'x'\nforms = 5", 1, "9F27", "unknown key 'forms'"),
    ("[meta]\n[9F27]\nname = 'x'\nchecked = 'yes'", 2, "9F27", "checked 'yes' is none of"),
    ("['command 80A8']\ncase = 4", 1, "command 80A8", "a command has a name"),
    ("['command 80A8']\nname = 'x'\ncase = 5", 1, "command 80A8", "a command has a name, and"),
    ("['command 80A']\nname = 'x'", 1, "command 80A", "behind 'command' stands class"),
    ("['command 80A8']\nname = 'x'\nref = 1", 1, "command 80A8", "ref must be text"),
    ("['command 80A8']\nname = 'x'\np1 = [1]", 1, "command 80A8", "a row of p1 is"),
    ("['command 80A8']\nname = 'x'\np1 = [['8', 3, 'x']]", 1, "command 80A8", "value 3 does not"),
    ("['command 80A8']\nname = 'x'\nbits = []", 1, "command 80A8", "unknown key 'bits'"),
    ("['status 9402']\nname = 'x'", 1, "status 9402", "unknown key 'name'"),
    ("['status 9402']\nadvice = 'x'", 1, "status 9402", "a status word has a text"),
    ("['status 9402']\ntext = 'x'\nin = 'A4'", 1, "status 9402", "`in` is a table"),
    (
        "['file 2F00']\nname = 'x'\nlayout = 'a  4  mony'",
        3,
        "file 2F00",
        "no format 'mony'; near: money",
    ),
    (
        "['file 2F00']\nname = 'x'\nref = 'y'\nlayout = \"\"\"\na  1\nb  4  mony\n\"\"\"",
        6,
        "file 2F00",
        "no format 'mony'; near: money",
    ),
    (
        "[x]\n['answer 805C']\nname = 'x'\nlayout = '''a  1\nb  4  mony'''",
        5,
        "answer 805C",
        "no format 'mony'; near: money",
    ),
    ("[9F27]\nname = 'x'\nlayout = 'a  1  use:pear'", 3, "9F27", "no layout 'pear'"),
]


@pytest.mark.parametrize(("text", "line", "row", "reason"), ROWS)
def test_a_wrong_row_is_left_out_and_said(
    tmp_path: Path, text: str, line: int, row: str, reason: str
) -> None:
    dictionary = loaded(tmp_path, f"{text}\n{GOOD}")
    fault = next(fault for fault in dictionary.faults if fault.row == row)
    assert fault.reason.startswith(reason)
    assert str(fault).startswith(f"{tmp_path / 'mine.toml'}:{line}: {row}: {reason}")
    assert "\n" not in str(fault)
    assert row not in dictionary.rows and dictionary.rows["DF7E"]["name"] == "Good row"


def test_every_wrong_line_of_a_layout_is_said(tmp_path: Path) -> None:
    text = '[9F27]\nname = "x"\nlayout = """\na  4  mony\nb  4\nc  2  !frsh\n"""\n'
    lines = [
        (fault.line, fault.reason.partition(";")[0]) for fault in loaded(tmp_path, text).faults
    ]
    assert lines == [(4, "no format 'mony'"), (6, "no mark !frsh")]


def test_a_row_that_is_like_a_wrong_one_is_wrong(tmp_path: Path) -> None:
    text = "[9F27]\nname = 5\n[9F28]\nlike = '9F27'\n[9F29]\nlike = 'emv:9F27'\n"
    dictionary = loaded(tmp_path, text)
    assert [fault.row for fault in dictionary.faults] == ["9F27", "9F28"]
    assert list(dictionary.rows) == ["9F29"]


def test_what_a_row_takes_over(tmp_path: Path) -> None:
    text = """
[meta]
ref = "me"
[95]
like = "emv:"
bits = [[5, "4", 1, "too far away"]]
[9F0D]
like = "95"
name = "Issuer action code, default"
"""
    rows = loaded(tmp_path, text).rows
    verification = rows["95"]
    assert verification["abbr"] == "TVR" and verification["ref"].startswith("EMV")
    assert [5, "4", 1, "too far away"] in verification["bits"]
    assert [1, "8", 1, "offline data authentication was not performed"] in verification["bits"]
    assert rows["9F0D"]["bits"] == verification["bits"] and "abbr" not in rows["9F0D"]


def test_layouts_of_the_file_that_a_row_is_like_are_there(tmp_path: Path) -> None:
    text = """
[layouts]
ours = "amount  4  money"
[9F10]
like = "emv:"
name = "x"
layout = '''
when length = 4
  like ours
else when starts 0FA.{29}0F
  like CCD, of any scheme
'''
"""
    dictionary = loaded(tmp_path, text)
    assert not dictionary.faults
    layout = compile_row("9F10", dictionary.rows["9F10"], lookup, dictionary.resources).layout
    assert layout.alternatives == ("ours", "CCD, of any scheme")
    assert layout.alternative(b"\0\0\0\1") == "ours" and layout.alternative(b"\0") == ""


def test_a_layout_of_another_file_is_not_there(tmp_path: Path) -> None:
    text = '[9F10]\nname = "x"\nlayout = "like CPLC"\n'
    (fault,) = loaded(tmp_path, text).faults
    assert "no layout 'CPLC'" in str(fault)


def test_names_and_layouts_of_a_file_serve_its_rows(tmp_path: Path) -> None:
    text = """
[names]
colours = "01 red, 02 green"
[layouts]
dot = '''
colour  1  @colours
place   2  int
'''
["answer 8010"]
name = "Dots"
layout = "dot  3*  use:dot"
example = ["0100070200FF", "dot colour red, place 7; dot colour green, place 255"]
"""
    assert loaded(tmp_path, text).faults == ()


def test_a_file_of_a_user_wins(tmp_path: Path) -> None:
    text = "[meta]\nref = 'me'\n[DF01]\nname = 'Loyalty points'\nformat = 'int'\nexample = ['0102', '258']\n"
    mine = facts("iso7816", "emv", loaded(tmp_path, text).name)
    fact = mine.find("DF01")
    assert (fact.name, fact.ref, fact.describe(b"\x05")) == ("Loyalty points", "me", "5")
    assert mine.find("9F27") == facts("iso7816", "emv").find("9F27")


@pytest.mark.parametrize("name", shipped())
def test_the_head_is_read_without_the_rows(name: str) -> None:
    tables = parse(FOLDER / f"{name}.toml")
    assert head_of(name) == tables.get("application", tables.get("meta"))


def test_words_of_a_headline_have_only_places_that_can_be_filled(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('["command 9032"]\nname = "READ PURSE"\nrefused = "no purse {name}"\n', "utf-8")
    (fault,) = load(str(path)).faults
    assert "refused: no place {name}; there are {p1}, {p2}, {reference}" in str(fault)


def test_files_that_one_builds_on_are_loaded_when_something_of_them_is_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[str] = []

    def watched(name: str) -> Dictionary:
        loaded.append(name)
        return load(name)

    tables = {
        "meta": {"uses": ["purse", "psam"]},
        "names": {"kinds": "01 own"},
        "layouts": {"own": "x  1"},
    }
    resources = dictionary.make("mine", tables).resources
    monkeypatch.setattr(dictionary, "load", watched)
    assert resources.names["kinds"] == {"01": "own"}
    assert resources.layouts["own"] == "x  1"
    assert loaded == []
    assert "no such list" not in resources.names
    assert set(loaded) == {"purse", "psam"}
    assert len(resources.names) > 1 and set(resources.names) >= {"kinds"}
