"""Writing and sending against the sandbox's Gmail and model: real clients, real Postgres, two still clocks."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from aiohttp import web
from aiohttp.test_utils import TestServer

from db.cards import ApprovalCard
from db.models.campaign import Enrollment
from db.models.email import EmailCampaign, InboundEmail
from db.models.lead import Lead
from db.queries import approval, campaign, due, enrollment, evidence, inbound_email, mailbox, workspace
from db.queries import email as emails
from db.queries import lead as leads
from db.queries.evidence import NewFact
from db.queries.lead import NewLead
from db.session import Database
from db.types import EnrollmentId, FactSource, LeadId, MailProvider, WorkspaceId
from local.sandbox import gmail, mailboxes, openai
from local.sandbox.clock import WorldClock
from local.sandbox.context import Accounts, Sandbox
from local.sandbox.faults import Fault
from local.sandbox.store import Store
from local.sandbox.world import Person
from pipeline.clients.llm import open_gemini, open_llm
from pipeline.clients.mail import open_mail
from pipeline.clock import ManualClock
from pipeline.crypto import Digester
from pipeline.deps import Deps
from pipeline.jobs import decide
from pipeline.jobs.answer import write_answer
from pipeline.jobs.dispatch import dispatch
from pipeline.jobs.inbound import poll_mailbox
from pipeline.jobs.send import send_email
from pipeline.jobs.write import write_sequence
from pipeline.messages import Message, Silent
from pipeline.settings import Settings

APPROVER = "U0APPROVER"
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


class SharedClock(ManualClock):
    """Both clocks stand still until told to jump; the sandbox reads business time from the same file."""

    def __init__(self, path: Path, now: datetime = MONDAY) -> None:
        super().__init__(now)
        self._path = path
        self._write()

    def jump(self, by: timedelta, *, wall: timedelta | None = None) -> None:
        super().jump(by, wall=wall)
        self._write()

    def jump_to(self, moment: datetime) -> None:
        if moment > self.now():
            self.jump(moment - self.now())

    def _write(self) -> None:
        anchor = {"wall": time.time(), "business": self.now().timestamp(), "speed": 0}
        self._path.write_text(json.dumps(anchor))


@dataclass
class MailWorld:
    deps: Deps
    box: Sandbox
    workspace: WorkspaceId
    clock: SharedClock
    notifier: Silent
    url: str
    woken: list[Any] = field(default_factory=list)

    def person(self, character: str) -> Person:
        return next(person for person in self.box.world.people if person.character == character)

    def break_gmail(self, kind: str, match: str = "", times: int = 1, **options: Any) -> None:
        self.box.faults.arm(Fault("gmail", kind, times, match, options))

    def break_model(self, kind: str, times: int = 1, match: str = "", **options: Any) -> None:
        self.box.faults.arm(Fault("openai", kind, times, match, options))

    def told(self, kind: type) -> list[Message]:
        return [message for _, message in self.notifier.told if isinstance(message, kind)]

    async def lead(self, person: Person, **changes: Any) -> LeadId:
        """A researched lead with two facts."""
        company = self.box.world.company(person.company_key)
        now = self.clock.now()
        async with self.deps.db.transaction(self.workspace) as tx:
            row, _ = await leads.add(
                tx.session,
                self.workspace,
                NewLead(name=person.name, email=person.email, company=company.name, title=person.title),
                created_by=APPROVER,
                now=now,
            )
            values = {
                "company_domain": company.domain,
                "status": "researched",
                "qualified": True,
                "score": 80,
                "timezone": "UTC",
                "language": "en",
                **changes,
            }
            await leads.update(tx.session, self.workspace, LeadId(row.id), values, now=now)
            for news in company.news[:2]:
                await evidence.add_fact(
                    tx.session,
                    self.workspace,
                    NewFact(
                        lead_id=LeadId(row.id),
                        run_id=None,
                        page_id=None,
                        field="news",
                        value=news.title,
                        quote=f"{news.title} {news.body}",
                        url=f"https://{company.host}/news",
                        source=FactSource.MODEL,
                        confidence=Decimal(1),
                        published_on=news.date,
                        retrieved_at=now,
                    ),
                    now=now,
                )
        return LeadId(row.id)

    async def enroll(self, lead_id: LeadId, campaign_id: UUID | None = None) -> EnrollmentId:
        async with self.deps.db.transaction(self.workspace) as tx:
            made = await campaign.enroll(
                tx.session,
                self.workspace,
                lead_id=lead_id,
                campaign_id=campaign_id,
                owner_user_id=APPROVER,
                channel_id="C1",
                thread_ts="1.1",
                now=self.clock.now(),
            )
        assert made is not None
        return made

    async def write(self, enrollment_id: UUID) -> None:
        await write_sequence(self.deps, workspace_id=str(self.workspace), enrollment_id=str(enrollment_id))

    async def card(self) -> ApprovalCard:
        """The one question that is open."""
        async with self.deps.db.transaction(self.workspace) as tx:
            (one,) = await approval.pending(tx.session, self.workspace)
            card = await approval.load_approval_card(tx.session, self.workspace, one.id)
        assert card is not None
        return card

    async def approve(self) -> None:
        card = await self.card()
        async with self.deps.db.transaction(self.workspace) as tx:
            await decide.approve(
                self.deps,
                tx,
                card.id,
                user_id=APPROVER,
                content_hash=card.content_hash,
                now=self.clock.now(),
            )

    async def approved(self, character: str = "silent", **changes: Any) -> tuple[LeadId, EnrollmentId]:
        """A lead whose sequence was written and approved."""
        lead_id = await self.lead(self.person(character), **changes)
        enrollment_id = await self.enroll(lead_id)
        await self.write(enrollment_id)
        await self.approve()
        return lead_id, enrollment_id

    async def sequence(self, enrollment_id: UUID) -> list[EmailCampaign]:
        async with self.deps.db.transaction(self.workspace) as tx:
            return await emails.of_enrollment(tx.session, self.workspace, enrollment_id)

    async def email(self, email_id: UUID) -> EmailCampaign:
        async with self.deps.db.transaction(self.workspace) as tx:
            found = await emails.get(tx.session, self.workspace, email_id)
        assert found is not None
        return found

    async def enrollment(self, enrollment_id: UUID) -> Enrollment:
        async with self.deps.db.transaction(self.workspace) as tx:
            found = await enrollment.get(tx.session, self.workspace, enrollment_id)
        assert found is not None
        return found

    async def lead_row(self, lead_id: UUID) -> Lead:
        async with self.deps.db.transaction(self.workspace) as tx:
            found = await leads.get(tx.session, self.workspace, LeadId(lead_id))
        assert found is not None
        return found

    async def inbound(self) -> list[InboundEmail]:
        async with self.deps.db.transaction(self.workspace) as tx:
            return await inbound_email.recent(tx.session, self.workspace)

    async def poll(self) -> None:
        """Everybody who wants to answer does, and the mailbox is read."""
        mailboxes.post_due(self.box, time.time() + 3600)
        async with self.deps.db.transaction(self.workspace) as tx:
            ours = await mailbox.listing(tx.session, self.workspace)
        for one in ours:
            await poll_mailbox(self.deps, workspace_id=str(self.workspace), mailbox_id=str(one.id))

    async def dispatch(self) -> None:
        await dispatch(self.deps, workspace_id=str(self.workspace))

    async def send_open(self) -> None:
        """What the sweep would wake: every send of this workspace that nobody works on."""
        async with self.deps.db.across() as tx:
            found = await due.open_sends(tx.session, self.clock.wall())
        for one in found:
            if one.workspace_id == self.workspace:
                await send_email(self.deps, workspace_id=str(self.workspace), email_id=str(one.id))

    async def send_due(self) -> None:
        """One round: read mail, dispatch, send."""
        await self.poll()
        await self.dispatch()
        await self.send_open()

    async def send_step(self, enrollment_id: UUID, number: int) -> EmailCampaign:
        """Wait for the step's slot and send it."""
        row = (await self.sequence(enrollment_id))[number - 1]
        if row.scheduled_for:
            self.clock.jump_to(row.scheduled_for)
        await self.send_due()
        return await self.email(row.id)

    async def answer(self, reply_id: UUID) -> None:
        await write_answer(self.deps, workspace_id=str(self.workspace), reply_id=str(reply_id))

    def delivered(self, to: str | None = None) -> list[Any]:
        """What really left, as the sandbox saw it."""
        rows = self.box.store.all("SELECT * FROM mail_deliveries ORDER BY id")
        return [row for row in rows if to is None or row["recipient"] == to]


def settings_values(box: Sandbox, url: str, database_url: str) -> dict[str, Any]:
    accounts: Accounts = box.accounts
    return {
        "database_url": database_url,
        "redis_url": "redis://127.0.0.1:1",
        "encryption_key": "a test's key",
        "slack_api_url": f"{url}api/",
        "slack_bot_token": accounts.slack_bot_token,
        "slack_app_token": accounts.slack_app_token,
        "openai_api_key": accounts.openai_api_key,
        "openai_base_url": f"{url}openai/v1",
        "google_ai_api_key": accounts.gemini_api_key,
        "gemini_base_url": f"{url}gemini/v1beta/openai/",
        "gmail_api_url": url,
        "google_token_url": f"{url}google/token",
        "gmail_client_id": accounts.gmail_client_id,
        "gmail_client_secret": accounts.gmail_client_secret,
        "public_url": "https://rm.example",
        "stand_ins": "slack,model,research,mail",
    }


def settings_for(box: Sandbox, url: str, database_url: str, **changes: Any) -> Settings:
    return Settings(_env_file=None, **{**settings_values(box, url, database_url), **changes})  # pyright: ignore[reportCallIssue]


@asynccontextmanager
async def mail_world(
    database: Database, workspace_id: WorkspaceId, database_url: str, folder: Path, **changes: Any
) -> AsyncIterator[MailWorld]:
    clock = SharedClock(folder / "clock")
    box = Sandbox(Store(":memory:"), WorldClock(folder / "clock"), base_url="", events_url="")
    app = web.Application()
    app.add_routes([*gmail.routes(box), *openai.routes(box)])
    async with TestServer(app) as server:
        url = str(server.make_url("/"))
        settings = settings_for(box, url, database_url, **changes)
        notifier = Silent()
        absent = cast(Any, None)  # research and Redis play no part here
        deps = Deps(
            settings=settings,
            clock=clock,
            db=database,
            redis=absent,
            notifier=notifier,
            digester=Digester("test"),
            llm=open_llm(settings, clock),
            research=absent,
            mail=open_mail(settings, clock),
            gemini=open_gemini(settings, clock),
        )
        world = MailWorld(deps, box, workspace_id, clock, notifier, url)
        await _set_up(world)
        yield world
    box.store.close()


async def _set_up(world: MailWorld) -> None:
    now, accounts = world.clock.now(), world.box.accounts
    async with world.deps.db.transaction(world.workspace) as tx:
        await workspace.update_settings(
            tx.session,
            world.workspace,
            now=now,
            timezone="UTC",
            company_name="Rainmaker Demo",
            company_offer="We help teams answer their customers faster.",
            proof_points=["Teams answer twice as fast after a month."],
            sender_name="Sam Rivers",
            postal_address="1 Main Street, Springfield",
        )
        await workspace.upsert_member(
            tx.session,
            world.workspace,
            APPROVER,
            now=now,
            name="Ann",
            email="ann@rainmaker-demo.example",
            is_approver=True,
        )
        await mailbox.connect(
            tx.session,
            world.workspace,
            provider=MailProvider.GMAIL,
            address=accounts.mailbox,
            credentials={"refresh_token": accounts.gmail_refresh_token},
            display_name="Sam Rivers",
            reply_to=None,
            now=now,
        )
