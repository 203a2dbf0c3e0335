-- Scheduled tasks and their runs.

CREATE TABLE scheduled_tasks (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    task_type text NOT NULL,
    description text NOT NULL,
    cron_expression text,
    run_at timestamptz,
    recurrence text,
    timezone text DEFAULT 'UTC' NOT NULL,
    parameters jsonb,
    active boolean DEFAULT true NOT NULL,
    missed text DEFAULT 'run_once' NOT NULL,
    created_by text,
    user_id text,
    channel_id text,
    last_execution timestamptz,
    next_execution timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_scheduled_tasks PRIMARY KEY (id),
    CONSTRAINT ck_scheduled_tasks_has_time CHECK (run_at IS NOT NULL OR cron_expression IS NOT NULL),
    CONSTRAINT ck_scheduled_tasks_valid_missed CHECK (missed IN ('run_once', 'skip')),
    CONSTRAINT fk_scheduled_tasks_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_scheduled_tasks_due ON scheduled_tasks (next_execution) WHERE active;
CREATE UNIQUE INDEX uq_scheduled_tasks_builtin ON scheduled_tasks (workspace_id, task_type)
    WHERE created_by = 'rainmaker';

CREATE TABLE task_executions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    task_id uuid NOT NULL,
    scheduled_for timestamptz NOT NULL,
    executed_at timestamptz DEFAULT now() NOT NULL,
    status text NOT NULL,
    error text,
    duration_ms integer,
    attempts integer DEFAULT 0 NOT NULL,
    lease_token uuid,
    lease_until timestamptz,
    CONSTRAINT pk_task_executions PRIMARY KEY (id),
    CONSTRAINT uq_task_executions_task_id_scheduled_for UNIQUE (task_id, scheduled_for),
    CONSTRAINT ck_task_executions_valid_status CHECK (status IN (
        'running', 'completed', 'failed', 'skipped'
    )),
    CONSTRAINT fk_task_executions_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_task_executions_task_id
        FOREIGN KEY (task_id) REFERENCES scheduled_tasks (id) ON DELETE CASCADE
);
CREATE INDEX ix_task_executions_open ON task_executions (lease_until) WHERE status = 'running';
