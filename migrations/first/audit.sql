-- The audit log: append only, partitioned by month, chained by digests.

CREATE TABLE audit_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    at timestamptz DEFAULT now() NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    workspace_id uuid NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id uuid,
    reason text,
    salt text NOT NULL,
    payload_digest text NOT NULL,
    payload text,
    chain_digest text,
    CONSTRAINT pk_audit_log PRIMARY KEY (id, at),
    CONSTRAINT fk_audit_log_workspace_id
        FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
) PARTITION BY RANGE (at);
CREATE INDEX ix_audit_log_chain ON audit_log (workspace_id, chain_digest);
CREATE INDEX ix_audit_log_entity ON audit_log (entity_id, at);
CREATE INDEX ix_audit_log_recent ON audit_log (workspace_id, at);
CREATE INDEX ix_audit_log_unsealed ON audit_log (seq) WHERE chain_digest IS NULL;
