# SPDX-License-Identifier: MIT
"""A card in software behind a real PC/SC reader: the link, the daemon it hangs on, and the replay of a capture."""
