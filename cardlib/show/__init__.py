# SPDX-License-Identifier: MIT
"""Everything that a person looks at: text, HTML, JSON, tables, pictures, pages."""
