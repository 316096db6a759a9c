# SPDX-License-Identifier: MIT
"""Rules about payments over the air: who verified the cardholder, which mode, what can be read, how far the card is."""

from __future__ import annotations

from .devices import locked_device, not_for_cash, offline_without_proof, two_kinds, zero_amount
from .exposure import (
    balance_readable,
    harvest,
    log_readable,
    mag_stripe_mode,
    no_relay_protection,
    readable,
    relayed,
)
from .verification import (
    foreign_currency,
    no_such_device,
    over_limit,
    plastic_with_phone,
    relayed_transport,
    requirement_removed,
    two_qualifiers,
)

RULES = (
    over_limit,
    foreign_currency,
    plastic_with_phone,
    two_qualifiers,
    no_such_device,
    requirement_removed,
    relayed_transport,
    mag_stripe_mode,
    harvest,
    readable,
    log_readable,
    balance_readable,
    no_relay_protection,
    relayed,
    locked_device,
    two_kinds,
    offline_without_proof,
    zero_amount,
    not_for_cash,
)
