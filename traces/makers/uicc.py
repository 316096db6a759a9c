# SPDX-License-Identifier: MIT
"""A UICC in software with USIM and ISIM: files, PIN, authentication, toolkit, secured packets (ETSI TS 102 221).

91XX says that a command of the toolkit waits. Whatever it is asked, it answers with a status word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cardlib.core.apdu import parse_command
from cardlib.core.model import Command
from cardlib.core.secure import written

from .applets import Toolkit
from .contact import OK, UNKNOWN, WRONG_LENGTH, Answer, Contact
from .subscriber import MAC_FAILURE, Subscriber
from .uicc_files import DIRECTORY, READ, UPDATE, File, FileSystem, file_system

ATR = bytes.fromhex("3B9F96801FC78031A073BE211367") + b"TRACE01" + b"\x98"
NOT_FOUND, NO_RIGHT, NOT_NOW = 0x6A82, 0x6982, 0x6985
NO_FILE, NO_RECORD, BLOCKED = 0x6986, 0x6A83, 0x6983
WRONG_PIN, NOT_THIS_CONTEXT, NO_CHANNEL = 0x63C0, 0x9864, 0x6A81
BY_NAME, NO_ANSWER, NO_STATUS = 0x04, 0x0C, 0x0C
TRIES = 3
REMOTE = -1  # the channel of secured packets, which no phone can name
MF, USIM = "MF", "ADF.USIM"


@dataclass
class Channel:
    """What a logical channel has selected."""

    directory: str = MF
    file: File | None = None


@dataclass
class Uicc(Contact):
    """The card. `pin_enabled` off: it asks for no PIN; `answers_2g`: the old algorithm is there, too."""

    subscriber: Subscriber
    toolkit: Toolkit = field(default_factory=Toolkit)
    pin: bytes = b"1234\xff\xff\xff\xff"
    pin_enabled: bool = True
    answers_2g: bool = False
    system: FileSystem = field(default_factory=file_system)
    tries: int = TRIES

    def power_on(self) -> bytes:
        """All that belongs to a session is forgotten; returns the ATR."""
        self.channels = {0: Channel()}
        self.waiting = b""
        self.pin_verified = False
        self.is_remote = False
        self.toolkit.begin()
        return ATR

    def perform(self, command: Command) -> Answer:
        """Data and status word of a command."""
        handler = self._handlers().get(command.ins)
        if handler is None:
            return b"", UNKNOWN
        return handler(command)

    def status_of(self, sw: int) -> int:
        """Where a proactive command waits, success says how long it is (7.4.2)."""
        size = self.toolkit.size_waiting
        if sw == OK and size:
            return 0x9100 | size & 0xFF
        return sw

    def remote(self, raw: bytes) -> Answer:
        """A command out of a secured packet: with the administrator's rights, on a channel of its own."""
        command = parse_command(raw)
        self.is_remote = True
        data, sw = self.perform(command)
        self.is_remote = False
        return data, sw

    def _handlers(self) -> dict[int, Callable[[Command], Answer]]:
        return {
            0xA4: self._select,
            0xF2: self._status,
            0xB0: self._read_binary,
            0xB2: self._read_record,
            0xD6: self._update_binary,
            0xDC: self._update_record,
            0x20: self._verify,
            0x26: self._disable,
            0x70: self._manage_channel,
            0x88: self._authenticate,
            0x10: self._profile,
            0x12: self._fetch,
            0x14: self._terminal_response,
            0xC2: self._envelope,
        }

    def _channel(self, command: Command) -> Channel:
        if self.is_remote:
            return self.channels.setdefault(REMOTE, Channel(USIM))
        return self.channels.setdefault(command.cla & 3, Channel())

    # ------------------------------------------------------------ files

    def _select(self, command: Command) -> Answer:
        channel = self._channel(command)
        path = self._path_of(command, channel)
        if not path:
            return b"", NOT_FOUND
        channel.file = self.system.files.get(path)
        if channel.file is None:
            channel.directory = path
        if command.p2 & 0x0C == NO_ANSWER:
            return b"", OK
        return self._template(channel), OK

    def _path_of(self, command: Command, channel: Channel) -> str:
        """The path that SELECT is about; empty where it is not there (11.1.1)."""
        name = command.data.hex().upper()
        if command.p1 == BY_NAME:
            for path, identifier in self.system.directories.items():
                if len(identifier) > 4 and identifier.startswith(name):
                    return path
            return ""
        if name == self.system.directories[MF]:
            return MF
        if name == "7FFF":
            return channel.directory.partition("/")[0]
        above = channel.directory.rpartition("/")[0]
        for directory in (channel.directory, above, MF):
            path = self.system.child(directory, name)
            if path:
                return path
        return ""

    def _template(self, channel: Channel) -> bytes:
        """The file control parameters of what is selected (11.1.1.3)."""
        if channel.file:
            return channel.file.template()
        identifier = self.system.directories[channel.directory]
        is_application = len(identifier) > 4
        objects = written("82", bytes.fromhex(DIRECTORY))
        if is_application:
            objects += written("84", bytes.fromhex(identifier))
        else:
            objects += written("83", bytes.fromhex(identifier))
        objects += written("8A", b"\x05") + written("8B", bytes.fromhex("2F0601"))
        states = 0x80 if self.pin_enabled else 0
        codes = written("90", bytes((states,))) + bytes.fromhex("83010183010A")
        return written("62", objects + written("C6", codes))

    def _status(self, command: Command) -> Answer:
        if command.p2 == NO_STATUS:
            return b"", OK
        return self._template(self._channel(command)), OK

    def _may(self, file: File, mode: int) -> bool:
        """Whether the rule of a file lets the phone do this."""
        condition = file.rule[mode]
        if condition == "always" or self.is_remote:
            return True
        return condition.startswith("PIN") and (self.pin_verified or not self.pin_enabled)

    def _file_of(self, channel: Channel, short: int) -> File | None:
        """The file that a command is about; a short identifier selects it."""
        if short:
            channel.file = self.system.by_short(channel.directory, short)
        return channel.file

    def _read_binary(self, command: Command) -> Answer:
        short, offset = _binary_place(command)
        file = self._file_of(self._channel(command), short)
        if file is None:
            return b"", NOT_FOUND if short else NO_FILE
        if not self._may(file, READ):
            return b"", NO_RIGHT
        size = command.le or 0
        return file.content[0][offset : offset + size], OK

    def _update_binary(self, command: Command) -> Answer:
        short, offset = _binary_place(command)
        file = self._file_of(self._channel(command), short)
        if file is None:
            return b"", NOT_FOUND if short else NO_FILE
        if not self._may(file, UPDATE):
            return b"", NO_RIGHT
        file.content[0] = replaced(file.content[0], offset, command.data)
        return b"", OK

    def _read_record(self, command: Command) -> Answer:
        file = self._file_of(self._channel(command), command.p2 >> 3)
        if file is None or not file.has_records:
            return b"", NO_FILE
        if not self._may(file, READ):
            return b"", NO_RIGHT
        if not 0 < command.p1 <= len(file.content):
            return b"", NO_RECORD
        return file.content[command.p1 - 1], OK

    def _update_record(self, command: Command) -> Answer:
        file = self._file_of(self._channel(command), command.p2 >> 3)
        if file is None or not file.has_records:
            return b"", NO_FILE
        if not self._may(file, UPDATE):
            return b"", NO_RIGHT
        if len(command.data) != len(file.content[0]):
            return b"", WRONG_LENGTH
        file.content[command.p1 - 1] = command.data
        return b"", OK

    # ------------------------------------------------------------ PIN, channels, authentication

    def _verify(self, command: Command) -> Answer:
        """VERIFY PIN; without a code it is a question (11.1.9)."""
        if not self.tries:
            return b"", BLOCKED
        if not command.data:
            return b"", OK if self.pin_verified else WRONG_PIN | self.tries
        if command.data != self.pin:
            self.tries -= 1
            return b"", WRONG_PIN | self.tries
        self.tries = TRIES
        self.pin_verified = True
        return b"", OK

    def _disable(self, command: Command) -> Answer:
        data, sw = self._verify(command)
        if sw == OK:
            self.pin_enabled = False
        return data, sw

    def _manage_channel(self, command: Command) -> Answer:
        if command.p1:
            self.channels.pop(command.p2, None)
            return b"", OK
        number = next(free for free in range(1, 5) if free not in self.channels)
        if number > 3:
            return b"", NO_CHANNEL
        self.channels[number] = Channel()
        return bytes((number,)), OK

    def _authenticate(self, command: Command) -> Answer:
        """AUTHENTICATE in the contexts of 3G and 2G (3GPP TS 31.102, 7.1)."""
        rand = command.data[1:17]
        if command.p2 == 0x80:
            if not self.answers_2g:
                return b"", NOT_THIS_CONTEXT
            return self.subscriber.in_2g(rand), OK
        if len(command.data) != 34:
            return b"", WRONG_LENGTH
        answer = self.subscriber.in_3g(rand, command.data[18:])
        if answer is None:
            return b"", MAC_FAILURE
        return answer, OK

    # ------------------------------------------------------------ toolkit

    def _profile(self, command: Command) -> Answer:
        self.toolkit.started()
        return b"", OK

    def _fetch(self, command: Command) -> Answer:
        if not self.toolkit.size_waiting:
            return b"", NOT_NOW
        return self.toolkit.fetched(), OK

    def _terminal_response(self, command: Command) -> Answer:
        self.toolkit.answered(command.data)
        return b"", OK

    def _envelope(self, command: Command) -> Answer:
        return self.toolkit.told(command.data, self), OK


def _binary_place(command: Command) -> tuple[int, int]:
    """Short identifier, or 0 for the current file, and offset (11.1.3)."""
    if command.p1 & 0x80:
        return command.p1 & 0x1F, command.p2
    return 0, command.p1 << 8 | command.p2


def replaced(content: bytes, offset: int, data: bytes) -> bytes:
    """Content with other bytes from an offset on."""
    return content[:offset] + data + content[offset + len(data) :]
