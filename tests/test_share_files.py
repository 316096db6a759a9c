# SPDX-License-Identifier: MIT
"""What writes never destroys: inputs, links, pipes, what was there before; and nothing half is left behind."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from test_live_record import Connection

import cardlib
from cardlib.cli.main import main
from cardlib.core.errors import CaptureError, CardlibError
from cardlib.live import record as live
from cardlib.share import files
from cardlib.share.files import spare, write_file
from cardlib.show.page import report

TEXT = "> 00A4040007A000000003101000\n< 6F098407A00000000310109000\n"
PLANTED = "5A084761739001010119"

WRITERS: dict[str, Callable[[Path, Path], object]] = {
    "convert": lambda source, out: cardlib.convert(source, out),
    "convert to hex": lambda source, out: cardlib.convert(source, out, "hex"),
    "convert to csv": lambda source, out: cardlib.convert(source, out, "csv"),
    "convert to gsmtap": lambda source, out: cardlib.convert(source, out, "gsmtap"),
    "redact": lambda source, out: cardlib.redact(source, out),
    "report": lambda source, out: report([cardlib.read(source)]).save(out),
}
WRITER = pytest.mark.parametrize("name", WRITERS)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "in" / "source.txt"
    file.parent.mkdir()
    file.write_text(TEXT, "utf-8")
    return file


def other_names(file: Path, folder: Path) -> Iterator[Path]:
    """The same file by links and other spellings."""
    (folder / "link").symlink_to(file)
    (folder / "link to a link").symlink_to(folder / "link")
    (folder / "hard").hardlink_to(file)
    (folder / "linked folder").symlink_to(file.parent)
    yield from (file, folder / "link", folder / "link to a link", folder / "hard")
    yield folder / "linked folder" / file.name
    yield file.parent / ".." / file.parent.name / "." / file.name
    yield Path(os.path.relpath(file))


@WRITER
def test_no_input_is_written_over(name: str, source: Path, tmp_path: Path) -> None:
    for out in other_names(source, tmp_path):
        with pytest.raises(CaptureError, match="is the capture itself: name another"):
            WRITERS[name](source, out)
        assert source.read_text("utf-8") == TEXT


def test_no_other_file_that_a_command_reads_is_written_over(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, key = tmp_path / "other.txt", tmp_path / "key"
    other.write_text(TEXT, "utf-8")
    key.write_bytes(b"a key")
    page, capture = str(tmp_path / "page.html"), str(source)
    commands = [
        ["redact", capture, "-o", str(key), "--key", str(key)],
        ["report", capture, str(other), "-o", str(other)],
        ["report", capture, "-o", str(other), "--calibration", str(other)],
        ["report", capture, "-o", str(other), "--keys", str(other)],
        ["convert", capture, "-o", str(other), "--dictionary", str(other)],
    ]
    for command in commands:
        assert main(command) == 2
        assert "name another file to write to" in capsys.readouterr().err
    assert (other.read_text("utf-8"), key.read_bytes()) == (TEXT, b"a key")
    assert main(["report", capture, str(other), "-o", page]) == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
@WRITER
def test_a_pipe_is_written_into(name: str, source: Path, tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()), daemon=True)
    reader.start()
    WRITERS[name](source, pipe)
    reader.join(30)
    assert len(got[0]) > 30 and stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["in", "pipe"]


def test_the_standard_output_goes_on_where_it_is(source: Path, tmp_path: Path) -> None:
    """Its file has a name here; what a command says goes to standard error then."""
    for command in (["convert", "--to", "hex"], ["redact"], ["report"]):
        out = tmp_path / "out.hex"
        with out.open("wb") as file:
            file.write(b"before\n")
            file.flush()
            arguments = [*command, str(source), "-o", str(out)]
            done = subprocess.run(
                [sys.executable, "-m", "cardlib.cli", *arguments],
                stdout=file,
                stderr=subprocess.PIPE,
                text=True,
                check=True,
            )
            assert os.fstat(file.fileno()).st_ino == out.stat().st_ino
        lines = out.read_text("utf-8").splitlines()
        assert lines[0] == "before" and "written to" in done.stderr
        assert len(lines) > 1 and not any("written to" in line for line in lines)


def test_a_link_stays_a_link_and_a_mode_a_mode(source: Path, tmp_path: Path) -> None:
    target, link, dangling = tmp_path / "target", tmp_path / "link", tmp_path / "dangling"
    target.write_text("old", "utf-8")
    target.chmod(0o640)
    link.symlink_to(target)
    dangling.symlink_to(tmp_path / "new")
    for out in (link, dangling):
        cardlib.convert(source, out)
        assert out.is_symlink() and cardlib.read(out).format == "card.jsonl"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o600
    report([cardlib.read(source)]).save(tmp_path / "page.html")
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == files.public_mode()


# A writer in a process of its own, which is stopped at half time.
_PROCESS = """
import os, signal
from cardlib.share import files
if not {nameless}:
    files._NAMELESS = 0
def write(file):
    file.write({secret!r} * 10_000)
    file.flush()
    {then}
    return 1
files.write_file({out!r}, write, [])
"""
FULL = "file.write('x' * 1_000_000)"
KILL = "os.kill(os.getpid(), signal.SIGKILL)"
LIMIT = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
"""


def process(out: Path, then: str, nameless: bool, before: str = "") -> tuple[int, str]:
    code = before + _PROCESS.format(out=str(out), secret=PLANTED, then=then, nameless=nameless)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
@pytest.mark.parametrize("nameless", [True, False])
def test_a_full_disk_leaves_what_was_there(nameless: bool, tmp_path: Path) -> None:
    for out in (tmp_path / "old", tmp_path / "new"):
        (tmp_path / "old").write_text("old", "utf-8")
        code, errors = process(out, FULL, nameless, LIMIT)
        assert code == 1 and "cannot be written: File too large" in errors
        assert [file.name for file in tmp_path.iterdir()] == ["old"]
        assert (tmp_path / "old").read_text("utf-8") == "old"


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
@pytest.mark.parametrize("nameless", [True, False])
def test_a_kill_leaves_no_file_that_others_can_read(nameless: bool, tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old", "utf-8")
    code, _ = process(tmp_path / "old", KILL, nameless)
    assert code == -9 and (tmp_path / "old").read_text("utf-8") == "old"
    others = [file for file in tmp_path.iterdir() if file.name != "old"]
    if nameless and files._draft(tmp_path)[1] is None:
        assert others == []
    for file in others:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_redact_keeps_on_the_way_is_redacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is ever written into its file is what comes out."""
    source = tmp_path / "source.txt"
    source.write_text(f"> 00B2010C00\n< 700A{PLANTED}9000\n", "utf-8")
    parts: list[str] = []

    def spied(out: object, write: Callable[[object], int], *_: object) -> int:
        return write(SimpleNamespace(write=lambda text: parts.append(text) or len(text)))

    monkeypatch.setattr("cardlib.share.redaction.write_file", spied)
    cardlib.redact(source, tmp_path / "out.card.jsonl")
    assert len(parts) == 1 and PLANTED not in parts[0] and "5A08" in parts[0]


def test_what_breaks_while_it_writes_leaves_nothing(tmp_path: Path) -> None:
    def breaks(file: object) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "out", breaks, [])
    for bad in (tmp_path, tmp_path / "no" / "out", "a\0b"):
        with pytest.raises(CaptureError, match="cannot be written"):
            write_file(bad, lambda file: file.write("x"), [])
    assert list(tmp_path.iterdir()) == []
    spare(tmp_path / "out", [tmp_path / "out", "-", "a\0b"])  # nothing is there to spare


def test_a_refused_recording_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.card.jsonl"
    readers = [SimpleNamespace(createConnection=Connection)]
    monkeypatch.setattr(Connection, "connect", lambda self: self.tell("connect"))
    monkeypatch.setattr(live, "_readers", lambda: readers)
    for commands in (["zz"], ["00A40400", "zz"], ["00"]):
        assert main(["record", "-o", str(out), *commands]) == 2
        assert not out.exists()
    monkeypatch.setattr(live, "_readers", lambda: [])
    assert main(["record", "-o", str(out), "00A40400"]) == 2 and not out.exists()

    def gone(self: Connection) -> str:
        raise CardlibError("the reader is gone")

    monkeypatch.setattr(Connection, "getReader", gone)
    with pytest.raises(CardlibError, match="gone"):
        live.record(Connection(), out)
    assert not out.exists() and capsys.readouterr().err.count("\n") == 4
