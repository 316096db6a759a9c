# SPDX-License-Identifier: MIT
"""Make the recorded traces through the real PC/SC stack. They are made once: times differ from run to run.

Needs Debian's pcscd, vsmartcard-vpcd, opensc and pcsc-tools, and pyscard. Writes, refreshes the check sums, and prints
the versions that belong into traces.toml. With names, only these.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol, Self

TRACES = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TRACES.parent), str(TRACES / "recipes")]

import esims  # noqa: E402
import sims  # noqa: E402
from build import INDEX, with_sum  # noqa: E402
from stories import Story  # noqa: E402

import cardlib  # noqa: E402
from cardlib.live.link import Card, connect, serve  # noqa: E402
from cardlib.live.record import opened  # noqa: E402
from cardlib.live.replay import Replay  # noqa: E402
from cardlib.live.stack import DAEMON, Stack  # noqa: E402
from traces.makers.times import Transmit  # noqa: E402

PURCHASE = TRACES / "contact_purchase.card.jsonl"
ASKED = bytes.fromhex("00A4000C023F00")
KEPT = re.compile(r"\d{8} (?:(?:Card ATR|APDU|SW): .*|.*Card (?:inserted into|Removed From) .*)")
SENT = (
    *(
        "00A404000E315041592E5359532E4444463031",
        "00A4040007A000000003101000",
        "80A800000883060276E0F8C82200",
    ),
    *("00B2010C00", "00B2011400"),
)
TOOLS = (
    ("pcsc_scan", "-n", "-t", "1"),
    ("opensc-tool", "--atr", "--name"),
    (
        "opensc-tool",
        "--card-driver",
        "default",
        *(word for apdu in SENT for word in ("--send-apdu", apdu)),
    ),
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


def opensc_detects() -> dict[str, bytes]:
    """What pcsc_scan and opensc-tool ask a card that they do not know."""
    with Stack([sys.executable, "-m", "cardlib.cli", "replay", str(PURCHASE)]) as stack:
        for tool in TOOLS:
            done = subprocess.run(tool, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
            print(f"{' '.join(tool[:3])} ...: exit {done.returncode}")
        return {"opensc_detects.pcscd.log": thinned(stack.text()).encode()}


class LateAcknowledgement:
    """A link that leaves it to the system when to acknowledge what was received: some 40 ms later, in one packet."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link

    def __getattr__(self, name: str) -> Any:
        return getattr(self.link, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.link.close()

    def setsockopt(self, *_: object) -> None:
        """The acknowledgement stays late."""


def opensc_late_ack() -> dict[str, bytes]:
    """The commands of opensc_detects to the same card, whose link acknowledges late."""
    card = Replay(cardlib.read(PURCHASE))
    with Stack() as stack:
        link = LateAcknowledgement(connect(stack.port))
        threading.Thread(target=serve, args=(card, link), daemon=True).start()
        stack.wait_for_card()
        for tool in TOOLS:
            subprocess.run(tool, capture_output=True, timeout=60, check=False)  # noqa: S603
        return {"opensc_late_ack.pcscd.log": thinned(stack.text()).encode()}


class Played(Protocol):
    """A story: its card, and the tape that knows how long the card takes."""

    card: Any
    tape: Any


class Working:
    """The card of a story, that really takes the time of the model."""

    def __init__(self, story: Played) -> None:
        self.card, self.tape = story.card, story.tape
        self.reach = self.tape.over(self.card.answer)

    def power_on(self) -> bytes:
        return self.card.power_on()

    def answer(self, command: bytes) -> bytes:
        begin = time.perf_counter_ns()
        answer = self.reach(command)
        time.sleep(max(0, self.tape.took() - (time.perf_counter_ns() - begin)) / 1e9)
        return answer


class Idle:
    """A card without work and without a wire: whatever an answer takes is taken by the way to it."""

    def power_on(self) -> bytes:
        return b"\x3b\0"

    def answer(self, command: bytes) -> bytes:
        return b"\x90\0"


def recorded(name: str, card: Card, use: Callable[[Transmit], object]) -> dict[str, bytes]:
    """A terminal at one end of the PC/SC stack and a card at the other: recorder and daemon at once."""
    with tempfile.TemporaryDirectory() as folder, Stack() as stack:
        threading.Thread(target=serve, args=(card, connect(stack.port)), daemon=True).start()
        stack.wait_for_card()
        path = Path(folder) / f"{name}.card.jsonl"
        with opened("Virtual PCD 00 00") as connection, cardlib.record(connection, path):

            def transmit(command: bytes) -> bytes:
                data, sw1, sw2 = connection.transmit(list(command))
                return bytes((*data, sw1, sw2))

            print(name, use(transmit))
        log = thinned(stack.text()).encode()
        return {path.name: path.read_bytes(), f"{name}.pcscd.log": log}


def payment(name: str, of: str) -> dict[str, bytes]:
    """A story through the stack. Nobody types and no network takes time; the card waits."""
    story = Story(of)
    story.tape.power_on(story.card.power_on())

    def use(transmit: Transmit) -> str:
        story.terminal.transmit = transmit
        return story.pay(story.row["pays"][0]).outcome

    return recorded(name, Working(story), use)


def recorded_idle() -> dict[str, bytes]:
    """Thirty commands to a card that answers at once, with pauses: what wakes up slowly must do it here too."""

    def use(transmit: Transmit) -> str:
        for _ in range(30):
            time.sleep(0.02)
            transmit(ASKED)
        return "30 answers at once"

    return recorded("recorded_idle", Idle(), use)


def recorded_purchase() -> dict[str, bytes]:
    return payment("recorded_purchase", "contact_purchase")


def recorded_cda() -> dict[str, bytes]:
    return payment("recorded_cda", "contact_cda")


def recorded_tap() -> dict[str, bytes]:
    return payment("recorded_tap", "contactless_tap")


def recorded_usim() -> dict[str, bytes]:
    """The start of a phone with a SIM: files, menu, PIN, authentication, IMS."""
    story = sims.Story("recorded_usim", 81)
    story.power_on()

    def use(transmit: Transmit) -> str:
        story.phone.transmit = transmit
        sims.starts(story)
        return "started"

    return recorded("recorded_usim", Working(story), use)


def recorded_esim() -> dict[str, bytes]:
    """A profile is downloaded to an eSIM."""
    story = esims.Story("recorded_esim")

    def use(transmit: Transmit) -> str:
        story.assistant.phone.transmit = transmit
        esims.downloads(story)
        return "downloaded"

    return recorded("recorded_esim", Working(story), use)


def versions() -> Iterable[str]:
    """The programs that took part."""
    for command in ([str(DAEMON), "--version"], ["opensc-tool", "--info"], ["pcsc_scan", "-V"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        yield " ".join((done.stdout + done.stderr).split()[:5])
    yield f"pyscard {metadata.version('pyscard')}"


Recipe = Callable[[], dict[str, bytes]]
RECIPES: tuple[Recipe, ...] = (
    opensc_detects,
    opensc_late_ack,
    recorded_purchase,
    recorded_cda,
    recorded_tap,
    recorded_idle,
    recorded_usim,
    recorded_esim,
)


def main(names: list[str], recipes: tuple[Recipe, ...] = RECIPES) -> int:
    """Make, write, and refresh the check sums."""
    index = INDEX.read_text("utf-8")
    with contextlib.suppress(
        PermissionError
    ):  # else on a quiet machine only: other programs make the card late
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    for recipe in recipes:
        for name, data in recipe().items() if not names or recipe.__name__ in names else ():
            index = with_sum(index, name, data)
            (TRACES / name).write_bytes(data)
            print(
                f"{name}: {len(data)} bytes, {len(cardlib.read(TRACES / name).exchanges)} exchanges"
            )
    INDEX.write_text(index, "utf-8", newline="")
    print(*versions(), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
