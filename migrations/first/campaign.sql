-- Campaigns, mailboxes, enrollments, suppressions.

CREATE TABLE campaigns (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    name text NOT NULL,
    goal text DEFAULT '' NOT NULL,
    type text DEFAULT 'immediate' NOT NULL,
    state text DEFAULT 'active' NOT NULL,
    approach text,
    language text,
    filter jsonb,
    waits integer[] DEFAULT '{0,3,4,5,7}' NOT NULL,
    answer_in_thread boolean DEFAULT true NOT NULL,
    starts_at timestamptz,
    leads_per_day integer,
    owner_user_id text,
    created_by text,
    channel_id text,
    thread_ts text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_campaigns PRIMARY KEY (id),
    CONSTRAINT ck_campaigns_drip CHECK (leads_per_day > 0),
    CONSTRAINT ck_campaigns_valid_type CHECK (type IN ('immediate', 'scheduled', 'drip')),
    CONSTRAINT ck_campaigns_valid_state CHECK (state IN (
        'draft', 'active', 'paused', 'completed', 'cancelled'
    )),
    CONSTRAINT fk_campaigns_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_campaigns_state ON campaigns (workspace_id, state, created_at);

CREATE TABLE mailboxes (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    provider text NOT NULL,
    address text NOT NULL,
    display_name text,
    reply_to text,
    credentials text NOT NULL,
    state text DEFAULT 'active' NOT NULL,
    error text,
    history_id text,
    polled_at timestamptz,
    daily_cap integer,
    ramp_started_at timestamptz,
    health text,
    next_send_at timestamptz,
    booked_until timestamptz,
    keeps_headers boolean,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_mailboxes PRIMARY KEY (id),
    CONSTRAINT uq_mailboxes_workspace_id_address UNIQUE (workspace_id, address),
    CONSTRAINT ck_mailboxes_valid_provider CHECK (provider IN ('gmail', 'smtp')),
    CONSTRAINT ck_mailboxes_valid_state CHECK (state IN ('active', 'disconnected')),
    CONSTRAINT fk_mailboxes_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_mailboxes_poll ON mailboxes (polled_at);

CREATE TABLE enrollments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    mailbox_id uuid,
    state text DEFAULT 'writing' NOT NULL,
    stop_reason text,
    held_until timestamptz,
    not_before timestamptz,
    experiment_id uuid,
    arm text,
    stand_in boolean DEFAULT false NOT NULL,
    thread_id text,
    channel_id text,
    thread_ts text,
    lease_token uuid,
    lease_until timestamptz,
    attempts integer DEFAULT 0 NOT NULL,
    error text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_enrollments PRIMARY KEY (id),
    CONSTRAINT uq_enrollments_campaign_id_lead_id UNIQUE (campaign_id, lead_id),
    CONSTRAINT ck_enrollments_valid_state CHECK (state IN (
        'writing', 'awaiting_approval', 'active', 'held', 'completed', 'stopped'
    )),
    CONSTRAINT ck_enrollments_valid_stop_reason CHECK (stop_reason IN (
        'replied', 'replied_by_hand', 'colleague_replied', 'bounced', 'unsubscribed', 'suppressed',
        'rejected', 'expired', 'cancelled', 'erased'
    )),
    CONSTRAINT fk_enrollments_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_enrollments_campaign_id
        FOREIGN KEY (campaign_id) REFERENCES campaigns (id) ON DELETE CASCADE,
    CONSTRAINT fk_enrollments_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE CASCADE,
    CONSTRAINT fk_enrollments_experiment_id
        FOREIGN KEY (experiment_id) REFERENCES experiments (id) ON DELETE SET NULL,
    CONSTRAINT fk_enrollments_mailbox_id FOREIGN KEY (mailbox_id) REFERENCES mailboxes (id) ON DELETE SET NULL
);
CREATE INDEX ix_enrollments_experiment ON enrollments (experiment_id, arm) WHERE experiment_id IS NOT NULL;
CREATE INDEX ix_enrollments_lead ON enrollments (lead_id, state);
CREATE INDEX ix_enrollments_writing ON enrollments (updated_at) WHERE state = 'writing';

CREATE TABLE suppressions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    kind text NOT NULL,
    value_hash text NOT NULL,
    value text,
    reason text NOT NULL,
    created_by text,
    created_at timestamptz NOT NULL,
    CONSTRAINT pk_suppressions PRIMARY KEY (id),
    CONSTRAINT uq_suppressions_workspace_id_kind_value_hash UNIQUE (workspace_id, kind, value_hash),
    CONSTRAINT ck_suppressions_valid_kind CHECK (kind IN ('address', 'domain')),
    CONSTRAINT fk_suppressions_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
