# SPDX-License-Identifier: MIT
"""Curves and groups: their parameters fit together, and what is no point is refused."""

from __future__ import annotations

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.curves import Curve, Group, domain_of

CURVES = range(8, 19)


@pytest.mark.parametrize("number", CURVES)
def test_the_base_point_lies_on_the_curve_and_has_its_order(number: int) -> None:
    curve = domain_of(number)
    assert isinstance(curve, Curve)
    assert curve.contains(*curve.base)
    assert curve.times(curve.n, curve.base) is None
    assert curve.times(curve.n - 1, curve.base) == (curve.base[0], curve.p - curve.base[1])


def test_the_group_has_its_order() -> None:
    group = domain_of(0)
    assert isinstance(group, Group)
    assert pow(group.g, group.n, group.p) == 1 and (group.p - 1) % group.n == 0
    assert (group.size, group.n.bit_length()) == (128, 160)


def test_the_sizes_are_those_of_the_names() -> None:
    sizes = {number: domain_of(number).p.bit_length() for number in CURVES}
    assert sizes == {8: 192, 9: 192, 10: 224, 11: 224, 12: 256, 13: 256, 14: 320, 15: 384} | {
        16: 384,
        17: 512,
        18: 521,
    }


@pytest.mark.parametrize("number", [-1, 1, 2, 7, 19, 255])
def test_parameters_that_are_not_here_are_refused(number: int) -> None:
    with pytest.raises(NotVerifiable, match="not known here"):
        domain_of(number)


def test_what_is_no_point_is_refused() -> None:
    curve = domain_of(13)
    assert isinstance(curve, Curve)
    good = curve.written(curve.base)
    assert curve.point(good) == curve.base
    changed = good[:-1] + bytes((good[-1] ^ 1,))
    compressed = b"\x02" + good[1:33]
    beyond = b"\x04" + b"\xff" * 64
    for bad in (b"", good[:-1], good + b"\0", changed, compressed, beyond):
        with pytest.raises(NotVerifiable, match="no point of brainpoolP256r1"):
            curve.point(bad)
    with pytest.raises(NotVerifiable):
        curve.written(None)


@pytest.mark.parametrize("number", [0, 1, -1])
def test_what_is_no_element_is_refused(number: int) -> None:
    group = domain_of(0)
    assert isinstance(group, Group)
    with pytest.raises(NotVerifiable, match="no element"):
        group.element((number % group.p).to_bytes(group.size))
