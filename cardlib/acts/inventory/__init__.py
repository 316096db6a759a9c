# SPDX-License-Identifier: MIT
"""Which algorithms and key lengths a session used and a card offers, and until when each is trusted."""
