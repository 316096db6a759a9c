# SPDX-License-Identifier: MIT
"""Rules about card management and personalisation: who may change a card, by which keys, and what was written."""

from __future__ import annotations

from .channels import (
    counters,
    default_keys,
    host_challenge,
    macs_alone,
    not_diversified,
    old_protocol,
    tries,
    unprotected,
    wrong_but_accepted,
)
from .content import (
    check_values,
    clear_key,
    default_name,
    left_open,
    nothing_signed,
    production_data,
    same_secret,
    secrets_in_clear,
    unfinished,
)

RULES = (
    default_keys,
    unprotected,
    clear_key,
    old_protocol,
    counters,
    macs_alone,
    left_open,
    production_data,
    tries,
    not_diversified,
    nothing_signed,
    same_secret,
    secrets_in_clear,
    check_values,
    default_name,
    unfinished,
    wrong_but_accepted,
    host_challenge,
)
