-- 0002_seat_belts: what the database refuses of a stocktake whoever asks.

-- 1. What was counted, asked for again or decided stays as it was said; so do the histories.
SELECT make_append_only(log_table)
FROM unnest(ARRAY[
    'stocktakes_sheetline', 'stocktakes_count', 'stocktakes_recount', 'stocktakes_decision',
    'stocktakes_historicalstocktake', 'stocktakes_historicalmember', 'stocktakes_historicalcause',
    'stocktakes_historicalgradecolumn'
]::regclass[]) AS log_table;

-- 2. A posted or cancelled stocktake never changes, none is taken away, and who counted does not finalise.
CREATE FUNCTION refuse_change_of_stocktake() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION '% on %: a stocktake is cancelled, never taken away', tg_op, tg_table_name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.status IN ('posted', 'cancelled') THEN
        RAISE EXCEPTION 'stocktake % is %; nothing of it changes any more', old.id, old.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (old.id, old.depot_id, old.planned_by_id, old.planned_at) <> (new.id, new.depot_id, new.planned_by_id, new.planned_at)
    THEN
        RAISE EXCEPTION 'stocktake %: its name, depot and planner stay', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.opened_at IS NOT NULL AND (old.scope, old.codes, old.cut_off_at, old.opened_by_id, old.opened_at)
        IS DISTINCT FROM (new.scope, new.codes, new.cut_off_at, new.opened_by_id, new.opened_at)
    THEN
        RAISE EXCEPTION 'stocktake % is being counted; what is counted, and as of when, stays', old.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF new.status = 'posted' AND EXISTS (
        SELECT 1
        FROM stocktakes_sheetline AS line
        JOIN stocktakes_count AS counted ON counted.line_id = line.id
        WHERE line.stocktake_id = new.id AND counted.counted_by_id = new.finalised_by_id
    ) THEN
        RAISE EXCEPTION 'stocktake %: who counted does not finalise', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER stocktake_stays BEFORE UPDATE OR DELETE ON stocktakes_stocktake
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_stocktake();
CREATE TRIGGER stocktakes_stay BEFORE TRUNCATE ON stocktakes_stocktake
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_stocktake();
ALTER TABLE stocktakes_stocktake ENABLE ALWAYS TRIGGER stocktake_stays;
ALTER TABLE stocktakes_stocktake ENABLE ALWAYS TRIGGER stocktakes_stay;

-- 3. Nothing is counted or decided of a stocktake that is over. The row is locked, so that none ends meanwhile.
CREATE FUNCTION refuse_late_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    SELECT stocktake.status INTO found
    FROM stocktakes_sheetline AS line
    JOIN stocktakes_stocktake AS stocktake ON stocktake.id = line.stocktake_id
    WHERE line.id = new.line_id
    FOR SHARE OF stocktake;
    IF found NOT IN ('counting', 'reviewing') THEN
        RAISE EXCEPTION '%: the stocktake of line % is %', tg_table_name, new.line_id, found
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER while_it_runs BEFORE INSERT ON stocktakes_count
    FOR EACH ROW EXECUTE FUNCTION refuse_late_count();
CREATE TRIGGER while_it_runs BEFORE INSERT ON stocktakes_recount
    FOR EACH ROW EXECUTE FUNCTION refuse_late_count();
CREATE TRIGGER while_it_runs BEFORE INSERT ON stocktakes_decision
    FOR EACH ROW EXECUTE FUNCTION refuse_late_count();
ALTER TABLE stocktakes_count ENABLE ALWAYS TRIGGER while_it_runs;
ALTER TABLE stocktakes_recount ENABLE ALWAYS TRIGGER while_it_runs;
ALTER TABLE stocktakes_decision ENABLE ALWAYS TRIGGER while_it_runs;

-- 4. A posted stocktake's movement is in the log. (The ORM has no foreign key to a composite primary key.)
ALTER TABLE stocktakes_stocktake ADD CONSTRAINT stocktake_movement_fk
    FOREIGN KEY (depot_id, position) REFERENCES ledger_movement (depot_id, position);
