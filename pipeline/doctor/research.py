"""The model, search, Apify and the browser."""

from redis.asyncio import Redis

from pipeline.clients.browser import BrowserMissing, BrowserPool
from pipeline.clients.llm import open_gemini, open_llm
from pipeline.clients.llm.base import Completed, Llm, UserText
from pipeline.clients.outside import INSTALLING_BROWSER
from pipeline.clients.rates import RateLimiter
from pipeline.clients.search import open_search
from pipeline.clock import SystemClock
from pipeline.doctor.finding import Finding, note, ok, problem
from pipeline.doctor.web_call import call
from pipeline.egress import open_guard
from pipeline.errors import Permanent, Transient
from pipeline.settings import Settings

SEARCH_TODO = "Set BRAVE_SEARCH_API_KEY, SEARXNG_URL, or GOOGLE_SEARCH_API_KEY and GOOGLE_SEARCH_ENGINE_ID."


async def model(settings: Settings) -> list[Finding]:
    """Each model is asked for one word."""
    clock = SystemClock()
    only = {"openai_fallback_model": ""}
    first = open_llm(settings.model_copy(update=only), clock)
    found = [
        await _asked("model", first, "OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL and OPENAI_API_STYLE")
    ]
    other = settings.openai_fallback_model
    if other not in ("", settings.openai_model):
        fallback = open_llm(settings.model_copy(update={**only, "openai_model": other}), clock)
        found.append(await _asked("fallback model", fallback, "OPENAI_FALLBACK_MODEL"))
    gemini = open_gemini(settings, clock)
    if gemini is None:
        return [*found, note("Gemini", "not set (GOOGLE_AI_API_KEY): no experiments between models")]
    return [*found, await _asked("Gemini", gemini, "GOOGLE_AI_API_KEY and GEMINI_MODEL")]


async def _asked(what: str, llm: Llm, check: str) -> Finding:
    question = [UserText("Answer with the word: ready")]
    try:
        async for event in llm.stream(instructions="Answer in one word.", items=question, tools=[]):
            if isinstance(event, Completed):
                return ok(what, f"{llm.model} answers")
    except Transient as trouble:
        return problem(what, f"{llm.model}: {trouble}", "Try again in a minute.")
    except Permanent as refusal:
        return problem(what, f"{llm.model}: {refusal}", f"Check {check}.")
    return problem(what, f"{llm.model} ended without an answer", f"Check {check}.")


async def search(settings: Settings) -> list[Finding]:
    """One question to each provider: it costs what a search costs."""
    clock = SystemClock()
    redis: Redis = Redis.from_url(settings.redis_url)  # pyright: ignore[reportUnknownMemberType]
    found: list[Finding] = []
    asked = open_search(settings, clock, redis, RateLimiter(redis, clock))
    try:
        for provider in asked.providers:
            what = provider.service.replace("_", " ")
            try:
                await provider.search("company news", count=1)
                found.append(ok(what, "answers"))
            except (Transient, Permanent) as error:
                found.append(problem(what, str(error)))
    finally:
        await asked.close()
        await redis.aclose()
    return found or [problem("search", "no search provider is set", SEARCH_TODO)]


async def apify(settings: Settings) -> list[Finding]:
    if settings.apify_api_token is None:
        return [note("Apify", "not set (APIFY_API_TOKEN): research does without it")]
    url = f"{settings.apify_api_url.rstrip('/')}/v2/users/me"
    answer = await call("GET", url, token=settings.apify_api_token.get_secret_value())
    if answer.status != 200:
        todo = "Copy the token again from Apify's “API & Integrations”." if answer.status == 401 else ""
        return [problem("Apify", f"refuses APIFY_API_TOKEN (status {answer.status})", todo)]
    return [ok("Apify", f"we are {answer.json.get('data', {}).get('username', '?')}")]


async def browser(settings: Settings) -> list[Finding]:
    """A real start, with a page's context and all."""
    guard = open_guard(
        dns_server=settings.dns_server, egress_hosts=settings.egress_hosts, egress_ca=settings.egress_ca
    )
    pool = BrowserPool(guard, executable=settings.chromium_path, installing=INSTALLING_BROWSER)
    try:
        async with pool.session():
            return [ok("browser", "starts")]
    except BrowserMissing as missing:
        return [problem("browser", str(missing))]
    except Transient as trouble:
        installing = INSTALLING_BROWSER.exists()
        todo = "Set CHROMIUM_PATH to a browser that starts, or install Debian's chromium-headless-shell."
        return [note("browser", str(trouble)) if installing else problem("browser", str(trouble), todo)]
    finally:
        await pool.close()
