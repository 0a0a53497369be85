-- grant_app_role: let the application role do its work and nothing else; run by the owner after every migration.
--   takes   role (a name, as an identifier already quoted)
--   holds   afterwards the role may not UPDATE, DELETE or TRUNCATE an append-only table, delete any ledger row,
--           truncate any table, or touch the record of migrations
DO $do$
DECLARE
    app_role text := current_setting('kho.app_role');
    log_table regclass;
BEGIN
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', current_database(), app_role);
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', app_role);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', app_role);
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %I', app_role);
    FOR log_table IN SELECT tgrelid::regclass FROM pg_trigger WHERE tgname = 'append_only' LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM %I', log_table, app_role);
    END LOOP;
    FOR log_table IN
        SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname LIKE 'ledger\_%'
    LOOP
        EXECUTE format('REVOKE DELETE, TRUNCATE ON %s FROM %I', log_table, app_role);
    END LOOP;
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM %I', app_role);
END $do$;
