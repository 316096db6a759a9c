# SPDX-License-Identifier: MIT
"""The fuzz targets take any bytes, and most inputs near a valid one still give something."""

from __future__ import annotations

import pytest
from fuzz.run import SHARES
from fuzz.targets import SEEDS, TARGETS, variant
from hypothesis import given
from hypothesis import strategies as st

EACH = pytest.mark.parametrize("name", TARGETS)


def test_runner_knows_all_targets() -> None:
    assert set(SHARES) == set(TARGETS) == set(SEEDS)
    assert sum(SHARES.values()) == pytest.approx(1)


@EACH
def test_seeds_yield_and_so_do_most_variants(name: str) -> None:
    target, seeds = TARGETS[name], SEEDS[name]
    without_yield = [seed for seed in seeds if not target(seed)]
    if name == "whole":  # the output of pcsc_scan holds no exchange
        without_yield = [seed for seed in without_yield if b"PC/SC device scanner" not in seed]
    assert without_yield == []
    count = 60 if name == "whole" else 200
    assert sum(target(variant(b"", number, seeds)) for number in range(count)) > count / 2


@EACH
@given(data=st.binary(max_size=200))
def test_any_bytes(name: str, data: bytes) -> None:
    assert TARGETS[name](data) in (True, False)
