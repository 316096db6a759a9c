# SPDX-License-Identifier: MIT
"""Card applications: one file is one application, which says what it follows and how its data fields decode."""

from __future__ import annotations

from functools import lru_cache

from ..core.dictionary import Facts, facts, overlay
from ..core.model import Context
from . import emv, iso7816, telecom
from .application import Application

__all__ = ["APPLICATIONS", "Application", "by_aid", "by_name", "claimed_by", "facts_of"]

APPLICATIONS: tuple[Application, ...] = (
    emv.APP,
    telecom.APP,
    iso7816.APP,
)  # the last is the fallback for any card
_BY_NAME = {app.name: app for app in APPLICATIONS}
_CLAIMS = {claim: app for app in reversed(APPLICATIONS) for claim in app.claims}


def by_name(name: str) -> Application:
    """The application of that name; the fallback for a name that nobody has."""
    return _BY_NAME.get(name, iso7816.APP)


def by_aid(aid: str) -> Application:
    """The application whose AID prefix is the longest that fits; else the fallback."""
    fits = (
        (len(prefix), app) for app in APPLICATIONS for prefix in app.aids if aid.startswith(prefix)
    )
    return max(fits, key=lambda pair: pair[0], default=(0, iso7816.APP))[1]


def claimed_by(cla: int, ins: int) -> Application | None:
    """The application that alone has this command, for captures that start in the middle."""
    return _CLAIMS.get((cla, ins))


def facts_of(context: Context) -> Facts:
    """The dictionaries in force: interindustry, the application's, those of the scheme, the caller's."""
    return _facts(context.application, context.aid, context.dictionaries)


@lru_cache(maxsize=256)
def _facts(application: str, aid: str, own: tuple[str, ...]) -> Facts:
    scheme = overlay(aid) if aid else ""
    return facts(
        "iso7816", *by_name(application).dictionaries, *((scheme,) if scheme else ()), *own
    )
