-- Threads, their turns, transcript and tool calls; notifications.

CREATE TABLE conversation_threads (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    user_id text NOT NULL,
    channel_id text NOT NULL,
    thread_id text NOT NULL,
    title text,
    created_at timestamptz DEFAULT now() NOT NULL,
    last_message_at timestamptz DEFAULT now() NOT NULL,
    message_count integer DEFAULT 0 NOT NULL,
    CONSTRAINT pk_conversation_threads PRIMARY KEY (id),
    CONSTRAINT uq_conversation_threads_workspace_id_channel_id_thread_id UNIQUE (workspace_id, channel_id, thread_id),
    CONSTRAINT fk_conversation_threads_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_conversation_threads_last ON conversation_threads (workspace_id, user_id, last_message_at);

CREATE TABLE turns (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    conversation_id uuid NOT NULL,
    inbox_id uuid,
    user_id text NOT NULL,
    message_ts text NOT NULL,
    state text DEFAULT 'queued' NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    lease_token uuid,
    lease_until timestamptz,
    stop_requested_at timestamptz,
    stream_ts text,
    posted_ts text,
    created_at timestamptz DEFAULT now() NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    error text,
    CONSTRAINT pk_turns PRIMARY KEY (id),
    CONSTRAINT uq_turns_inbox_id UNIQUE (inbox_id),
    CONSTRAINT ck_turns_valid_state CHECK (state IN ('queued', 'running', 'done', 'stopped', 'failed')),
    CONSTRAINT fk_turns_workspace_id FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_turns_conversation_id
        FOREIGN KEY (conversation_id) REFERENCES conversation_threads (id) ON DELETE CASCADE
);
CREATE INDEX ix_turns_conversation ON turns (conversation_id, seq);
CREATE INDEX ix_turns_open ON turns (lease_until) WHERE state IN ('queued', 'running');
CREATE UNIQUE INDEX uq_turns_running ON turns (conversation_id) WHERE state = 'running';

CREATE TABLE conversation_messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    conversation_id uuid NOT NULL,
    turn_id uuid,
    role text NOT NULL,
    content text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_conversation_messages PRIMARY KEY (id),
    CONSTRAINT ck_conversation_messages_valid_role CHECK (role IN ('user', 'assistant', 'tool')),
    CONSTRAINT fk_conversation_messages_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_conversation_messages_conversation_id
        FOREIGN KEY (conversation_id) REFERENCES conversation_threads (id) ON DELETE CASCADE,
    CONSTRAINT fk_conversation_messages_turn_id FOREIGN KEY (turn_id) REFERENCES turns (id) ON DELETE CASCADE
);
CREATE INDEX ix_conversation_messages_order ON conversation_messages (conversation_id, seq);
CREATE INDEX ix_conversation_messages_turn ON conversation_messages (turn_id);

CREATE TABLE tool_calls (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    turn_id uuid NOT NULL,
    call_id text NOT NULL,
    name text NOT NULL,
    effect text NOT NULL,
    arguments text NOT NULL,
    result text NOT NULL,
    failed boolean DEFAULT false NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_tool_calls PRIMARY KEY (id),
    CONSTRAINT uq_tool_calls_turn_id_call_id UNIQUE (turn_id, call_id),
    CONSTRAINT ck_tool_calls_valid_effect CHECK (effect IN ('read', 'write', 'send')),
    CONSTRAINT fk_tool_calls_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE,
    CONSTRAINT fk_tool_calls_turn_id FOREIGN KEY (turn_id) REFERENCES turns (id) ON DELETE CASCADE
);

CREATE TABLE agent_notifications (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    workspace_id uuid NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    user_id text,
    type text NOT NULL,
    title text NOT NULL,
    content text NOT NULL,
    priority text DEFAULT 'medium' NOT NULL,
    read boolean DEFAULT false NOT NULL,
    actionable boolean DEFAULT false NOT NULL,
    actions jsonb,
    outbox_key text,
    CONSTRAINT pk_agent_notifications PRIMARY KEY (id),
    CONSTRAINT ck_agent_notifications_valid_priority CHECK (priority IN ('low', 'medium', 'high')),
    CONSTRAINT fk_agent_notifications_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);
CREATE INDEX ix_agent_notifications_recent ON agent_notifications (workspace_id, created_at);
