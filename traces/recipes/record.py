# SPDX-License-Identifier: MIT
"""Make the recorded traces through the real PC/SC stack. They are made once: times differ from run to run.

Needs Debian's pcscd, vsmartcard-vpcd, opensc and pcsc-tools, and pyscard. Writes, refreshes the check sums, and prints
the versions that belong into traces.toml. With names, only these.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

TRACES = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TRACES.parent), str(TRACES / "recipes")]

from build import INDEX, with_sum  # noqa: E402

import cardlib  # noqa: E402
from cardlib.live import opened  # noqa: E402
from cardlib.virtual.stack import DAEMON, Stack  # noqa: E402

PURCHASE = TRACES / "contact_purchase.card.jsonl"
KEPT = re.compile(r"\d{8} (?:(?:Card ATR|APDU|SW): .*|.*Card (?:inserted into|Removed From) .*)")
SENT = (
    *("00A404000E315041592E5359532E4444463031", "00A4040007A000000003101000", "80A800000883060276E0F8C82200"),
    *("00B2010C00", "00B2011400"),
)
TOOLS = (
    ("pcsc_scan", "-n", "-t", "1"),
    ("opensc-tool", "--atr", "--name"),
    ("opensc-tool", "--card-driver", "default", *(word for apdu in SENT for word in ("--send-apdu", apdu))),
)


def thinned(log: str) -> str:
    """The lines of a daemon's log that tell of cards; the microseconds of the others are added to the next one."""
    rows, waited = [], 0
    for line in log.splitlines():
        waited += int(line[:8]) if line[:8].isdigit() else 0
        if KEPT.fullmatch(line):
            rows.append(f"{min(waited, 99_999_999):08}{line[8:]}")
            waited = 0
    return "\n".join([*rows, ""])


def replayed(*options: str) -> Stack:
    """A stack whose card is the modelled purchase."""
    return Stack([sys.executable, "-m", "cardlib.cli", "replay", *options, str(PURCHASE)])


def opensc_detects() -> dict[str, bytes]:
    """What pcsc_scan and opensc-tool ask a card that they do not know."""
    with replayed() as stack:
        for tool in TOOLS:
            done = subprocess.run(tool, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
            print(f"{' '.join(tool[:3])} ...: exit {done.returncode}")
        return {"opensc_detects.pcscd.log": thinned(stack.text()).encode()}


def recorded_purchase() -> dict[str, bytes]:
    """The purchase by a card that waits as long as the model says: the recorder and the daemon at once."""
    commands = [frame.data for e in cardlib.read(PURCHASE).exchanges for frame in e.frames if frame.sender == "reader"]
    with tempfile.TemporaryDirectory() as folder, replayed("--timing") as stack:
        path = Path(folder) / "recorded_purchase.card.jsonl"
        with opened("Virtual PCD 00 00") as connection, cardlib.record(connection, path):
            for command in commands:
                connection.transmit(list(command))
        log = thinned(stack.text()).encode()
        return {path.name: path.read_bytes(), "recorded_purchase.pcscd.log": log}


def versions() -> Iterable[str]:
    """The programs that took part."""
    for command in ([str(DAEMON), "--version"], ["opensc-tool", "--info"], ["pcsc_scan", "-V"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        yield " ".join((done.stdout + done.stderr).split()[:5])
    yield f"pyscard {metadata.version('pyscard')}"


def main(names: list[str]) -> int:
    """Make, write, and refresh the check sums."""
    index = INDEX.read_text("utf-8")
    for recipe in (opensc_detects, recorded_purchase):
        for name, data in recipe().items() if not names or recipe.__name__ in names else ():
            index = with_sum(index, name, data)
            (TRACES / name).write_bytes(data)
            print(f"{name}: {len(data)} bytes, {len(cardlib.read(TRACES / name).exchanges)} exchanges")
    INDEX.write_text(index, "utf-8", newline="")
    print(*versions(), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
