"""The proxies of PROXY_URLS in turn, for pages read by HTTP and by the browser. For one process."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from pipeline.egress.upstream import Upstream
from pipeline.logs import get_logger
from pipeline.rules import rotation
from pipeline.rules.rotation import Standing

log = get_logger(__name__)


class Proxies:
    """Without any, every choice is None: straight out."""

    def __init__(self, upstreams: Sequence[Upstream], monotonic: Callable[[], float]) -> None:
        self._upstreams = {f"{number} {upstream.name}": upstream for number, upstream in enumerate(upstreams)}
        self._names = {upstream: name for name, upstream in self._upstreams.items()}
        self._standings = {name: Standing() for name in self._upstreams}
        self._monotonic = monotonic
        self._turn = 0

    @property
    def are_set(self) -> bool:
        return bool(self._upstreams)

    def next(self, avoid: Collection[Upstream | None] = ()) -> Upstream | None:
        """The next one, another than `avoid` where there is one."""
        shunned = {self._names[upstream] for upstream in avoid if upstream is not None}
        name = rotation.choose(self._standings, self._monotonic(), shunned)
        if name is None:
            return None
        self._turn += 1
        self._standings[name] = replace(self._standings[name], used=self._turn)
        return self._upstreams[name]

    def failed(self, upstream: Upstream | None) -> None:
        """It could not be used, or a site blocks it."""
        if upstream is not None:
            name = self._names[upstream]
            self._standings[name] = rotation.failed(self._standings[name], self._monotonic())
            log.warning("proxy_left_out", proxy=upstream.name, failures=self._standings[name].failures)

    def worked(self, upstream: Upstream | None) -> None:
        if upstream is not None:
            name = self._names[upstream]
            self._standings[name] = rotation.worked(self._standings[name])
