# SPDX-License-Identifier: MIT
"""The agreement on session keys that is under way in a session: PACE, as it stands on the wire (ICAO 9303-11, 4.4)."""

from __future__ import annotations

from collections.abc import Sequence

from ..apps.instructions import AGREE, MANAGE_SECURITY
from ..core import tlv
from ..core.errors import NotVerifiable
from ..core.model import Command, Response
from ..crypto.curves import domain_of
from ..crypto.messaging import Channel
from ..crypto.pace import Agreement, agreed_channel, chip_token_verifies, method_of

SET_AT = (0xC1, 0xA4)  # MSE: Set AT for mutual authentication (4.4.4.1)
_TERMINAL_KEY, _CHIP_KEY = "83", "84"
_TERMINAL_TOKEN, _CHIP_TOKEN = "85", "86"
NOT_GIVEN = "the session keys do not follow from what is here: none of the private keys given is of this agreement"


class PaceRun:
    """What both sides of PACE sent so far."""

    def __init__(self) -> None:
        self._begun: dict[str, bytes] = {}
        self._values: dict[str, bytes] = {}
        self.title = "PACE"
        self.fault = ""
        self.chip_is_right = False

    def see(self, command: Command, response: Response) -> None:
        """One more exchange in clear."""
        if command.ins == MANAGE_SECURITY and (command.p1, command.p2) == SET_AT:
            self._begun = tlv.first(command.data, "80", "84")
            self._values = {}
        elif command.ins == AGREE and self._begun:
            self._values |= tlv.first(command.data, _TERMINAL_KEY, _TERMINAL_TOKEN)
            self._values |= tlv.first(response.data, _CHIP_KEY, _CHIP_TOKEN)

    @property
    def is_over(self) -> bool:
        """Whether both sides have given their tokens."""
        return _TERMINAL_TOKEN in self._values and _CHIP_TOKEN in self._values

    def agreed(self, private: Sequence[bytes]) -> Channel | None:
        """The channel that begins now, where the private key of one side is among these."""
        self.fault = ""
        if not self.is_over or not private:
            return None
        try:
            agreement = self._agreement()
            for key in private:
                channel = agreed_channel(agreement, key)
                if channel is not None:
                    self.chip_is_right = chip_token_verifies(agreement, channel)
                    return channel
            self.fault = NOT_GIVEN
        except NotVerifiable as error:
            self.fault = error.reason
        finally:
            self._begun = {}
            self._values = {}
        return None

    def _agreement(self) -> Agreement:
        method = method_of(self._begun.get("80", b""))
        parameters = self._begun.get("84", b"")
        if len(parameters) != 1:
            raise NotVerifiable("which domain parameters are used is not said here")
        self.title = method.title
        values = self._values
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
