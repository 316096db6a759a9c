# SPDX-License-Identifier: MIT
"""The agreement on session keys that is under way in a session: PACE, as it stands on the wire (ICAO 9303-11, 4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ..apps.instructions import AGREE, MANAGE_SECURITY
from ..core import tlv
from ..core.errors import NotVerifiable
from ..core.model import Command, Response, record
from ..crypto.curves import domain_of
from ..crypto.messaging import Channel
from ..crypto.pace import Agreement, agreed_channel, chip_token_verifies, method_of

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
