# SPDX-License-Identifier: MIT
"""What stands around the algorithms: AUTN and AUTS divided, the values of 2G from those of 3G."""

from __future__ import annotations

import tomllib

import pytest

from cardlib.core.errors import NotVerifiable
from cardlib.crypto.aka import divided_autn, divided_auts, folded_keys, folded_res
from conftest import ROOT

SETS = tomllib.loads((ROOT / "tests/vectors/telecom_auth.toml").read_text("utf-8"))["milenage"]
HEX = [{name: bytes.fromhex(value) for name, value in row.items()} for row in SETS]


@pytest.mark.parametrize("size", [0, 13, 15, 17])
def test_tokens_of_a_wrong_length_are_refused(size: int) -> None:
    for divide in (divided_autn, divided_auts):
        with pytest.raises(NotVerifiable):
            divide(bytes(size))


@pytest.mark.parametrize("size", [0, 3, 5, 32])
def test_values_without_a_twin_in_2g_are_refused(size: int) -> None:
    with pytest.raises(NotVerifiable):
        folded_res(bytes(size))
    with pytest.raises(NotVerifiable):
        folded_keys(bytes(size), bytes(16))
    with pytest.raises(NotVerifiable):
        folded_keys(bytes(16), bytes(size))


@pytest.mark.parametrize("row", HEX)
def test_the_sequence_number_stands_behind_its_mask(row: dict[str, bytes]) -> None:
    autn, auts = divided_autn(row["autn"]), divided_auts(row["auts"])
    assert (autn.sqn(row["ak"]), autn.amf, autn.mac) == (row["sqn"], row["amf"], row["mac_a"])
    assert (auts.sqn(row["ak_star"]), auts.amf) == (row["sqn"], b"\0\0")
    assert autn.sqn(row["ak_star"]) != row["sqn"]
    assert auts.sqn(row["ak"]) != row["sqn"]


@pytest.mark.parametrize("row", HEX)
def test_the_values_of_2g_follow_from_those_of_3g(row: dict[str, bytes]) -> None:
    assert folded_res(row["res"]) == row["sres"]
    assert folded_keys(row["ck"], row["ik"]) == row["kc"]
    assert folded_keys(row["ck"], row["ck"]) != row["kc"]


def test_a_short_res_is_its_own_sres() -> None:
    assert folded_res(b"\1\2\3\4") == b"\1\2\3\4"
