-- Experiments: which arm each lead's sequence was written by, so that replies can be compared.

CREATE TABLE experiments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    name text NOT NULL,
    dimension text NOT NULL,
    arms text[] NOT NULL,
    baseline double precision NOT NULL,
    target double precision NOT NULL,
    state text DEFAULT 'running' NOT NULL,
    created_by text,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    CONSTRAINT pk_experiments PRIMARY KEY (id),
    CONSTRAINT ck_experiments_valid_dimension CHECK (dimension IN ('model', 'prompt', 'approach')),
    CONSTRAINT ck_experiments_valid_state CHECK (state IN ('running', 'ended')),
    CONSTRAINT ck_experiments_arms CHECK (cardinality(arms) BETWEEN 2 AND 5),
    CONSTRAINT ck_experiments_rates CHECK (baseline > 0 AND baseline < target AND target < 1),
    CONSTRAINT fk_experiments_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_experiments_running ON experiments (workspace_id) WHERE state = 'running';
CREATE INDEX ix_experiments_recent ON experiments (workspace_id, created_at);
