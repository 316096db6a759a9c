# SPDX-License-Identifier: MIT
"""The project's own files agree with each other, and the library stays as small as it promises."""

from __future__ import annotations

import ast
import json
import re
import shlex
import shutil
import struct
import subprocess
import tomllib
from pathlib import Path

import pytest

import cardlib
from benchmarks import picture
from benchmarks.size import MAX_FILE, lines, long_functions
from cardlib.cli import main as cli
from cardlib.core import dictionary, values
from cardlib.crypto import keyring
from cardlib.formats import FORMATS, Format, title

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")),
]

# Written in halves, so that this file does not hold them.
BANNED = [
    *("/wo" + "rk/", "/fa" + "rm/", "/ro" + "ot/", "/ho" + "me/", "/tm" + "p/", ".lib" + "rary"),
    *("py" + "pi.org", "pythonho" + "sted", "registry.npm" + "js", "deb.deb" + "ian"),
    *("TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"),
]

# A picture in a notebook is text too, in which any letters may follow each other. Nothing else is left out.
PICTURE = re.compile(r"data:image/[a-z+.-]+;base64,[A-Za-z0-9+/=]+")

# Names in the documents of files that a reader would have, or that stand for any name.
EXAMPLES = {
    "my.log",
    "my.card.jsonl",
    "my.pcap",
    "mine.toml",
    "my.app.toml",
    "bus.toml",
    "card.jsonl",
    "7F20/6F07/",
    "8010/",
}


def tracked() -> list[Path]:
    """The project's files: what git knows or would take; without git, all but what tools leave behind."""
    command = [
        "git",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode == 0:
        files = [ROOT / name for name in found.stdout.split("\0") if name]
    else:
        files = [
            file
            for file in ROOT.rglob("*")
            if not any(part.startswith(".venv") for part in file.parts)
        ]
    return [file for file in files if file.is_file()]


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_written_down_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    text = (ROOT / page).read_text("utf-8")
    code = " \n ".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.S))
    assert set(re.findall(r"(?<![\w-])make ([a-z]+)", code)) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    targets = [
        link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link
    ]
    assert [link for link in targets if link and not ((ROOT / page).parent / link).exists()] == []


def test_no_file_holds_what_does_not_belong_in_it() -> None:
    seen = []
    for file in tracked():
        text = file.read_bytes().decode("utf-8", "ignore")
        if file.suffix == ".ipynb":
            text = PICTURE.sub("", text)
        seen += [f"{file.relative_to(ROOT)}: {word}" for word in BANNED if word in text]
    assert seen == []


def test_licences_are_here_and_named() -> None:
    licence = (ROOT / "LICENSE").read_text("utf-8")
    assert "MIT License" in licence and "LICENSE-CC-BY-4.0" in licence
    assert "creativecommons.org/licenses/by/4.0/" in (ROOT / "LICENSE-CC-BY-4.0").read_text("utf-8")
    assert "Private :: Do Not Upload" in PROJECT["classifiers"]


def test_readme_names_the_trademark_and_the_other_cardlib() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert "registered trademark of EMVCo" in text
    assert "`pip install cardlib`" in text


def test_python_files_name_their_licence() -> None:
    files = [file for file in tracked() if file.suffix == ".py" and file.stat().st_size]
    assert [
        file.name
        for file in files
        if "SPDX-License-Identifier: MIT" not in file.read_text("utf-8")[:200]
    ] == []


def test_files_are_short() -> None:
    assert {name: count for name, count in lines().items() if count > MAX_FILE} == {}


def test_functions_are_short() -> None:
    assert long_functions() == []


def blocks(page: str, kind: str) -> list[tuple[str, str]]:
    """The blocks of code of one kind on a page, as (section, text)."""
    sections = re.split(r"^## ", (ROOT / page).read_text("utf-8"), flags=re.M)
    pattern = re.compile(rf"^```{kind}\n(.*?)^```$", re.S | re.M)
    return [
        (section.splitlines()[0], text) for section in sections for text in pattern.findall(section)
    ]


def format_name(capture: cardlib.Capture) -> str:
    """The name of a format, without what was learned of a log."""
    return capture.format.partition(":")[0]


def test_examples_of_formats_are_read_as_these_formats() -> None:
    read = [(name, cardlib.read_text(text)) for name, text in blocks("docs/formats.md", "text")]
    assert [format_name(capture) for _, capture in read] == [name for name, _ in read]
    assert [capture.problems for _, capture in read] == [()] * len(read)
    counts = [(name, len(capture.exchanges)) for name, capture in read]
    assert counts[:6] == [*[("hex pairs", 2)] * 4, ("pcscd log", 1), ("pyscard observer", 2)]
    assert f"```\n{read[0][1].format}\n```" in (ROOT / "docs/formats.md").read_text("utf-8")
    without_exchange = {name for name, count in counts if not count}
    assert without_exchange == {"pcsc_scan output (unproven)"}
    samples = {file.stem for file in (ROOT / "tests/samples").glob("*.txt")}
    assert samples <= {
        re.sub(r"\W+", "_", name.removesuffix(" (unproven)").lower()) for name, _ in counts
    }
    answered = [
        exchange.command and exchange.response
        for _, capture in read
        for exchange in capture.exchanges
    ]
    assert all(answered)


def test_damaged_examples_of_formats_cost_what_the_page_says() -> None:
    read = [
        (name, cardlib.read_text(text)) for name, text in blocks("docs/formats.md", "text damaged")
    ]
    assert (
        [format_name(capture) for _, capture in read]
        == [name for name, _ in read]
        == ["hex pairs", "card.jsonl"]
    )
    assert [[problem.kind for problem in capture.problems] for _, capture in read] == [
        ["unreadable line"],
        ["unreadable line"] * 2,
    ]
    pairs, own = (capture.exchanges for _, capture in read)
    assert [bool(exchange.response) for exchange in (*pairs, *own)] == [False, True, False]
    assert pairs[1].context.how == "unknown"


FORMAT = pytest.mark.parametrize("one", FORMATS, ids=[one.NAME for one in FORMATS])


@FORMAT
def test_each_format_has_all_that_a_reader_needs_to_know(one: Format) -> None:
    page = (ROOT / "docs/formats.md").read_text("utf-8")
    head, *sections = re.split(r"^## ", page, flags=re.M)
    [section] = [text for text in sections if text.startswith(f"{title(one)}\n")]
    for part in (
        r"\*\*How to obtain it\.\*\* .{20}",
        r"^```text",
        r"\*\*Clock\.\*\* .{4}",
        r"\*\*Lost\.\*\* .{7}",
    ):
        assert re.search(part, section, re.S | re.M), part
    [row] = [
        line
        for line in head.splitlines()
        if line.startswith("| `") and f"`{one.NAME}`" in line.split("|")[1]
    ]
    _, name, _, clock, _, lost, _ = row.split("|")
    assert ("(unproven)" in name) is not one.PROVEN and lost.strip()
    assert one.CLOCK in clock or one.NAME == "card.jsonl"


def test_example_of_gsmtap_is_read(tmp_path: Path) -> None:
    [(name, text)] = blocks("docs/formats.md", "text payload")
    payload = bytes.fromhex("".join(line.split("    ")[0] for line in text.splitlines()))
    udp = struct.pack(">HHHH", 4729, 4729, 8 + len(payload), 0) + payload
    packet = struct.pack(">BBHHHBBH8x", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + udp
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    path = tmp_path / "made.pcap"
    path.write_bytes(head + struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet)
    capture = cardlib.read(path)
    [exchange] = capture.exchanges
    assert (capture.format, capture.problems) == (name, ())
    assert exchange.command and exchange.response
    assert (exchange.command.raw.hex(), exchange.response.sw) == ("00a40004023f00", 0x611F)


def test_examples_of_dictionaries_are_good_files(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    *rows, keys = [text for _, text in blocks("docs/dictionaries.md", "toml")]
    path.write_text("\n".join(rows), "utf-8")
    log = "> 80 F8 02 00 00\n< DF 20 01 12 DF 21 04 01 26 01 31 90 00\n"
    shown = str(cardlib.read_text(log, dictionaries=[str(path)]).exchanges[0])
    assert all(text in shown for text in ("READ METER", "meter 2", "child; zone 2", "valid until"))
    path.write_text(keys, "utf-8")
    assert [key.note for key in keyring.load_keys(path)] == ["our test issuer"]


def test_keys_of_a_row_are_all_explained() -> None:
    text = (ROOT / "docs/dictionaries.md").read_text("utf-8")
    keys = values._KEYS | dictionary.COMMAND_KEYS | dictionary.STATUS_KEYS | dictionary.HEAD_KEYS
    assert sorted(key for key in keys if f"`{key}`" not in text) == []


def test_sample_of_the_readme_is_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "110")
    text = (ROOT / "README.md").read_text("utf-8")
    sample = text.split("<!-- sample -->\n```\n")[1].split("\n```\n<!-- /sample -->")[0]
    commands = re.split(r"^\$ cardlib ", sample, flags=re.M)[1:]
    assert len(commands) == 2
    for command in commands:
        line, *shown = command.strip("\n").split("\n")
        cli.main(shlex.split(line))
        wanted = "".join(
            "(?:.*\n)+" if row == "..." else re.escape(row) + "\n" for row in shown
        )  # ... leaves lines out
        assert re.fullmatch(wanted, capsys.readouterr().out)


def test_commands_and_changelog_count_the_rules() -> None:
    for name, words in (
        ("docs/commands.md", "[security rules]"),
        ("CHANGELOG.md", "security rules"),
    ):
        assert f" {len(cardlib.RULES)} {words}" in (ROOT / name).read_text("utf-8"), name


def test_commands_are_all_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "110")
    page = (ROOT / "docs/commands.md").read_text("utf-8")
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    names = re.findall(r"^    (\w+)  ", capsys.readouterr().out, re.M)
    assert {"show", "check", "doctor"} <= set(names)
    assert [name for name in names if f"`cardlib {name}" not in page] == []


def test_page_of_notebooks_lists_them_with_their_questions() -> None:
    page = (ROOT / "docs/notebooks.md").read_text("utf-8")
    listed = re.findall(
        r"^- \[(.*)\]\(\.\./notebooks/(.*)\), (\d+) minutes:\n((?:  .+\n)+)", page, re.M
    )
    expected = []
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        book = json.loads(path.read_text("utf-8"))
        title, question = "".join(book["cells"][0]["source"]).splitlines()[:2]
        expected.append(
            (
                title.removeprefix("# "),
                path.name,
                str(book["metadata"]["minutes"]),
                question.split(),
            )
        )
    assert [
        (title, name, minutes, text.split()) for title, name, minutes, text in listed
    ] == expected


def test_readme_has_one_picture_and_says_what_is_on_it() -> None:
    stored = picture.FILE.read_bytes()
    assert stored.startswith(b"\x89PNG") and len(stored) < 250_000
    [(alt, target)] = re.findall(r"!\[([^]]*)\]\((.*?)\)", (ROOT / "README.md").read_text("utf-8"))
    assert ROOT / target == picture.FILE
    assert "The explorer" in alt and alt.endswith(".")


def test_picture_of_the_readme_is_taken_by_its_script(tmp_path: Path) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("no browser (apt install chromium)")
    path = tmp_path / "picture.png"
    picture.take(path)
    size = struct.unpack(">II", path.read_bytes()[16:24])
    assert size == (picture.SIZE["width"], picture.SIZE["height"])


@pytest.mark.parametrize("page", ["CHANGELOG.md", *PAGES])
def test_lines_of_documents_are_short(page: str) -> None:
    """Examples of captures are left out: programs wrote them."""
    text = (ROOT / page).read_text("utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
    assert [line for line in prose.splitlines() if len(line) > 120] == []


@pytest.mark.parametrize("page", PAGES)
def test_paths_that_are_written_down_exist(page: str) -> None:
    code = re.findall(r"```.*?```|`[^`\n]+`", (ROOT / page).read_text("utf-8"), re.S)
    words = set(re.findall(r"(?<![\w./<>*-])(?:\.\w+/)?\w[\w./-]*", " \n ".join(code)))
    endings = (
        ".py",
        ".md",
        ".toml",
        ".txt",
        ".ipynb",
        ".jsonl",
        ".log",
        ".pcap",
        ".pcapng",
        ".yml",
        ".cff",
        "/",
    )
    files = {file.relative_to(ROOT).as_posix() for file in tracked()}
    folders = tuple({f"{file.split('/')[0]}/" for file in files if "/" in file})
    named = {
        word.rstrip(".") for word in words if word.endswith(endings) or word.startswith(folders)
    }
    files |= {f"{parent.as_posix()}/" for file in files for parent in Path(file).parents}
    known = {"/" + file for file in files} | {"/" + file.rstrip("/") for file in files}
    lost = [
        name
        for name in sorted(named - EXAMPLES)
        if not any(file.endswith("/" + name) for file in known)
    ]
    assert lost == []


def test_architecture_tells_the_import_order_that_is_enforced() -> None:
    tree = ast.parse((ROOT / "tests/test_imports.py").read_text("utf-8"))
    lists = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOMS"
    ]
    order = ast.literal_eval(lists[0])
    told = re.search(
        r"`(core < .*? < cli)`", (ROOT / "docs/architecture.md").read_text("utf-8"), re.S
    )
    assert told
    names = [
        name.strip().removesuffix("/").replace("the front", "cardlib")
        for name in told[1].split("<")
    ]
    assert names == list(order)


def test_architecture_is_short() -> None:
    assert len((ROOT / "docs/architecture.md").read_text("utf-8").splitlines()) < 200
