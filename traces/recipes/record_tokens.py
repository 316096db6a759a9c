# SPDX-License-Identifier: MIT
"""Record what foreign programs ask tokens in software, through the real PC/SC stack; made once, as by record.py.

Needs what record.py needs, and Debian's scdaemon; for `recorded_fido` the Python package fido2. Each session is
written twice: by the daemon, and at the card's own end.
"""

from __future__ import annotations

import datetime
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import record

from cardlib.core.model import Frame, FrameKind, Sender, Session
from cardlib.formats import card_jsonl
from cardlib.live.link import Card, connect, serve
from cardlib.live.record import opened
from cardlib.live.stack import Stack
from traces.makers.fido import Authenticator
from traces.makers.openpgp import OpenPgpCard
from traces.makers.piv import PivCard
from traces.makers.pkcs15 import Pkcs15Card

READER = "Virtual PCD 00 00"
Tool = Sequence[str]
NOTHING: Mapping[str, str] = {}


class Noted:
    """A card that writes down what it is asked and what it answers, with the clock of the computer."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.items: list[Session | Frame] = []
        self.origin = 0

    def power_on(self) -> bytes:
        atr = self.card.power_on()
        if self.items and isinstance(self.items[-1], Frame) and self.items[-1].kind == "atr":
            return atr  # powered again before anything was asked
        sessions = sum(isinstance(item, Session) for item in self.items)
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
        self.origin = time.perf_counter_ns()
        meta = (("card", "in software; written at its own end"),)
        self.items.append(Session(sessions, None, "contact", "host", now, meta=meta))
        self._frame("card", "atr", atr)
        return atr

    def answer(self, command: bytes) -> bytes:
        self._frame("reader", "apdu", command)
        answer = self.card.answer(command)
        self._frame("card", "apdu", answer)
        return answer

    def _frame(self, sender: Sender, kind: FrameKind, data: bytes) -> None:
        now = time.perf_counter_ns() - self.origin
        self.items.append(Frame(len(self.items), now, sender, kind, data, 0, 0, 0))

    def text(self) -> bytes:
        """What was written down, in the library's own format."""
        if isinstance(self.items[-1], Frame) and self.items[-1].kind == "atr":
            del self.items[-2:]  # the last reset, after which nobody asked
        out = io.StringIO(newline="")
        card_jsonl.write(out, self.items, made_by="traces/recipes/record_tokens.py")
        return out.getvalue().encode()


def recorded(name: str, card: Card, use: Callable[[], None]) -> dict[str, bytes]:
    """One session in two spellings."""
    noted = Noted(card)
    with Stack() as stack:
        serving = threading.Thread(target=serve, args=(noted, connect(stack.port)), daemon=True)
        serving.start()
        stack.wait_for_card()
        use()
        log = record.thinned(stack.text()).encode()
    return {f"{name}.card.jsonl": noted.text(), f"{name}.pcscd.log": log}


def run(tools: Sequence[Tool], settings: Mapping[str, str] = NOTHING) -> None:
    """Start programs one after the other."""
    environment = {**os.environ, **settings}
    for tool in tools:
        done = subprocess.run(  # noqa: S603
            tool, capture_output=True, text=True, timeout=90, check=True, env=environment
        )
        print(f"{' '.join(tool[:2])} ...: {len(done.stdout.splitlines())} lines")


def recorded_piv() -> dict[str, bytes]:
    """OpenSC reads a certificate, and signs a hash after the PIN."""
    with tempfile.TemporaryDirectory() as folder:
        digest = Path(folder) / "digest"
        digest.write_bytes(bytes(range(32)))
        sign = ("pkcs15-crypt", "--sign", "--key", "01", "--pin", "284517", "--pkcs1", "--sha-256")
        tools = (
            ("piv-tool", "--name"),
            ("pkcs15-tool", "--read-certificate", "01"),
            (*sign, "--input", str(digest), "--output", str(Path(folder) / "signature")),
        )
        return recorded("recorded_piv", PivCard(), lambda: run(tools))


def recorded_openpgp() -> dict[str, bytes]:
    """GnuPG asks what card it is."""
    with tempfile.TemporaryDirectory() as home:
        Path(home, "scdaemon.conf").write_text("disable-ccid\n", "utf-8")
        settings = {"GNUPGHOME": home}
        tools = (("gpg", "--batch", "--card-status"), ("gpgconf", "--kill", "all"))
        return recorded("recorded_openpgp", OpenPgpCard(), lambda: run(tools, settings))


def recorded_pkcs15() -> dict[str, bytes]:
    """OpenSC lists all that a token has; only if it is told to may it read a card that it does not know."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "opensc.conf")
        settings.write_text("app default { enable_default_driver = true; }\n", "utf-8")
        tools = (("pkcs15-tool", "--dump"),)
        found = {"OPENSC_CONF": str(settings)}
        return recorded("recorded_pkcs15", Pkcs15Card(), lambda: run(tools, found))


def recorded_fido() -> dict[str, bytes]:
    """A client registers at a site and logs in twice."""
    return recorded("recorded_fido", Authenticator(), _register_and_log_in)


def _register_and_log_in() -> None:
    from fido2.ctap2 import Ctap2
    from fido2.pcsc import CtapPcscDevice

    site = {"id": "example.org", "name": "Example"}
    user = {"id": b"4711", "name": "jane@example.org", "displayName": "Jane Doe"}
    kind = {"type": "public-key", "alg": -7}
    with opened(READER) as connection:
        client = Ctap2(CtapPcscDevice(connection, READER))
        made = client.make_credential(bytes(range(32)), site, user, [kind], options={"rk": True})
        credential = made.auth_data.credential_data
        allowed = [{"type": "public-key", "id": credential.credential_id}]
        for first in (32, 64):
            asked = bytes(range(first, first + 32))
            answer = client.get_assertion("example.org", asked, allowed)
            answer.verify(asked, credential.public_key)
            print(f"login {answer.auth_data.counter} verified")


RECIPES: tuple[record.Recipe, ...] = (
    recorded_piv,
    recorded_openpgp,
    recorded_pkcs15,
    recorded_fido,
)

if __name__ == "__main__":
    sys.exit(record.main(sys.argv[1:], RECIPES))
