-- The two roles nobody logs in with. They belong to the cluster, so another database may have made them.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rm_app') THEN
        CREATE ROLE rm_app NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rm_system') THEN
        CREATE ROLE rm_system NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        RAISE EXCEPTION 'another migration is making the roles at this moment; run this one again';
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the login % may not create roles', current_user USING HINT = format(
            'Let an administrator run: CREATE ROLE rm_app NOLOGIN; CREATE ROLE rm_system NOLOGIN; '
            'GRANT rm_app, rm_system TO %I; then run the migration again.', current_user
        );
END
$$;
