DO $$
BEGIN
    IF current_setting('rm.joined', true) = 'yes' THEN
        EXECUTE format('REVOKE rm_system FROM %I', current_user);
    END IF;
END
$$;
