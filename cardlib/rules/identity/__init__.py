# SPDX-License-Identifier: MIT
"""Rules about travel documents: how they let themselves be read, and whether data and chip are genuine."""

from __future__ import annotations

from .access import (
    answers_without_mac,
    biometrics_open,
    downgrade,
    no_pace,
    read_in_clear,
    repeated_numbers,
    small_parameters,
)
from .authenticity import (
    changed_group,
    hidden_groups,
    no_proof_of_chip,
    proof_skipped,
    unknown_signer,
    weak_chip_key,
    weak_signature,
    wrong_answer,
    wrong_signature,
)
from .terminal import wrong_chain, wrong_terminal

RULES = (
    no_pace,
    read_in_clear,
    repeated_numbers,
    no_proof_of_chip,
    hidden_groups,
    changed_group,
    biometrics_open,
    answers_without_mac,
    weak_chip_key,
    small_parameters,
    downgrade,
    wrong_signature,
    unknown_signer,
    weak_signature,
    proof_skipped,
    wrong_answer,
    wrong_chain,
    wrong_terminal,
)
