-- Ways in: searches for new leads with the candidates they proposed, and imported files.

CREATE TABLE lead_searches (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    request text NOT NULL,
    criteria jsonb NOT NULL,
    wanted integer NOT NULL,
    state text DEFAULT 'queued' NOT NULL,
    requested_by text,
    channel_id text,
    thread_ts text,
    cost_cap_cents numeric(12, 4) DEFAULT 100 NOT NULL,
    cost_cents numeric(12, 4) DEFAULT 0 NOT NULL,
    plan jsonb DEFAULT '{}' NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_token uuid,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    stop_requested_at timestamptz,
    error text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_lead_searches PRIMARY KEY (id),
    CONSTRAINT ck_lead_searches_valid_state CHECK (state IN (
        'queued', 'running', 'done', 'failed', 'stopped'
    )),
    CONSTRAINT fk_lead_searches_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_lead_searches_due ON lead_searches (lease_until) WHERE state IN ('queued', 'running');
CREATE INDEX ix_lead_searches_recent ON lead_searches (workspace_id, created_at);

CREATE TABLE lead_candidates (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    search_id uuid NOT NULL,
    key text NOT NULL,
    position integer NOT NULL,
    company text NOT NULL,
    company_domain text,
    website_url text,
    phone text,
    location text,
    person text,
    title text,
    email text,
    linkedin_url text,
    evidence jsonb DEFAULT '{}' NOT NULL,
    state text DEFAULT 'proposed' NOT NULL,
    lead_id uuid,
    decided_by text,
    decided_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_lead_candidates PRIMARY KEY (id),
    CONSTRAINT ck_lead_candidates_valid_state CHECK (state IN (
        'proposed', 'accepted', 'dismissed', 'known'
    )),
    CONSTRAINT uq_lead_candidates_search_id_key UNIQUE (search_id, key),
    CONSTRAINT fk_lead_candidates_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_lead_candidates_search_id
        FOREIGN KEY (search_id) REFERENCES lead_searches (id) ON DELETE CASCADE,
    CONSTRAINT fk_lead_candidates_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE SET NULL
);
CREATE INDEX ix_lead_candidates_search ON lead_candidates (search_id, position);
CREATE INDEX ix_lead_candidates_lead ON lead_candidates (lead_id);

CREATE TABLE lead_imports (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    file_id text NOT NULL,
    file_name text NOT NULL,
    content text,
    outline text,
    columns jsonb DEFAULT '{}' NOT NULL,
    state text DEFAULT 'asked' NOT NULL,
    requested_by text,
    channel_id text,
    thread_ts text,
    next_row integer DEFAULT 0 NOT NULL,
    rows integer DEFAULT 0 NOT NULL,
    added integer DEFAULT 0 NOT NULL,
    known integer DEFAULT 0 NOT NULL,
    refused integer DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_token uuid,
    lease_until timestamptz,
    finished_at timestamptz,
    stop_requested_at timestamptz,
    error text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_lead_imports PRIMARY KEY (id),
    CONSTRAINT ck_lead_imports_valid_state CHECK (state IN (
        'asked', 'queued', 'running', 'done', 'failed', 'stopped'
    )),
    CONSTRAINT uq_lead_imports_workspace_id_file_id UNIQUE (workspace_id, file_id),
    CONSTRAINT fk_lead_imports_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_lead_imports_due ON lead_imports (lease_until) WHERE state IN ('queued', 'running');
CREATE INDEX ix_lead_imports_recent ON lead_imports (workspace_id, created_at);

CREATE TABLE lead_import_refusals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    import_id uuid NOT NULL,
    row integer NOT NULL,
    cells text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT pk_lead_import_refusals PRIMARY KEY (id),
    CONSTRAINT uq_lead_import_refusals_import_id_row UNIQUE (import_id, row),
    CONSTRAINT fk_lead_import_refusals_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_lead_import_refusals_import_id
        FOREIGN KEY (import_id) REFERENCES lead_imports (id) ON DELETE CASCADE
);
