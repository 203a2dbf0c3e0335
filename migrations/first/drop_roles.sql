-- Roles and the extension go only where nothing else uses them: other databases of the cluster may.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['rm_app', 'rm_system'] LOOP
        BEGIN
            EXECUTE format('DROP ROLE IF EXISTS %I', role);
        EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege OR object_in_use THEN
            RAISE NOTICE 'the role % is left in place: %', role, SQLERRM;
        END;
    END LOOP;
    BEGIN
        DROP EXTENSION IF EXISTS pg_trgm;
    EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
        RAISE NOTICE 'the extension pg_trgm is left in place: %', SQLERRM;
    END;
END
$$;
