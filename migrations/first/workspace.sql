-- Workspaces, their people, what Slack sends us (inbox) and what we send it (outbox).

CREATE TABLE workspaces (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    team_id text NOT NULL,
    name text DEFAULT '' NOT NULL,
    timezone text DEFAULT 'UTC' NOT NULL,
    country text,
    company_name text,
    company_offer text,
    proof_points text[] DEFAULT '{}' NOT NULL,
    tone text DEFAULT '' NOT NULL,
    forbidden_words text[] DEFAULT '{}' NOT NULL,
    signature text,
    sender_name text,
    postal_address text,
    booking_link text,
    window_start time DEFAULT '09:00' NOT NULL,
    window_end time DEFAULT '17:00' NOT NULL,
    window_confirmed boolean DEFAULT false NOT NULL,
    open_tracking boolean DEFAULT true NOT NULL,
    allow_role_addresses boolean DEFAULT false NOT NULL,
    max_emails_per_day integer DEFAULT 500 NOT NULL,
    max_emails_per_domain integer DEFAULT 10 NOT NULL,
    sending_stopped_at timestamptz,
    sending_stopped_by text,
    briefing_channel text,
    drafts_channel text,
    alerts_channel text,
    muted_alerts text[] DEFAULT '{}' NOT NULL,
    setup_completed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_workspaces PRIMARY KEY (id),
    CONSTRAINT uq_workspaces_team_id UNIQUE (team_id)
);

CREATE TABLE members (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    slack_user_id text NOT NULL,
    name text DEFAULT '' NOT NULL,
    email text,
    timezone text,
    dm_channel text,
    is_admin boolean DEFAULT false NOT NULL,
    is_approver boolean DEFAULT false NOT NULL,
    greeted_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_members PRIMARY KEY (id),
    CONSTRAINT uq_members_workspace_id_slack_user_id UNIQUE (workspace_id, slack_user_id),
    CONSTRAINT fk_members_workspace_id FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE slack_installations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    enterprise_id text,
    team_id text,
    bot_token text NOT NULL,
    bot_user_id text NOT NULL,
    bot_id text,
    scopes text DEFAULT '' NOT NULL,
    installed_by text,
    refresh_token text,
    expires_at timestamptz,
    lease_token uuid,
    lease_until timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_slack_installations PRIMARY KEY (id),
    CONSTRAINT uq_slack_installations_enterprise_id_team_id UNIQUE NULLS NOT DISTINCT (enterprise_id, team_id)
);

CREATE TABLE slack_inbox (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    dedupe_key text NOT NULL,
    kind text NOT NULL,
    team_id text,
    body text NOT NULL,
    state text DEFAULT 'received' NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_token uuid,
    lease_until timestamptz,
    received_at timestamptz DEFAULT now() NOT NULL,
    finished_at timestamptz,
    error text,
    CONSTRAINT pk_slack_inbox PRIMARY KEY (id),
    CONSTRAINT uq_slack_inbox_dedupe_key UNIQUE (dedupe_key),
    CONSTRAINT ck_slack_inbox_valid_kind CHECK (kind IN (
        'event', 'command', 'action', 'view', 'shortcut', 'options'
    )),
    CONSTRAINT ck_slack_inbox_valid_state CHECK (state IN ('received', 'running', 'done', 'failed'))
);
CREATE INDEX ix_slack_inbox_open ON slack_inbox (lease_until) WHERE state IN ('received', 'running');
CREATE INDEX ix_slack_inbox_received_at ON slack_inbox (received_at);

CREATE TABLE slack_outbox (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    key text NOT NULL,
    channel_id text NOT NULL,
    thread_ts text,
    ephemeral_user text,
    payload text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    posted_version integer DEFAULT 0 NOT NULL,
    posted_channel text,
    posted_ts text,
    state text DEFAULT 'pending' NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    not_before timestamptz,
    lease_token uuid,
    lease_until timestamptz,
    error text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_slack_outbox PRIMARY KEY (id),
    CONSTRAINT uq_slack_outbox_workspace_id_key UNIQUE (workspace_id, key),
    CONSTRAINT ck_slack_outbox_valid_state CHECK (state IN ('pending', 'posting', 'posted', 'failed')),
    CONSTRAINT fk_slack_outbox_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_slack_outbox_channel ON slack_outbox (workspace_id, channel_id, seq);
CREATE INDEX ix_slack_outbox_posted ON slack_outbox (workspace_id, posted_channel, posted_ts);
CREATE INDEX ix_slack_outbox_due ON slack_outbox (not_before) WHERE state IN ('pending', 'posting');

CREATE TABLE user_contexts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id text NOT NULL,
    context jsonb NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_user_contexts PRIMARY KEY (id),
    CONSTRAINT uq_user_contexts_workspace_id_user_id UNIQUE (workspace_id, user_id),
    CONSTRAINT fk_user_contexts_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
