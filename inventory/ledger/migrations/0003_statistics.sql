-- 0003_statistics: let the first big posting tell the planner what it has just written.
-- Every index of the log starts with the depot. Before the first ANALYZE the planner thinks any of them finds one row,
-- keeps the wrong one for its foreign-key checks, and 10,000 lines take seconds instead of milliseconds. Autovacuum
-- mends that only after commit. The application role owns no table, so it asks through this function.
CREATE FUNCTION refresh_log_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF (SELECT reltuples FROM pg_class WHERE oid = 'ledger_movement'::regclass) < 10000 THEN
        ANALYZE ledger_movement, ledger_movementline, ledger_holding;
    END IF;
END $$;
