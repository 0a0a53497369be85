-- 0010_inspection_cancelled: what a finished inspection says still never changes; that it holds no longer is added once.
CREATE OR REPLACE FUNCTION refuse_change_of_inspection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION '% on %: an inspection is cancelled, never taken away', tg_op, tg_table_name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.cancelled_at IS NOT NULL THEN
        RAISE EXCEPTION 'inspection % is cancelled; nothing of it changes any more', old.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    -- Whole rows, so that a column added later is held too.
    IF old.finished_at IS NOT NULL AND (
        new.cancelled_at IS NULL
        OR to_jsonb(new) - ARRAY['cancelled_by_id', 'cancelled_at', 'cancel_reason', 'version']
            <> to_jsonb(old) - ARRAY['cancelled_by_id', 'cancelled_at', 'cancel_reason', 'version']
    ) THEN
        RAISE EXCEPTION 'inspection % is finished; what it says stays, it can only be cancelled', old.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.id <> new.id OR old.depot_id <> new.depot_id OR old.position <> new.position
        OR old.made_by_id <> new.made_by_id
    THEN
        RAISE EXCEPTION 'inspection %: its name, movement and maker stay', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;
