# SPDX-License-Identifier: MIT
"""cardlib record, replay, doctor as processes: interrupted, killed, on a full disk, and without pyscard."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from test_live_record import TIMES, events, wire
from test_live_replay import TAP, TRACES
from test_live_stack import Echo, alone, left, live_card, patiently, pcsc

import cardlib
from cardlib.cli.main import main
from cardlib.live import link
from cardlib.live import record as live
from cardlib.live.record import opened
from cardlib.live.replay import Replay
from cardlib.live.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
# A shell lets what it puts into the background ignore interrupts, and its children inherit that.
RUN = """
import signal, sys
from cardlib.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""
BLOCK = """
import sys
class Block:
    def find_spec(self, name, *_):
        if name.split(".")[0] == "smartcard": raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Block())
"""
PATIENCE = 600  # seconds until a process counts as hanging, on any machine
MANY = ["00010203"] * 20_000


@contextlib.contextmanager
def cardlib_process(
    *arguments: str, code: str = RUN, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    # readline sets COLUMNS behind the back of os.environ: what is printed would be folded.
    pipes = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        "cwd": ROOT,
        "env": {**os.environ},
    }
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], **{**pipes, **options}
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def recording(out: Path, *commands: str) -> Iterator[subprocess.Popen[str]]:
    """A recorder in the middle of its work."""
    with cardlib_process("record", "-o", str(out), *(commands or MANY)) as process:
        assert process.stdout and process.stdout.readline()
        yield process


@pcsc
@pytest.mark.parametrize("times", TIMES)
def test_ctrl_c(tmp_path: Path, times: int) -> None:
    chance = random.Random(3)
    card = Echo()
    with live_card(card):
        for n in range(times):
            card.asked.clear()
            with recording(tmp_path / f"{n}.card.jsonl") as process:
                time.sleep(chance.random() / 10)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=PATIENCE)
            assert process.returncode == 1 and err == "", err
            assert (
                "stopped: interrupted; the capture up to here is kept" in out and live.SAFETY in out
            )
            assert 0 <= len(card.asked) - len(wire(cardlib.read(tmp_path / f"{n}.card.jsonl"))) <= 1


@pcsc
@pytest.mark.parametrize("times", TIMES)
def test_ctrl_c_while_the_card_is_silent(tmp_path: Path, times: int) -> None:
    card = Echo()
    with live_card(card):
        for n in range(times):
            card.asked.clear()
            card.silent.clear()
            path = tmp_path / f"{n}.card.jsonl"
            with recording(path, "00010203", "00DA0000", "00010203") as process:
                while len(card.asked) < 2:
                    time.sleep(0.01)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=PATIENCE)  # before the card says a word
            assert process.returncode == 1 and err == "" and "stopped: interrupted" in out
            capture = cardlib.read(path)
            assert (
                len(wire(capture)) == 1
                and events(capture) == ["interrupted"]
                and not card.silent.is_set()
            )
            assert capture.exchanges[1].response is None
            card.silent.set()


@pcsc
@pytest.mark.parametrize("times", [2, pytest.param(100, marks=pytest.mark.long)])
def test_kill_9_at_random_moments(tmp_path: Path, times: int) -> None:
    chance = random.Random(9)
    card = Echo()
    with live_card(card):
        for n in range(times):
            card.asked.clear()
            with recording(tmp_path / f"{n}.card.jsonl") as process:
                time.sleep(chance.random() / 10)
                process.kill()
                process.communicate(timeout=PATIENCE)
            time.sleep(0.05)
            assert 0 <= len(card.asked) - len(wire(cardlib.read(tmp_path / f"{n}.card.jsonl"))) <= 1


@pcsc
@pytest.mark.parametrize("times", TIMES)
def test_no_room_for_the_file(tmp_path: Path, times: int) -> None:
    chance = random.Random(4)
    with live_card(Echo()):
        for n in range(times):
            size, out = chance.randrange(400, 6000), tmp_path / f"{n}.card.jsonl"
            with cardlib_process(
                "record",
                "-o",
                str(out),
                *MANY,
                preexec_fn=lambda size=size: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (size, size)
                ),
            ) as process:
                said, err = process.communicate(timeout=PATIENCE)
            told(process.returncode, err, "what was recorded before is kept")
            assert (
                said.count(" -> ") - len(wire(cardlib.read(out))) in (0, -1)
                and out.stat().st_size <= size
            )


def told(code: int, err: str, what: str) -> None:
    """One line that says what happened, and no traceback."""
    assert code == 2 and what in err and err.startswith("cardlib: ") and err.count("\n") == 1, err


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of 64 kB in memory; the right to mount one is needed."""
    libc = ctypes.CDLL(None)
    if libc.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, b"size=64k"):
        pytest.skip("no right to mount a small disk")
    try:
        yield
    finally:
        libc.umount(str(folder).encode())


@pcsc
@pytest.mark.parametrize("times", TIMES)
def test_disk_full(tmp_path: Path, times: int) -> None:
    with small_disk(tmp_path), live_card(Echo()):
        for n in range(times):
            path, room = tmp_path / "x.card.jsonl", 4096 * (n % 14)
            (tmp_path / "other").write_bytes(bytes(room))
            with cardlib_process("record", "-o", str(path), *MANY) as process:
                said, err = process.communicate(timeout=PATIENCE)
            told(
                process.returncode, err, "No space left on device; what was recorded before is kept"
            )
            assert said.count(" -> ") - len(wire(cardlib.read(path))) in (0, -1)
            assert path.stat().st_size == 65_536 - room
            path.unlink()


@pcsc
def test_record_says_what_it_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.card.jsonl"
    with live_card(Replay(cardlib.read(TAP))):
        assert main(["record", "-o", str(out)]) == 0
        assert main(["record", "-o", str(out)]) == 2
        assert main(["record", "-o", str(tmp_path / "y"), "zz"]) == 2
        assert main(["doctor"]) == 0
    printed = capsys.readouterr()
    assert (
        printed.out.count(" -> ") == 3
        and str(out) in printed.out
        and "keep it private" in printed.out
    )
    assert (
        "File exists; name another file" in printed.err
        and "'zz' is no command in hex" in printed.err
    )
    assert len(wire(cardlib.read(out))) == 3


@pcsc
def test_replay_as_a_process_reports_divergences_at_ctrl_c() -> None:
    with (
        alone(),
        Stack() as own,
        cardlib_process("replay", str(TRACES / "damaged.log"), "--port", str(own.port)) as process,
    ):
        own.wait_for_card()
        assert patiently(lambda connection: connection.transmit([0, 0xB0, 0, 0, 0])[1:]) == (
            0x6D,
            0,
        )
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1 and err == "" and "exchange 1 has no answer" in out
    assert (
        "00B0000000 is not in the capture" in out
        and "commands answered, 1 not in the capture" in out
    )


def test_replay_without_a_reader_or_of_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "connect", partial(link.connect, wait=0))
    empty = tmp_path / "x.txt"
    empty.write_text("> 00A40400\n> 00B00000\n")
    assert main(["replay", str(empty)]) == 2
    assert main(["replay", str(TAP), "--port", "1", "--fault", "nothing"]) == 2
    assert main(["replay", str(TAP), "--port", "1"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [
        "nothing to replay" in lines[0],
        "no fault" in lines[1],
        "port 1" in lines[2],
        len(lines),
    ] == [True] * 3 + [3]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["record", "-o", "x"], 2, ["Debian", "macOS", "Windows", "conda", "pip install pyscard"]),
        (["doctor"], 0, ["pyscard   missing", "Debian", "macOS", "Windows", "conda"]),
        (
            ["replay", str(TAP), "--port", "1"],
            2,
            [
                "no virtual reader listens on port 1",
                "Linux only",
                "apt install pcscd vsmartcard-vpcd",
            ],
        ),
        (["show", str(TAP)], 0, ["8 exchanges"]),
    ],
)
def test_without_pyscard(arguments: list[str], code: int, words: list[str]) -> None:
    with cardlib_process(*arguments, code=BLOCK + RUN) as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == code and all(word in out + err for word in words)
    assert "Traceback" not in err and not Path(ROOT / "x").exists()


@pcsc
def test_replay_works_without_pyscard() -> None:
    with (
        alone(),
        Stack([sys.executable, "-c", BLOCK + RUN, "replay", str(TAP)]),
        opened() as connection,
    ):
        step = Replay(cardlib.read(TAP)).steps[0]
        data, sw1, sw2 = connection.transmit(list(step.command))
        assert bytes([*data, sw1, sw2]) == step.answer


def test_nothing_is_left() -> None:
    assert left() == []
