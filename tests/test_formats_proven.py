# SPDX-License-Identifier: MIT
"""Programs that are installed here write their logs with a card in software, and the logs hold what the card saw."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from test_live_stack import Echo, live_card, pcsc

import cardlib
from cardlib.formats import FORMATS
from cardlib.live.stack import Stack

SENT = [
    "00A4040007A0000000031010",
    "00B2010C00",
    "80CA9F7F00",
    "0084000008",
    "0020008008" + "31" * 8,
]
SCDAEMON = Path("/usr/lib/gnupg/scdaemon")


class Record(Echo):
    """A card whose answers have the lengths that dumps have trouble with: 0, 1, 15, 16, 17 and 62 bytes of data."""

    def power_on(self) -> bytes:
        return bytes.fromhex("3B6500002063CB6800")

    def answer(self, command: bytes) -> bytes:
        self.asked.append(command)
        size = (16, 17, 62, 8, 0, 15, 1)[len(self.asked) % 7]
        return bytes(0x41 + i % 26 for i in range(size)) + (b"\x90\0" if size else b"\x63\xc1")


def run(command: list[str], given: str = "", **more: str) -> bytes:
    environment = {**os.environ, **more}
    done = subprocess.run(
        command,
        input=given.encode(),
        capture_output=True,
        timeout=300,
        env=environment,
        check=False,
    )
    return done.stdout + done.stderr


def tool(_: Stack, folder: Path) -> bytes:
    asked = [word for one in SENT for word in ("-s", one)]
    return run(["opensc-tool", "--card-driver", "default", *asked])


def tool_debug(_: Stack, folder: Path) -> bytes:
    asked = [word for one in SENT for word in ("-s", one)]
    return run(["opensc-tool", "--card-driver", "default", *asked], OPENSC_DEBUG="9")


def scriptor(_: Stack, folder: Path) -> bytes:
    return run(
        ["scriptor"],
        "\n".join(
            [
                "reset",
                *(" ".join(one[i : i + 2] for i in range(0, len(one), 2)) for one in SENT),
                "",
            ]
        ),
    )


def scdaemon(_: Stack, folder: Path) -> bytes:
    home = folder / "gnupg"
    home.mkdir(mode=0o700)
    log = folder / "scd.log"
    library = "/usr/lib/x86_64-linux-gnu/libpcsclite.so.1"
    (home / "scdaemon.conf").write_text(
        f"debug cardio\nlog-file {log}\ndisable-ccid\npcsc-driver {library}\n", "utf-8"
    )
    given = "\n".join(["SERIALNO undefined", *(f"APDU {one}" for one in SENT), "BYE", ""])
    run([str(SCDAEMON), "--homedir", str(home), "--server"], given)
    return log.read_bytes()


def daemon(stack: Stack, folder: Path) -> bytes:
    tool(stack, folder)
    return stack.text().encode()


PROGRAMS: dict[str, tuple[str, Callable[[Stack, Path], bytes]]] = {
    "opensc-tool output": ("opensc-tool", tool),
    "OpenSC debug log": ("opensc-tool", tool_debug),
    "pcscd log": ("opensc-tool", daemon),
    "scriptor output": ("scriptor", scriptor),
    "scdaemon log": (str(SCDAEMON), scdaemon),
}


@pytest.mark.long
@pcsc
@pytest.mark.parametrize(
    "name", [name for name, (program, _) in PROGRAMS.items() if shutil.which(program)]
)
def test_log_of_the_real_program_holds_what_the_card_saw(name: str, tmp_path: Path) -> None:
    card = Record()
    with live_card(card) as (stack, _):
        data = PROGRAMS[name][1](stack, tmp_path)
    (tmp_path / "log").write_bytes(data)
    capture = cardlib.read(tmp_path / "log")
    assert capture.format == name and capture.problems == () and len(card.asked) >= len(SENT)
    found = [
        exchange.command.raw
        for exchange in capture.exchanges
        if exchange.command and exchange.response
    ]
    assert found == card.asked


def test_ten_formats_are_proven() -> None:
    assert sum(one.PROVEN for one in FORMATS) >= 10
