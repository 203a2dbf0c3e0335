"""Counters of this process, for Prometheus. What can be recounted from the tables is not counted here."""

from prometheus_client import Counter, Gauge, Histogram

from pipeline.clients.llm.usage import LlmUsage
from pipeline.rules.breaker import State

DELIVERIES = Counter("rainmaker_deliveries", "Deliveries from Slack", ["kind", "outcome"])
TURNS = Counter("rainmaker_turns", "Turns of the assistant that ended in this process", ["state"])
JOBS_RUN = Counter("rainmaker_jobs", "Runs of background jobs", ["job", "outcome"])
JOB_SECONDS = Histogram(
    "rainmaker_job_seconds",
    "How long jobs take, in seconds of real time",
    ["job"],
    buckets=(0.05, 0.1, 0.5, 1, 5, 15, 30, 60, 120, 300),
)
SURFACES = Counter("rainmaker_surfaces", "Messages of ours in Slack", ["outcome"])
MODEL_SECONDS = Histogram(
    "rainmaker_model_seconds",
    "How long the model takes to answer, in seconds",
    ["service", "task", "outcome"],
    buckets=(0.25, 0.5, 1, 2, 5, 10, 20, 40, 80),
)
PROVIDER_OPEN = Gauge(
    "rainmaker_provider_open",
    "1 where this process leaves a provider alone since it keeps failing, 0.5 while it is tried again",
    ["service"],
)
_OPEN = {State.CLOSED: 0.0, State.HALF_OPEN: 0.5, State.OPEN: 1.0}


def observe_provider(service: str, state: State) -> None:
    """For `Breakers(on_state=…)`."""
    PROVIDER_OPEN.labels(service).set(_OPEN[state])


async def observe_model(usage: LlmUsage) -> None:
    """For `open_llm(on_usage=…)`."""
    outcome = "ok" if usage.error is None else "stopped" if usage.error == "stopped" else "error"
    MODEL_SECONDS.labels(usage.service, usage.task, outcome).observe(usage.duration.total_seconds())
