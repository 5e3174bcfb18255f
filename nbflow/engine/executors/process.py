"""The executor ``process``: every attempt a fresh process, forked and supervised by a zygote.

A zygote never imports anything while attempts depend on its attention: when more packages are wanted, another zygote is
started with all of them, takes over once it is ready, and the old one ends with its last attempt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from nbflow.core.status import Reason
from nbflow.engine.attempt import lock, recovery, tree
from nbflow.engine.attempt.link import LOG, Link
from nbflow.engine.attempt.record import AttemptOrder, AttemptReport
from nbflow.errors import EngineError

Report = Callable[[AttemptReport], None]
FALSE_STARTS = 3
"""Zygotes in a row that may die before they are ready; the second time, the packages they were to import are blamed."""


class ProcessExecutor:
    """Runs attempts in processes of their own. *store* is the ``.nbflow`` folder.

    *report* is called on the loop's thread, once per order. To be made and used on one asyncio loop.
    """

    def __init__(self, report: Report, store: Path | str) -> None:
        if tree.LIMIT is None:
            raise EngineError("the process executor needs Linux: run the job with --in kernel")
        self._report, self._store = report, Path(store)
        self._wanted: tuple[str, ...] = ()
        self._harmful: set[str] = set()
        self._false_starts = 0
        self._serving: Link | None = None
        self._coming: Link | None = None
        self._retired: set[Link] = set()
        self._dying: set[Link] = set()
        self._closing: set[asyncio.Task[None]] = set()

    # --- what the engine asks
    def warm(self, modules: Iterable[str] = ()) -> None:
        """Start a zygote if there is none; have *modules* (installed packages; others are passed over) ready in it.

        Returns at once; attempts may be submitted meanwhile.
        """
        self._wanted = tuple(sorted({*self._wanted, *modules} - self._harmful))
        if self._serving is None:
            self._serving = self._link(self._wanted)
        elif self._coming is None and set(self._wanted) - set(self._serving.modules):
            self._coming = self._link(self._wanted)

    def submit(self, order: AttemptOrder) -> None:
        try:
            self.warm()
        except OSError as error:
            asyncio.get_running_loop().call_soon(self._refuse, order, str(error))
            return
        assert self._serving is not None
        self._serving.run(order)

    def cancel(self, key: str, cause: Reason) -> None:
        for link in self._links():
            if key in link.orders:
                link.cancel(key, cause)

    async def recover(self, keys: Iterable[str]) -> None:
        """Report the attempts that an earlier engine started and never saw end.

        Whatever is left of them is killed first. Those with a result record ended as it says, the others are ``lost``.
        """
        folders = {key: self._store / "attempts" / key for key in keys}
        for report in await recovery.recover(folders, "the engine ended before it did"):
            self._report(report)

    async def close(self) -> None:
        links, self._serving, self._coming = self._links(), None, None
        self._retired.clear()
        self._dying.clear()
        await asyncio.gather(*(link.close() for link in links), *self._closing)
        await recovery.end(key for link in links for key in link.orders)

    # --- what the zygotes say
    def ready(self, link: Link) -> None:
        """A zygote has done its imports: it takes over if it was started to."""
        self._false_starts = 0
        if link is self._coming:
            old, self._serving, self._coming = self._serving, link, None
            if old is not None:
                self._retire(old)
        self.warm()

    def ended(self, link: Link, report: AttemptReport) -> None:
        """An attempt has ended."""
        self._report(report)
        if link in self._retired and not link.orders:
            self._retire(link)

    async def died(self, link: Link) -> None:
        """A zygote is gone: so are its attempts, but for those whose result is in place, or that had not begun."""
        self._retired.discard(link)
        if link is self._coming:
            self._coming = None
        if link is self._serving:
            self._serving = None
        if not link.is_ready:
            self._failed_to_start(link)
            return
        self.warm()
        self._dying.add(link)
        begun = {key: Path(order.folder) for key, order in link.orders.items() if lock.exists(order.folder)}
        for key in link.orders.keys() - begun.keys():
            self.submit(link.orders.pop(key))
        for report in await recovery.recover(begun, "its supervisor died"):
            self._report(report)
        self._dying.discard(link)

    def _failed_to_start(self, link: Link) -> None:
        """Nothing of its orders has begun: try again, then without packages, then say that this cannot work."""
        self._false_starts += not link.unfit
        self._harmful |= set(link.modules if self._false_starts > 1 else link.unfit)
        self._wanted = tuple(name for name in self._wanted if name not in self._harmful)
        for order in link.orders.values():
            if self._false_starts <= FALSE_STARTS:
                self.submit(order)
                continue
            self._refuse(order, f"its helper process does not start: see {LOG}")
        if self._false_starts <= FALSE_STARTS:
            self.warm()

    def _refuse(self, order: AttemptOrder, why: str) -> None:
        reason = Reason("executor unavailable", why, order.attempt)
        self._report(AttemptReport(key=order.key, end="failed", reason=reason))

    # --- zygotes
    def _link(self, modules: tuple[str, ...]) -> Link:
        return Link(self._store / LOG, modules, self)

    def _links(self) -> list[Link]:
        return [link for link in (self._serving, self._coming, *self._retired, *self._dying) if link is not None]

    def _retire(self, link: Link) -> None:
        """Let *link* end with the last of its attempts."""
        if link.orders:
            self._retired.add(link)
            return
        self._retired.discard(link)
        task = asyncio.ensure_future(link.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
