"""How figures are told: each beside its target, and its ratio to the bare thing measured in the same run."""

import os
from collections.abc import Sequence
from statistics import median

__all__ = ["median", "quantile", "show", "show_machine", "spread", "verdict"]


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def spread(seconds: Sequence[float]) -> str:
    """p50, p95, p99 and the longest, in milliseconds."""
    shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    return "  ".join(f"{name} {quantile(seconds, share) * 1000:7.1f} ms" for name, share in shares)


def show(name: str, figure: str) -> None:
    print(f"  {name:<46} {figure}", flush=True)


def verdict(target: str, met: bool) -> None:
    print(f"  {'target ' + target:<46} {'met' if met else 'missed'}", flush=True)


def show_machine() -> None:
    """A figure says little without it."""
    print(
        f"  ({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} when this began; ratios travel, figures don't)"
    )
