# SPDX-License-Identifier: MIT
"""What may be seen and handed on: masking, redaction, a capture in another form."""
