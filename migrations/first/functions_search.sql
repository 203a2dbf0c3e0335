-- Reads over expression, trigram and array indexes. Under row-level security such operators are not
-- leakproof, so the planner would leave their index; these run as rm_system and take the workspace from
-- the setting, never from an argument. Custom plans only: a generic one does not know the pattern.

CREATE FUNCTION rm_current_workspace() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $$ SELECT nullif(current_setting('app.workspace_id', true), '')::uuid $$;

-- Leads whose name, address or company contains the text, newest first. No pattern characters: they are escaped.
CREATE FUNCTION rm_search_leads(query text, max integer) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    pattern text := '%' || regexp_replace(lower(query), '([\\%_])', '\\\1', 'g') || '%';
    workspace uuid := rm_current_workspace();
BEGIN
    -- The inner LIMIT keeps a very common word from being sorted whole; its newest may then be missed.
    RETURN QUERY
    WITH found AS MATERIALIZED (
        SELECT leads.id, leads.created_at FROM leads
        WHERE leads.workspace_id = workspace AND leads.search LIKE pattern
        LIMIT greatest(max * 20, 1000)
    )
    SELECT found.id FROM found ORDER BY found.created_at DESC, found.id LIMIT max;
END
$$;

CREATE FUNCTION rm_lead_by_email(email text) RETURNS uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    workspace uuid := rm_current_workspace();
BEGIN
    RETURN (
        SELECT leads.id FROM leads
        WHERE leads.workspace_id = workspace AND lower(leads.email) = lower(rm_lead_by_email.email)
    );
END
$$;

CREATE FUNCTION rm_leads_by_tag(tag text) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100
SET search_path = public, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    workspace uuid := rm_current_workspace();
BEGIN
    RETURN QUERY
    SELECT leads.id FROM leads
    WHERE leads.workspace_id = workspace AND leads.tags @> ARRAY[tag]
    ORDER BY leads.created_at DESC, leads.id;
END
$$;
