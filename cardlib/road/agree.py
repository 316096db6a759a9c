# SPDX-License-Identifier: MIT
"""Agreements on session keys as they stand on the wire: PACE, and chip authentication (ICAO Doc 9303-11, 4.4, 6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ..apps.instructions import AGREE, MANAGE_SECURITY
from ..core import tlv
from ..core.errors import NotVerifiable
from ..core.model import Command, Response, record
from ..crypto.chip import chip_session
from ..crypto.curves import Domain, domain_of
from ..crypto.messaging import Channel
from ..crypto.pace import (
    CHIP_AUTHENTICATION,
    Agreement,
    agreed_channel,
    chip_token_verifies,
    method_of,
)
from ..crypto.security_infos import chip_key_of, domains_for, security_infos

SET_AT = (0xC1, 0xA4)  # MSE: Set AT for mutual authentication (4.4.4.1)
_TERMINAL_KEY, _CHIP_KEY = "83", "84"
_TERMINAL_TOKEN, _CHIP_TOKEN = "85", "86"
NOT_GIVEN = "the session keys do not follow from what is here: none of the private keys given is of this agreement"

Values = tuple[tuple[str, bytes], ...]


@record
class Agreed:
    """What came of PACE: its channel where a private key gives one, else why there is none."""

    title: str = "PACE"
    channel: Channel | None = None
    chip_is_right: bool = False
    fault: str = ""


@record
class PaceRun:
    """What both sides of PACE sent so far: the method that was set, then the values of GENERAL AUTHENTICATE by tag."""

    begun: Values = ()
    values: Values = field(default=(), repr=False)

    def see(self, command: Command, response: Response) -> PaceRun:
        """The run after one more exchange in clear."""
        if command.ins == MANAGE_SECURITY and (command.p1, command.p2) == SET_AT:
            return PaceRun(tuple(tlv.first(command.data, "80", "84").items()))
        if command.ins != AGREE or not self.begun:
            return self
        values = dict(self.values)
        values |= tlv.first(command.data, _TERMINAL_KEY, _TERMINAL_TOKEN)
        values |= tlv.first(response.data, _CHIP_KEY, _CHIP_TOKEN)
        return PaceRun(self.begun, tuple(values.items()))

    @property
    def is_over(self) -> bool:
        """Whether both sides have given their tokens."""
        values = dict(self.values)
        return _TERMINAL_TOKEN in values and _CHIP_TOKEN in values

    def agreed(self, private: Sequence[bytes]) -> Agreed:
        """What begins when both have given their tokens, where the private key of one side is among these."""
        try:
            agreement = self._agreement()
            for key in private:
                channel = agreed_channel(agreement, key)
                if channel is not None:
                    is_right = chip_token_verifies(agreement, channel)
                    return Agreed(agreement.method.title, channel, is_right)
        except NotVerifiable as error:
            return Agreed(fault=error.reason)
        return Agreed(fault=NOT_GIVEN)

    def _agreement(self) -> Agreement:
        begun = dict(self.begun)
        method = method_of(begun.get("80", b""))
        parameters = begun.get("84", b"")
        if len(parameters) != 1:
            raise NotVerifiable("which domain parameters are used is not said here")
        values = dict(self.values)
        if _TERMINAL_KEY not in values or _CHIP_KEY not in values:
            raise NotVerifiable("the public keys of both sides are not here")
        return Agreement(
            method,
            domain_of(parameters[0]),
            values[_TERMINAL_KEY],
            values[_CHIP_KEY],
            values[_TERMINAL_TOKEN],
            values[_CHIP_TOKEN],
        )


SET_KAT, SET_CHIP_AT = (0x41, 0xA6), (0x41, 0xA4)
_WITH_3DES = {
    "DH": b"\x01\x01",
    "EC": b"\x02\x01",
}  # what Set KAT means, which names no method (6.2.4.1)
_LONGEST_POINT = 2 * 66 + 1
_MOST_KEYS = 4  # of a chip that are tried


@record
class ChipRun:
    """Chip authentication under way: the method that was set, and what the chip listed about its keys (DG14)."""

    method: bytes = b""
    listed: bytes = field(default=b"", repr=False)

    def see(self, command: Command) -> ChipRun:
        """The run after one more command in the channel."""
        if command.ins == MANAGE_SECURITY and (command.p1, command.p2) == SET_CHIP_AT:
            return ChipRun(tlv.first(command.data, "80").get("80", b""), self.listed)
        return self

    def channels(
        self, command: Command, response: Response, private: Sequence[bytes]
    ) -> tuple[Channel, ...]:
        """The channels that may begin with this command, one for each side that a private key may be of."""
        tag = "91" if command.ins == MANAGE_SECURITY else "80"
        terminal_key = tlv.first(command.data, tag).get(tag, b"")
        nonce = tlv.first(response.data, "81").get("81", b"")
        channels = []
        for public, domain in self._publics(terminal_key):
            kind = "EC" if public[:1] == b"\x04" and len(public) <= _LONGEST_POINT else "DH"
            method = self.method or CHIP_AUTHENTICATION + _WITH_3DES[kind]
            for key in private:
                try:
                    channels.append(chip_session(method, domain, key, public, nonce))
                except NotVerifiable:
                    continue
        return tuple(channels)

    def _publics(self, terminal_key: bytes) -> list[tuple[bytes, Domain]]:
        """The public keys of the terminal and of the chip, with the domains that they may be of."""
        keys = [chip_key_of(parts) for parts in security_infos(self.listed)]
        known = [(key.public, key.domain) for key in keys if key and key.domain][:_MOST_KEYS]
        domains = list(dict.fromkeys(domain for _, domain in known)) or domains_for(terminal_key)
        return [*((terminal_key, domain) for domain in domains), *known]
