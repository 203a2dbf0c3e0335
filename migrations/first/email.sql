-- Approvals, emails, what came in, templates, and the log of what happened to each email.

CREATE TABLE approvals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    kind text DEFAULT 'sequence' NOT NULL,
    lead_id uuid NOT NULL,
    enrollment_id uuid,
    reply_id uuid,
    state text DEFAULT 'pending' NOT NULL,
    content_hash text NOT NULL,
    channel_id text,
    thread_ts text,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_by text,
    decided_at timestamptz,
    reason text,
    CONSTRAINT pk_approvals PRIMARY KEY (id),
    CONSTRAINT ck_approvals_valid_state CHECK (state IN (
        'pending', 'approved', 'rejected', 'expired', 'void'
    )),
    CONSTRAINT ck_approvals_valid_kind CHECK (kind IN ('sequence', 'answer', 'test')),
    CONSTRAINT fk_approvals_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_approvals_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE CASCADE,
    CONSTRAINT fk_approvals_enrollment_id
        FOREIGN KEY (enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE
);
CREATE INDEX ix_approvals_enrollment ON approvals (enrollment_id);
CREATE INDEX ix_approvals_lead ON approvals (lead_id);
CREATE INDEX ix_approvals_rejected ON approvals (workspace_id, decided_at) WHERE state = 'rejected';
CREATE INDEX ix_approvals_open ON approvals (workspace_id, expires_at) WHERE state = 'pending';

CREATE TABLE email_campaigns (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    campaign_id uuid,
    enrollment_id uuid,
    approval_id uuid,
    mailbox_id uuid,
    reply_id uuid,
    kind text DEFAULT 'sequence' NOT NULL,
    state text DEFAULT 'draft' NOT NULL,
    email_sequence integer,
    to_email text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    from_email text NOT NULL,
    reply_to text,
    language text,
    claims jsonb DEFAULT '{}' NOT NULL,
    content_hash text NOT NULL,
    approved_hash text,
    judge_score integer,
    template_used boolean DEFAULT false NOT NULL,
    scheduled_for timestamptz,
    sent_at timestamptz,
    gate text,
    gate_reason text,
    send_token text,
    draft_id text,
    draft_message_id text,
    history_id text,
    claimed_at timestamptz,
    lease_token uuid,
    lease_until timestamptz,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    opened boolean DEFAULT false NOT NULL,
    opened_at timestamptz,
    clicked boolean DEFAULT false NOT NULL,
    clicked_at timestamptz,
    replied boolean DEFAULT false NOT NULL,
    replied_at timestamptz,
    bounced boolean DEFAULT false NOT NULL,
    bounce_type text,
    unsubscribed boolean DEFAULT false NOT NULL,
    message_id text,
    provider_message_id text,
    thread_id text,
    personalization_tokens jsonb,
    ai_model_used text,
    ai_prompt_version text,
    cost_cents numeric(12, 4) DEFAULT 0 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_email_campaigns PRIMARY KEY (id),
    CONSTRAINT ck_email_campaigns_valid_kind CHECK (kind IN ('sequence', 'answer', 'test')),
    CONSTRAINT ck_email_campaigns_valid_state CHECK (state IN (
        'draft', 'pending', 'approved', 'scheduled', 'claimed', 'created', 'sent', 'unknown', 'failed',
        'cancelled', 'rejected'
    )),
    CONSTRAINT ck_email_campaigns_valid_sequence
        CHECK ((kind = 'sequence' AND email_sequence BETWEEN 1 AND 5) OR (kind <> 'sequence' AND email_sequence IS NULL)),
    CONSTRAINT fk_email_campaigns_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_email_campaigns_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE CASCADE,
    CONSTRAINT fk_email_campaigns_campaign_id
        FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,
    CONSTRAINT fk_email_campaigns_enrollment_id
        FOREIGN KEY (enrollment_id) REFERENCES enrollments (id) ON DELETE CASCADE,
    CONSTRAINT fk_email_campaigns_approval_id
        FOREIGN KEY (approval_id) REFERENCES approvals (id) ON DELETE SET NULL,
    CONSTRAINT fk_email_campaigns_mailbox_id
        FOREIGN KEY (mailbox_id) REFERENCES mailboxes (id) ON DELETE SET NULL
);
CREATE INDEX ix_email_campaigns_approval ON email_campaigns (approval_id);
CREATE INDEX ix_email_campaigns_campaign ON email_campaigns (campaign_id);
CREATE INDEX ix_email_campaigns_due ON email_campaigns (scheduled_for, lead_id, id) WHERE state = 'scheduled';
CREATE INDEX ix_email_campaigns_enrollment ON email_campaigns (enrollment_id);
CREATE INDEX ix_email_campaigns_lead ON email_campaigns (lead_id);
CREATE INDEX ix_email_campaigns_leaving ON email_campaigns (workspace_id)
    WHERE state IN ('claimed', 'created', 'unknown') AND sent_at IS NULL;
CREATE INDEX ix_email_campaigns_open ON email_campaigns (lease_until) WHERE state IN ('claimed', 'created');
CREATE INDEX ix_email_campaigns_sent ON email_campaigns (workspace_id, mailbox_id, sent_at)
    WHERE sent_at IS NOT NULL;
CREATE INDEX ix_email_campaigns_thread ON email_campaigns (workspace_id, thread_id);
CREATE UNIQUE INDEX uq_email_campaigns_message_id ON email_campaigns (workspace_id, message_id);
CREATE UNIQUE INDEX uq_email_campaigns_step ON email_campaigns (enrollment_id, email_sequence)
    WHERE kind = 'sequence';

CREATE TABLE inbound_emails (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    provider_message_id text NOT NULL,
    message_id text,
    thread_id text,
    kind text NOT NULL,
    email_id uuid,
    enrollment_id uuid,
    lead_id uuid,
    from_email text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    received_at timestamptz NOT NULL,
    sentiment text,
    summary text,
    returns_on date,
    bounce_type text,
    outcome text,
    outcome_by text,
    lease_token uuid,
    lease_until timestamptz,
    answered boolean DEFAULT false NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_inbound_emails PRIMARY KEY (id),
    CONSTRAINT ck_inbound_emails_valid_kind CHECK (kind IN (
        'human', 'auto_reply', 'dsn', 'opt_out', 'by_hand', 'unrelated'
    )),
    CONSTRAINT ck_inbound_emails_valid_outcome CHECK (outcome IN ('meeting', 'won', 'lost', 'later')),
    CONSTRAINT uq_inbound_emails_mailbox_id_provider_message_id UNIQUE (mailbox_id, provider_message_id),
    CONSTRAINT fk_inbound_emails_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_inbound_emails_mailbox_id
        FOREIGN KEY (mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE,
    CONSTRAINT fk_inbound_emails_email_id
        FOREIGN KEY (email_id) REFERENCES email_campaigns (id) ON DELETE SET NULL,
    CONSTRAINT fk_inbound_emails_enrollment_id
        FOREIGN KEY (enrollment_id) REFERENCES enrollments (id) ON DELETE SET NULL,
    CONSTRAINT fk_inbound_emails_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE CASCADE
);
CREATE INDEX ix_inbound_emails_email ON inbound_emails (email_id);
CREATE INDEX ix_inbound_emails_enrollment ON inbound_emails (enrollment_id);
CREATE INDEX ix_inbound_emails_lead ON inbound_emails (lead_id);
CREATE INDEX ix_inbound_emails_recent ON inbound_emails (workspace_id, received_at);
CREATE INDEX ix_inbound_emails_unanswered ON inbound_emails (lease_until)
    WHERE kind = 'human' AND NOT answered;

CREATE TABLE email_templates (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    name text NOT NULL,
    subject_template text NOT NULL,
    body_template text NOT NULL,
    variables text[] DEFAULT '{}' NOT NULL,
    sequence_type text,
    language text DEFAULT 'en' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_email_templates PRIMARY KEY (id),
    CONSTRAINT uq_email_templates_workspace_id_name UNIQUE (workspace_id, name),
    CONSTRAINT fk_email_templates_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE email_events (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    at timestamptz DEFAULT now() NOT NULL,
    workspace_id uuid NOT NULL,
    email_id uuid NOT NULL,
    lead_id uuid,
    campaign_id uuid,
    type text NOT NULL,
    detail jsonb DEFAULT '{}' NOT NULL,
    machine boolean DEFAULT false NOT NULL,
    CONSTRAINT pk_email_events PRIMARY KEY (id, at),
    CONSTRAINT fk_email_events_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) PARTITION BY RANGE (at);
CREATE INDEX ix_email_events_email ON email_events (email_id, at);
CREATE INDEX ix_email_events_recent ON email_events (workspace_id, at);
