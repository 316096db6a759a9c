# SPDX-License-Identifier: MIT
"""The recorder: every trace through the whole stack and back, and what goes wrong with cards, readers and daemons."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_live_replay import FILES
from test_live_stack import ATR, Echo, left, live_card, pcsc

import cardlib
from cardlib.core.blocks import Pair
from cardlib.core.errors import CardlibError
from cardlib.core.transport import unjoined
from cardlib.live import record as live
from cardlib.live.record import opened
from cardlib.live.replay import Replay
from cardlib.live.stack import Stack

TIMES = [2, pytest.param(20, marks=pytest.mark.long)]
OK = bytes.fromhex("00010203")
SHORT = {"attack_door_number.hex.txt": 1}  # exchanges of a trace that has fewer than three


def wire(capture: cardlib.Capture) -> list[tuple[bytes, bytes]]:
    """Commands and answers as they went over the wire."""
    parts = (
        part
        for exchange in capture.exchanges
        for part in unjoined(exchange.frames)
        if isinstance(part, Pair)
    )
    return [
        (part.command.raw, part.response.raw) for part in parts if part.command and part.response
    ]


def events(capture: cardlib.Capture) -> list[str]:
    return [
        frame.note
        for session in capture.sessions
        for frame in session.frames
        if frame.kind == "event"
    ]


class Changing:
    """A card that can become another one."""

    card: Any = None

    def power_on(self) -> bytes:
        return self.card.power_on()  # type: ignore[no-any-return]

    def answer(self, command: bytes) -> bytes:
        return self.card.answer(command)  # type: ignore[no-any-return]


@pcsc
@pytest.mark.parametrize("stride", [3, pytest.param(1, marks=pytest.mark.long)])
def test_every_trace_through_the_stack_gives_itself(stride: int, tmp_path: Path) -> None:
    """Every third of them in every run, all of them in the long one."""
    card, heard, stamps = Changing(), [], []
    card.card = Replay(cardlib.read(FILES[0]))
    with live_card(card) as (own, thread):
        for file in FILES[::stride]:
            card.card = Replay(cardlib.read(file))
            again: list[tuple[bytes, bytes]] = []
            for number, (atr, steps) in enumerate(
                card.card.sessions
            ):  # each begins with a new power-up
                out = tmp_path / f"{file.name}.{number}.card.jsonl"
                with opened() as connection, cardlib.record(connection, out):
                    for step in card.card.steps[steps.start : steps.stop]:
                        connection.transmit(list(step.command))
                once = cardlib.read(out)
                assert (
                    once.sessions[0].atr == atr
                    and once.sessions[0].clock == "host"
                    and once.problems == ()
                )
                assert once.sessions[0].meta == (("reader", "Virtual PCD 00 00"),)
                again += wire(once)
                stamps += [e.duration_ns for e in once.exchanges if e.duration_ns is not None]
            assert (
                again == wire(cardlib.read(file))
                and len(again) >= SHORT.get(file.name, 3)
                and card.card.divergences == []
            )
            heard += again
        log = tmp_path / "pcscd.log"
        log.write_text(own.text(), "utf-8")
    assert wire(cardlib.read(log)) == heard and thread.said == []
    assert stamps and min(stamps) > 0


def faulty(
    card: Echo, commands: list[bytes], out: Path, thread: Any = None
) -> tuple[bool, list[str], Any]:
    """What `record_commands` returns and says, and the capture."""
    said: list[str] = []
    went = live.record_commands("", iter(commands), out, said.append)
    return went, said, cardlib.read(out)


@pcsc
@pytest.mark.parametrize("times", TIMES)
def test_card_pulled_in_the_middle_of_a_command(tmp_path: Path, times: int) -> None:
    for n in range(times):
        with live_card(Echo()):
            out = tmp_path / f"{n}.card.jsonl"
            went, said, capture = faulty(Echo(), [OK] * n + [bytes.fromhex("00DD0000"), OK], out)
        assert (
            not went
            and len(wire(capture)) == n
            and said[-2].startswith("stopped: CardConnectionException")
        )
        assert live.SHORT in events(capture) and "Transaction failed" in events(capture)[-1]
        assert all("\n" not in line for line in said)


@pcsc
@pytest.mark.parametrize("times", TIMES)
def test_daemon_killed_and_reader_with_it(
    tmp_path: Path, times: int, capfd: pytest.CaptureFixture[str]
) -> None:
    for n in range(times):
        with live_card(Echo()) as (own, _):

            def commands(count: int = n, own: Stack = own) -> Any:
                yield from [OK] * (count + 1)
                own.stop_daemon(hard=bool(count % 2))
                yield OK

            out = tmp_path / f"{n}.card.jsonl"
            went, said, capture = faulty(Echo(), commands(), out)
        assert not went and len(wire(capture)) == n + 1
        assert said[-2].endswith("; the daemon is gone; the capture up to here is kept") and events(
            capture
        )
    printed = capfd.readouterr()
    assert "Traceback" not in printed.err + printed.out and left() == []


@pcsc
@pytest.mark.parametrize("times", [20])
def test_another_program_resets_the_card(tmp_path: Path, times: int) -> None:
    from smartcard.Exceptions import CardConnectionException
    from smartcard.scard import SCARD_RESET_CARD

    with live_card(Echo()):
        for n in range(times):
            out = tmp_path / f"{n}.card.jsonl"
            with opened() as connection, cardlib.record(connection, out):
                connection.transmit(list(OK))
                with opened(disposition=SCARD_RESET_CARD):
                    pass
                with pytest.raises(CardConnectionException, match="reset"):
                    connection.transmit(list(OK))
                connection.reconnect()
                connection.transmit(list(OK))
            capture = cardlib.read(out)
            assert len(capture.sessions) == 2 and {s.clock for s in capture.sessions} == {"host"}
            assert [s.atr for s in capture.sessions] == [ATR, ATR]
            assert len(wire(capture)) == 2 and capture.exchanges[1].response is None

            def commands() -> Any:
                yield OK
                with opened(disposition=SCARD_RESET_CARD):
                    pass
                yield OK

            went, said, capture = faulty(Echo(), commands(), tmp_path / f"{n}.two.card.jsonl")  # type: ignore[arg-type]
            assert not went and "Card was reset" in said[-2] and len(wire(capture)) == 1


@pcsc
def test_empty_and_one_byte_answers_are_events_and_the_recording_goes_on(tmp_path: Path) -> None:
    card = Echo()
    with live_card(card):
        commands = [
            command for _ in range(20) for command in (OK, b"\0\xe0\0\0", OK, b"\0\xe1\0\0", OK)
        ]
        went, said, capture = faulty(card, commands, tmp_path / "x.card.jsonl")
    assert went and len(wire(capture)) == 60 and events(capture) == [live.SHORT] * 40
    assert len(card.asked) == 100 and said.count(f"00E00000 -> {live.SHORT}") == 20


@pcsc
@pytest.mark.parametrize("longest", [50, pytest.param(5000, marks=pytest.mark.long)])
def test_endless_61xx(tmp_path: Path, longest: int) -> None:
    with live_card(Echo()):
        for n in range(20):
            size = longest if n == 0 else 20
            commands = [b"\0\x61\0\0", *[b"\0\xc0\0\0\x10"] * size]
            went, _, capture = faulty(Echo(), commands, tmp_path / f"{n}.card.jsonl")
            assert went and len(wire(capture)) == size + 1
            assert size < 100 or "still asks for more" in capture.exchanges[0].response.error


@pcsc
@pytest.mark.parametrize(
    ("times", "seconds"), [(5, 0.1), pytest.param(20, 10.0, marks=pytest.mark.long)]
)
def test_silence(tmp_path: Path, times: int, seconds: float) -> None:
    card = Echo()
    card.wait = seconds
    with live_card(card):
        went, _, capture = faulty(card, [b"\0\xda\0\0", OK] * times, tmp_path / "x.card.jsonl")
    assert went and len(wire(capture)) == 2 * times
    assert all((e.duration_ns or 0) >= seconds * 1e9 for e in capture.exchanges[::2])


@pcsc
def test_no_card_no_such_reader_no_daemon(tmp_path: Path) -> None:
    out = tmp_path / "x.card.jsonl"
    with live_card(Echo()) as (own, thread):
        with (
            pytest.raises(
                CardlibError, match="no reader 'nothing'; readers here: Virtual PCD 00 00"
            ),
            opened("nothing"),
        ):
            raise AssertionError
        with pytest.raises(CardlibError, match="no card in Virtual PCD 00 01"):
            live.record_commands("00 01", [OK], out, print)
        assert not out.exists()
        told = "\n".join(live.doctor())
        assert "ATR 3B80800101" in told and "cardlib record" in told
        thread.__exit__()
        while "put a card into the reader" not in "\n".join(live.doctor()):
            time.sleep(
                0.05
            )  # the daemon has to see that it is out; the watchdog ends a wait without end
        own.stop_daemon()
        with pytest.raises(CardlibError, match="no PC/SC daemon answers"), opened():
            raise AssertionError
        assert live.doctor()[-1].startswith(
            f"next      no PC/SC daemon answers; start it ({live.START}): "
        )


class Connection:
    """What the recorder needs of a pyscard connection."""

    def __init__(
        self, transmit: Callable[[list[int]], Any] = lambda command: ([], 0x90, 0)
    ) -> None:
        self.observers: list[Any] = []
        self.act, self.hcontext = transmit, 1

    def addObserver(self, one: Any) -> None:
        self.observers.append(one)

    def deleteObserver(self, one: Any) -> None:
        self.observers.remove(one)

    def getReader(self) -> str:
        return "a reader"

    def getATR(self) -> list[int]:
        return list(ATR)

    def tell(self, kind: str, *args: Any) -> None:
        for one in self.observers:
            one.update(self, SimpleNamespace(type=kind, args=args))

    def connect(self) -> None:
        self.tell("connect")

    def disconnect(self) -> None:
        self.tell("disconnect")

    def release(self) -> None:
        raise OSError("gone")

    def transmit(self, command: list[int]) -> Any:
        self.tell("command", command, 1)
        answer = self.act(command)
        self.tell("response", *answer)
        return answer


def test_old_pyscard_breaks_at_an_empty_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(command: list[int]) -> Any:
        return ([], 0x90, 0) if command[1] else [][-2]

    readers = [SimpleNamespace(createConnection=lambda: Connection(act))]
    monkeypatch.setattr(live, "_readers", lambda: readers)
    went, _, capture = faulty(Echo(), [OK, bytes(4)] * 20, tmp_path / "x.card.jsonl")
    assert went and events(capture) == [live.SHORT] * 20 and len(wire(capture)) == 20


def test_what_ends_a_with_statement_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = Connection()
    monkeypatch.setattr(live, "_readers", lambda: ["a reader"])
    for n, fault in enumerate((ValueError("a\nb"), KeyboardInterrupt())):
        out = tmp_path / f"{n}.card.jsonl"
        with pytest.raises(type(fault)), live.record(connection, out):
            connection.transmit(list(OK))
            raise fault
        assert (
            events(cardlib.read(out)) == [("ValueError: a b", "interrupted")[n]]
            and connection.observers == []
        )


def test_a_capture_is_readable_at_every_moment_and_never_overwritten(tmp_path: Path) -> None:
    connection, out = Connection(), tmp_path / "x.card.jsonl"
    with live.record(connection, out):
        assert out.read_text().count("\n") == 2
        for n in range(1, 20):
            connection.transmit(list(OK))
            assert len(wire(cardlib.read(out))) == n
        connection.disconnect()
    with pytest.raises(CardlibError, match="File exists; name another file"):
        live.record(connection, out)
    with pytest.raises(CardlibError, match="No such file"):
        live.record(connection, tmp_path / "no" / "x")


def test_a_card_that_leaves_before_its_atr_is_an_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection, out = Connection(), tmp_path / "x.card.jsonl"
    monkeypatch.setattr(connection, "getATR", lambda: None)
    with live.record(connection, out):
        connection.transmit(list(OK))
    assert (
        events(cardlib.read(out))[0].startswith("TypeError") and len(wire(cardlib.read(out))) == 1
    )


def test_doctor_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.sys, "platform", "win32")
    monkeypatch.delattr("socket.AF_UNIX")
    monkeypatch.setattr(live, "has_pyscard", lambda: False)
    told = "\n".join(live.doctor())
    assert "part of the system" in told and "Linux only" in told and "conda" in told


def test_nothing_is_left() -> None:
    assert left() == []
