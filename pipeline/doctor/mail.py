"""The mailbox from the settings, its domain's records, and the links in mail."""

import asyncio
from urllib.parse import unquote, urlsplit

import aiosmtplib

from pipeline.clients.dns import Dns
from pipeline.clients.imap import ImapReader
from pipeline.clients.mail import Disconnected
from pipeline.clock import SystemClock
from pipeline.doctor.finding import Finding, note, ok, problem
from pipeline.doctor.web_call import call
from pipeline.errors import Transient
from pipeline.rules.company_match import FREE_MAIL
from pipeline.settings import Settings

SMTP_SECONDS = 15


async def mailbox(settings: Settings) -> list[Finding]:
    if settings.gmail_refresh_token is not None:
        return await _gmail(settings)
    if settings.smtp_url is not None:
        return [await _smtp(settings), await _imap(settings)]
    if settings.gmail_client_id is not None:
        return [note("mailbox", "none in the settings: people connect theirs in Slack")]
    todo = "Set GMAIL_CLIENT_ID and GMAIL_CLIENT_SECRET (people connect their mailbox), or SMTP_URL."
    return [problem("mailbox", "none is set: nothing can be sent", todo)]


async def _gmail(settings: Settings) -> list[Finding]:
    """A fresh access token, then whose mailbox it opens."""
    ours, secret = settings.gmail_client_id, settings.gmail_client_secret
    assert settings.gmail_refresh_token is not None and ours is not None and secret is not None
    form = {
        "grant_type": "refresh_token",
        "refresh_token": settings.gmail_refresh_token.get_secret_value(),
        "client_id": ours,
        "client_secret": secret.get_secret_value(),
    }
    granted = await call("POST", settings.google_token_url, form=form)
    token = granted.json.get("access_token")
    if granted.status != 200 or not token:
        said = (
            granted.json.get("error_description") or granted.json.get("error") or f"status {granted.status}"
        )
        todo = "Connect the mailbox again; a client still in testing mode loses its tokens after 7 days."
        return [problem("Gmail", f"Google refuses GMAIL_REFRESH_TOKEN: {said}", todo)]
    profile = await call("GET", f"{settings.gmail_api_url}gmail/v1/users/me/profile", token=str(token))
    if profile.status != 200:
        said = str(profile.json.get("error", {}).get("message", f"status {profile.status}"))
        todo = "Turn the Gmail API on in the Google Cloud project, and grant the scope gmail.modify."
        return [problem("Gmail", said, todo)]
    address = str(profile.json.get("emailAddress", ""))
    return [ok("Gmail", f"opens {address}"), *_from(settings, address)]


def _from(settings: Settings, address: str) -> list[Finding]:
    ours = settings.from_email
    if ours is not None and ours.casefold() != address.casefold():
        todo = "Set FROM_EMAIL to the mailbox's address, or make it an alias there."
        return [problem("FROM_EMAIL", f"is {ours}, but the mailbox is {address}", todo)]
    return []


async def _smtp(settings: Settings) -> Finding:
    """Log in and leave: no mail is sent."""
    assert settings.smtp_url is not None
    url = urlsplit(settings.smtp_url.get_secret_value())
    tls = url.scheme == "smtps"
    host, port = url.hostname or "localhost", url.port or (465 if tls else 587)
    client = aiosmtplib.SMTP(
        hostname=host, port=port, timeout=SMTP_SECONDS, use_tls=tls, start_tls=False if tls else None
    )
    try:
        await client.connect()
        if url.username:
            await client.login(unquote(url.username), unquote(url.password or ""))
        await client.quit()
    except aiosmtplib.SMTPAuthenticationError:
        return problem("SMTP", f"{host} refuses the user or the password", "Check SMTP_URL.")
    except (aiosmtplib.SMTPException, OSError) as error:
        return problem("SMTP", f"{host}:{port}: {type(error).__name__}", "Check SMTP_URL and the firewall.")
    finally:
        client.close()
    return ok("SMTP", f"{host} lets us in")


async def _imap(settings: Settings) -> Finding:
    """Sign in and look at the folders: nothing is marked as read."""
    if settings.imap_url is None:
        return note("IMAP", "IMAP_URL is not set, so answers to what is sent are not seen")
    reader = ImapReader(settings.imap_url.get_secret_value(), settings.from_email or "", SystemClock())
    try:
        await reader.position()
    except (Disconnected, Transient) as error:
        return problem("IMAP", str(error), "Check IMAP_URL.")
    finally:
        reader.close()
    return ok("IMAP", "answers can be read")


async def records(settings: Settings) -> list[Finding]:
    """SPF, DMARC and MX of the domain we send from."""
    domain = (settings.from_email or "").rpartition("@")[2].lower()
    if not domain:
        return []
    if domain in FREE_MAIL:
        return [note("DNS", f"{domain} is its provider's; a domain of your own is believed more")]
    if not settings.mail_is_real and settings.dns_server is None:
        return [note("DNS", f"{domain} is a stand-in's and not in the public DNS")]
    dns = Dns(settings.dns_server)
    try:
        texts, policies, servers = await asyncio.gather(
            dns.texts(domain), dns.texts(f"_dmarc.{domain}"), dns.mail_servers(domain)
        )
    except Transient as trouble:
        return [note("DNS", str(trouble))]
    return [spf(domain, texts), dmarc(domain, policies), mx(domain, servers)]


def spf(domain: str, texts: list[str]) -> Finding:
    """RFC 7208: exactly one record; what it ends with is the domain's business."""
    found = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if len(found) == 1:
        return ok("SPF", f"{domain}: {found[0][:80]}")
    if not found:
        todo = f"Add a TXT record to {domain}; for Google Workspace: v=spf1 include:_spf.google.com ~all"
        return problem("SPF", f"{domain} has no record: much of the mail will land in spam", todo)
    return problem("SPF", f"{domain} has {len(found)} records, so none counts", "Merge them into one.")


def dmarc(domain: str, texts: list[str]) -> Finding:
    """RFC 7489: exactly one record with a policy."""
    found = [text for text in texts if text.replace(" ", "").lower().startswith("v=dmarc1;")]
    if len(found) == 1 and "p=" in found[0].replace(" ", "").lower():
        return ok("DMARC", f"{domain}: {found[0][:80]}")
    todo = f"Add one TXT record to _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
    return problem("DMARC", f"{domain} has {'no' if not found else 'no single valid'} record", todo)


def mx(domain: str, servers: list[str]) -> Finding:
    if servers:
        return ok("MX", f"{domain} takes mail at {servers[0]}")
    return problem("MX", f"{domain} takes no mail: answers and bounces can't arrive", "Add an MX record.")


async def links(settings: Settings) -> list[Finding]:
    """Readers reach unsubscribe links at PUBLIC_URL."""
    if settings.public_url is None:
        if not settings.mail_is_real:
            return []
        todo = "Set PUBLIC_URL to the https address that leads to PORT."
        return [problem("PUBLIC_URL", "is not set: nobody can reach an unsubscribe link", todo)]
    try:
        answer = await call("GET", f"{settings.public_url.rstrip('/')}/healthz")
    except Transient:
        return [note("PUBLIC_URL", f"{settings.public_url} does not answer; is the web process running?")]
    if answer.status == 200:
        return [ok("PUBLIC_URL", f"{settings.public_url} leads to us")]
    todo = "Let it lead to the port of the web process."
    return [problem("PUBLIC_URL", f"{settings.public_url}/healthz answers {answer.status}", todo)]
