-- One login may own everything and run the application too, so it may become rm_app. Where another login
-- runs the application, an administrator grants it rm_app, and nothing is lost if this is not allowed.
DO $$
DECLARE
    recent boolean := current_setting('server_version_num')::integer >= 160000;
BEGIN
    IF NOT pg_has_role(current_user, 'rm_app', CASE WHEN recent THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE format('GRANT rm_app TO %I', current_user)
            || CASE WHEN recent THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'the login % may not become rm_app; grant it to the login of DATABASE_URL', current_user;
END
$$;
