# SPDX-License-Identifier: MIT
"""From a file to meaning: frames to exchanges, the context of each, what its bytes say."""
