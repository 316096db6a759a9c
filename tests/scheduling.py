# SPDX-License-Identifier: MIT
"""How tests are dealt out to the processes that run them."""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController


class Forgetful(LoadGroupScheduling):
    """By group, forgetting what is done.

    The class of xdist counts, after each test, all that a process has ever run: of thousands of
    tests, that is most of what the first process does, and the others wait for it.
    """

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """Deal out more, and drop the group if this was the last of it."""
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][scope].values()):
            del self.assigned_work[node][scope]
