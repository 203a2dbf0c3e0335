"""Installing into a workspace. With one token in the settings there is nothing to install, and it says so."""

from aiohttp import web

SINGLE = "One workspace is served here, by the token in the settings (SLACK_BOT_TOKEN): nothing to install."


def routes() -> list[web.RouteDef]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=SINGLE, status=200)

    return [web.get("/slack/install", answer), web.get("/slack/oauth_redirect", answer)]
