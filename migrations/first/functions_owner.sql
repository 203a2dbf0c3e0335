-- A team's workspace, made if it is new. It runs as its caller: row-level security checks the insert.
CREATE FUNCTION rm_create_workspace(team_id text, name text, timezone text) RETURNS uuid
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
DECLARE
    before text := coalesce(current_setting('app.workspace_id', true), '');
    made uuid := coalesce(rm_workspace_by_team(rm_create_workspace.team_id), gen_random_uuid());
BEGIN
    PERFORM set_config('app.workspace_id', made::text, true);
    INSERT INTO workspaces (id, team_id, name, timezone)
    VALUES (made, rm_create_workspace.team_id, rm_create_workspace.name, rm_create_workspace.timezone)
    ON CONFLICT DO NOTHING;
    PERFORM set_config('app.workspace_id', before, true);
    RETURN rm_workspace_by_team(rm_create_workspace.team_id);  -- another process may have been first
END
$$;

-- Month partitions from the month of `first` on. It runs as the tables' owner, the only one who may make them.
-- A month whose rows went into the default partition already stays there.
CREATE FUNCTION rm_ensure_partitions(first timestamptz, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET timezone = 'UTC'
AS $$
DECLARE
    parent text;
    month timestamptz;
    partition text;
    made integer := 0;
BEGIN
    IF months NOT BETWEEN 1 AND 60 THEN
        RAISE EXCEPTION 'months must be between 1 and 60';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('rm_ensure_partitions'));
    FOREACH parent IN ARRAY ARRAY['api_usage', 'email_events', 'audit_log'] LOOP
        FOR month IN
            SELECT date_trunc('month', first) + n * interval '1 month' FROM generate_series(0, months - 1) AS n
        LOOP
            partition := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass(partition) IS NOT NULL;
            BEGIN
                EXECUTE format(
                    'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                    partition, parent, month, month + interval '1 month'
                );
                -- Enabled without a policy: nobody reads a partition but through its parent.
                EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', partition);
                EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', partition);
                made := made + 1;
            EXCEPTION WHEN check_violation THEN
                RAISE NOTICE 'rows of % are in the default partition already', partition;
            END;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
