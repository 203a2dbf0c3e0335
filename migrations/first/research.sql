-- Research runs, their steps, the pages they read, the facts they found, and what it all cost.

CREATE TABLE research_runs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    depth text DEFAULT 'standard' NOT NULL,
    state text DEFAULT 'queued' NOT NULL,
    requested_by text,
    channel_id text,
    thread_ts text,
    then_write boolean DEFAULT true NOT NULL,
    cost_cap_cents numeric(12, 4) DEFAULT 25 NOT NULL,
    cost_cents numeric(12, 4) DEFAULT 0 NOT NULL,
    plan jsonb DEFAULT '{}' NOT NULL,
    missing text[] DEFAULT '{}' NOT NULL,
    quality integer,
    attempts integer DEFAULT 0 NOT NULL,
    lease_token uuid,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    stop_requested_at timestamptz,
    error text,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_research_runs PRIMARY KEY (id),
    CONSTRAINT ck_research_runs_valid_depth CHECK (depth IN ('quick', 'standard', 'deep')),
    CONSTRAINT ck_research_runs_valid_state CHECK (state IN (
        'queued', 'running', 'done', 'failed', 'stopped'
    )),
    CONSTRAINT fk_research_runs_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_research_runs_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE CASCADE
);
CREATE INDEX ix_research_runs_due ON research_runs (lease_until) WHERE state IN ('queued', 'running');
CREATE INDEX ix_research_runs_lead ON research_runs (lead_id, created_at);
CREATE UNIQUE INDEX uq_research_runs_open ON research_runs (lead_id) WHERE state IN ('queued', 'running');

CREATE TABLE lead_research (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    run_id uuid,
    step_key text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    tool_used text NOT NULL,
    tool_version text,
    state text DEFAULT 'ok' NOT NULL,
    research_data jsonb DEFAULT '{}' NOT NULL,
    research_notes text,
    personalization_context text,
    data_quality_score integer,
    processing_time_ms integer,
    cost_cents numeric(12, 4) DEFAULT 0 NOT NULL,
    CONSTRAINT pk_lead_research PRIMARY KEY (id),
    CONSTRAINT ck_lead_research_valid_tool CHECK (tool_used IN (
        'google_search', 'brave_search', 'searxng', 'browseruse', 'fetch', 'apify', 'manual', 'pattern'
    )),
    CONSTRAINT ck_lead_research_valid_state CHECK (state IN ('ok', 'empty', 'failed', 'skipped')),
    CONSTRAINT ck_lead_research_valid_quality CHECK (data_quality_score BETWEEN 0 AND 100),
    CONSTRAINT uq_lead_research_run_id_step_key UNIQUE (run_id, step_key),
    CONSTRAINT fk_lead_research_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_lead_research_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE CASCADE,
    CONSTRAINT fk_lead_research_run_id FOREIGN KEY (run_id) REFERENCES research_runs (id) ON DELETE CASCADE
);
CREATE INDEX ix_lead_research_data ON lead_research USING gin (research_data);
CREATE INDEX ix_lead_research_lead ON lead_research (lead_id, created_at);

CREATE TABLE evidence_pages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    url text NOT NULL,
    canonical_url text NOT NULL,
    title text,
    retrieved_at timestamptz NOT NULL,
    content_hash text NOT NULL,
    content bytea NOT NULL,
    status_code integer,
    via text NOT NULL,
    CONSTRAINT pk_evidence_pages PRIMARY KEY (id),
    CONSTRAINT uq_evidence_pages_workspace_id_canonical_url_content_hash UNIQUE (workspace_id, canonical_url, content_hash),
    CONSTRAINT fk_evidence_pages_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE facts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    run_id uuid,
    page_id uuid,
    field text NOT NULL,
    value text NOT NULL,
    quote text NOT NULL,
    url text,
    source text NOT NULL,
    confidence numeric(4, 3) DEFAULT 1 NOT NULL,
    published_on date,
    retrieved_at timestamptz NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_facts PRIMARY KEY (id),
    CONSTRAINT ck_facts_valid_source CHECK (source IN ('code', 'model', 'provider', 'person')),
    CONSTRAINT ck_facts_valid_confidence CHECK (confidence BETWEEN 0 AND 1),
    CONSTRAINT uq_facts_lead_id_field_value_url UNIQUE NULLS NOT DISTINCT (lead_id, field, value, url),
    CONSTRAINT fk_facts_workspace_id FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_facts_lead_id FOREIGN KEY (lead_id) REFERENCES leads (id) ON DELETE CASCADE,
    CONSTRAINT fk_facts_run_id FOREIGN KEY (run_id) REFERENCES research_runs (id) ON DELETE SET NULL,
    CONSTRAINT fk_facts_page_id FOREIGN KEY (page_id) REFERENCES evidence_pages (id) ON DELETE SET NULL
);
CREATE INDEX ix_facts_lead ON facts (lead_id, field);
CREATE INDEX ix_facts_page ON facts (page_id);
CREATE INDEX ix_facts_run ON facts (run_id);

CREATE TABLE api_usage (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    timestamp timestamptz DEFAULT now() NOT NULL,
    workspace_id uuid NOT NULL,
    service text NOT NULL,
    endpoint text,
    model text,
    tokens_used integer,
    cost_cents numeric(12, 4) DEFAULT 0 NOT NULL,
    lead_id uuid,
    run_id uuid,
    response_time_ms integer,
    error text,
    CONSTRAINT pk_api_usage PRIMARY KEY (id, timestamp),
    CONSTRAINT fk_api_usage_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) PARTITION BY RANGE (timestamp);
CREATE INDEX ix_api_usage_recent ON api_usage (workspace_id, timestamp);
CREATE INDEX ix_api_usage_service ON api_usage (workspace_id, service, timestamp);

CREATE TABLE service_quotas (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    service text NOT NULL,
    day date NOT NULL,
    requests integer DEFAULT 0 NOT NULL,
    cents numeric(12, 4) DEFAULT 0 NOT NULL,
    CONSTRAINT pk_service_quotas PRIMARY KEY (id),
    CONSTRAINT uq_service_quotas_workspace_id_service_day UNIQUE (workspace_id, service, day),
    CONSTRAINT fk_service_quotas_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_service_quotas_day ON service_quotas (day, service);
