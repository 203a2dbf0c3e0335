-- What looks across workspaces: ids and workspace ids only, of what is due. They run as rm_system.
-- `wall` is real time and is compared with leases; `now` is business time.

CREATE FUNCTION rm_due_outbox(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT o.id, o.workspace_id FROM slack_outbox o
    WHERE o.state IN ('pending', 'posting')
        AND (o.not_before IS NULL OR o.not_before <= wall)
        AND (o.lease_until IS NULL OR o.lease_until <= wall)
    ORDER BY o.seq LIMIT max
$$;

-- The oldest open turn of each conversation, where nobody holds it.
CREATE FUNCTION rm_due_turns(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT t.id, t.workspace_id FROM turns t
    WHERE t.state IN ('queued', 'running') AND (t.lease_until IS NULL OR t.lease_until <= wall)
        AND NOT EXISTS (
            SELECT FROM turns earlier
            WHERE earlier.conversation_id = t.conversation_id AND earlier.seq < t.seq
                AND earlier.state IN ('queued', 'running')
        )
    ORDER BY t.seq LIMIT max
$$;

CREATE FUNCTION rm_due_runs(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT r.id, r.workspace_id FROM research_runs r
    WHERE r.state IN ('queued', 'running') AND (r.lease_until IS NULL OR r.lease_until <= wall)
    ORDER BY r.created_at, r.id LIMIT max
$$;

CREATE FUNCTION rm_due_searches(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT s.id, s.workspace_id FROM lead_searches s
    WHERE s.state IN ('queued', 'running') AND (s.lease_until IS NULL OR s.lease_until <= wall)
    ORDER BY s.created_at, s.id LIMIT max
$$;

CREATE FUNCTION rm_due_imports(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT i.id, i.workspace_id FROM lead_imports i
    WHERE i.state IN ('queued', 'running') AND (i.lease_until IS NULL OR i.lease_until <= wall)
    ORDER BY i.created_at, i.id LIMIT max
$$;

CREATE FUNCTION rm_due_writing(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT e.id, e.workspace_id FROM enrollments e
    WHERE e.state = 'writing' AND (e.lease_until IS NULL OR e.lease_until <= wall)
    ORDER BY e.updated_at, e.id LIMIT max
$$;

CREATE FUNCTION rm_due_emails(now timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT e.id, e.workspace_id FROM email_campaigns e
    WHERE e.state = 'scheduled' AND e.scheduled_for <= rm_due_emails.now
    ORDER BY e.scheduled_for, e.lead_id, e.id LIMIT max
$$;

-- Sends that a process began and did not end.
CREATE FUNCTION rm_open_sends(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT e.id, e.workspace_id FROM email_campaigns e
    WHERE e.state IN ('claimed', 'created') AND (e.lease_until IS NULL OR e.lease_until <= wall)
    ORDER BY e.lease_until NULLS FIRST, e.id LIMIT max
$$;

-- Mailboxes that were last polled before the given moment, or never.
CREATE FUNCTION rm_due_mailboxes(wall_before timestamptz, max integer)
RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT m.id, m.workspace_id FROM mailboxes m
    WHERE m.state = 'active' AND (m.polled_at IS NULL OR m.polled_at <= wall_before)
    ORDER BY m.polled_at NULLS FIRST, m.id LIMIT max
$$;

CREATE FUNCTION rm_due_tasks(now timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT t.id, t.workspace_id FROM scheduled_tasks t
    WHERE t.active AND t.next_execution <= rm_due_tasks.now
    ORDER BY t.next_execution, t.id LIMIT max
$$;

CREATE FUNCTION rm_open_executions(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT x.id, x.workspace_id FROM task_executions x
    WHERE x.status = 'running' AND (x.lease_until IS NULL OR x.lease_until <= wall)
    ORDER BY x.executed_at, x.id LIMIT max
$$;

CREATE FUNCTION rm_expired_approvals(now timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT a.id, a.workspace_id FROM approvals a
    WHERE a.state = 'pending' AND a.expires_at <= rm_expired_approvals.now
    ORDER BY a.expires_at, a.id LIMIT max
$$;

-- Replies of people for which no answer was proposed yet.
CREATE FUNCTION rm_unanswered_inbound(wall timestamptz, max integer) RETURNS TABLE (id uuid, workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT i.id, i.workspace_id FROM inbound_emails i
    WHERE i.kind = 'human' AND NOT i.answered AND (i.lease_until IS NULL OR i.lease_until <= wall)
    ORDER BY i.received_at, i.id LIMIT max
$$;

-- Workspaces whose audit log has entries that are not chained yet.
CREATE FUNCTION rm_unsealed_audit(max integer) RETURNS TABLE (workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT DISTINCT a.workspace_id FROM audit_log a WHERE a.chain_digest IS NULL LIMIT max $$;

CREATE FUNCTION rm_workspaces() RETURNS TABLE (workspace_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT w.id FROM workspaces w ORDER BY w.created_at, w.id $$;

CREATE FUNCTION rm_workspace_by_team(team_id text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$ SELECT w.id FROM workspaces w WHERE w.team_id = rm_workspace_by_team.team_id $$;

-- Requests to a service on one day by all workspaces together: one key of the installation, one quota. A sum,
-- nothing of whose they are.
CREATE FUNCTION rm_service_requests(service text, day date) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
AS $$
    SELECT coalesce(sum(q.requests), 0) FROM service_quotas q
    WHERE q.day = rm_service_requests.day AND q.service = rm_service_requests.service
$$;
