# SPDX-License-Identifier: MIT
"""The link to the virtual reader: well-formed, malformed and missing messages never end the card."""

from __future__ import annotations

import random
import socket
import struct
import threading

import pytest
from test_live_stack import ATR, Echo

from cardlib.live import link


class Driver:
    """The other side of the link."""

    def __init__(self, card: link.Card) -> None:
        self.said: list[str] = []
        with socket.create_server((link.HOST, 0)) as server:
            self.end = socket.create_connection(server.getsockname())
            other, _ = server.accept()
        self.end.settimeout(60)
        self.thread = threading.Thread(
            target=link.serve, args=(card, other, self.said.append), daemon=True
        )
        self.thread.start()

    def send(self, message: bytes) -> None:
        self.end.sendall(struct.pack(">H", len(message)) + message)

    def ask(self, message: bytes) -> bytes:
        self.send(message)
        return link._receive(self.end, struct.unpack(">H", link._receive(self.end, 2))[0])

    def close(self) -> None:
        self.end.close()
        self.thread.join(5)
        assert not self.thread.is_alive()


def test_controls_and_commands() -> None:
    driver = Driver(Echo())
    driver.send(b"\x01")
    assert driver.ask(b"\x04") == ATR
    assert driver.ask(bytes(4)) == bytes(4) + b"\x90\x00"
    driver.send(b"\x00")
    driver.close()


def test_malformed_messages_never_end_the_card() -> None:
    driver = Driver(Echo())
    for control in (b"", *(bytes([n]) for n in range(256) if n != 4)):
        driver.send(control)
        assert driver.ask(b"\x04") == ATR
    for size in (2, 3, 4, 5, 255, 256, 65_533):
        assert driver.ask(bytes(size)) == bytes(size) + b"\x90\x00"
    assert driver.ask(bytes(65_535)) == bytes(65_535)  # no room for the status word
    driver.close()


def test_random_messages_never_end_the_card() -> None:
    chance, driver = random.Random(1), Driver(Echo())
    for _ in range(2000):
        message = chance.randbytes(chance.randrange(2, 40))
        if message[1] not in (0xDD, 0xDA):
            assert driver.ask(message)
    assert driver.ask(b"\x04") == ATR
    driver.close()


def test_a_reader_that_stops_in_the_middle_of_a_message_ends_the_link() -> None:
    driver = Driver(Echo())
    driver.end.sendall(b"\x00\x10\x00")
    driver.close()


def test_a_session_begins_with_the_first_power_on_after_a_command() -> None:
    class Counting(Echo):
        ons = 0

        def power_on(self) -> bytes:
            self.ons += 1
            return bytes([self.ons])

    driver = Driver(Counting())
    for expected, messages in ((1, (1, 1, 2)), (2, (1, 1)), (3, (2,))):
        for message in messages:
            driver.send(bytes([message]))
        assert driver.ask(b"\x04") == bytes([expected])
        driver.ask(bytes(4))
    driver.close()


def test_a_card_that_breaks_answers_6f00_and_a_pulled_card_closes_the_link() -> None:
    class Broken(Echo):
        def answer(self, command: bytes) -> bytes:
            return b"" if command[0] else super().answer(command) + bytes(command[9])

    driver = Driver(Broken())
    assert driver.ask(bytes(4)) == b"\x6f\x00" and "IndexError" in driver.said[0]
    assert driver.ask(b"\x01\x00") == b"\x00"  # the driver would wait for ever for an empty body
    driver.send(bytes.fromhex("00DD0000000000000000"))
    assert driver.end.recv(1) == b"" and driver.said[-1] == "the card was pulled"
    driver.close()


def test_no_reader_is_an_error_after_a_while() -> None:
    with pytest.raises(OSError):
        link.connect(1, wait=0.1)
