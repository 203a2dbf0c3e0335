-- To hand functions to rm_system (and to take them back) one must be a member of it, for a moment.
DO $$
DECLARE
    -- From 16 on a membership may lack the right to act for the role.
    enough text := CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END;
BEGIN
    PERFORM set_config('rm.joined', 'no', true);
    IF NOT pg_has_role(current_user, 'rm_system', enough) THEN
        EXECUTE format('GRANT rm_system TO %I', current_user);
        PERFORM set_config('rm.joined', 'yes', true);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'the login % may not act for rm_system', current_user USING HINT = format(
        'Let an administrator run: GRANT rm_app, rm_system TO %I; then run the migration again.', current_user
    );
END
$$;
