-- 0009_inspection: a finished inspection never changes and none is ever taken away.
CREATE FUNCTION refuse_change_of_inspection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF tg_op IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION '% on %: an inspection is never taken away', tg_op, tg_table_name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.finished_at IS NOT NULL THEN
        RAISE EXCEPTION 'inspection % is finished; nothing of it changes any more', old.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.id <> new.id OR old.depot_id <> new.depot_id OR old.position <> new.position
        OR old.made_by_id <> new.made_by_id
    THEN
        RAISE EXCEPTION 'inspection %: its name, movement and maker stay', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER inspection_stays BEFORE UPDATE OR DELETE ON vouchers_inspection
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_inspection();
ALTER TABLE vouchers_inspection ENABLE ALWAYS TRIGGER inspection_stays;
CREATE TRIGGER inspections_stay BEFORE TRUNCATE ON vouchers_inspection
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_inspection();
ALTER TABLE vouchers_inspection ENABLE ALWAYS TRIGGER inspections_stay;

-- The movement it is about is in the log. (The ORM has no foreign key to a composite primary key.)
ALTER TABLE vouchers_inspection ADD CONSTRAINT inspection_movement_fk
    FOREIGN KEY (depot_id, position) REFERENCES ledger_movement (depot_id, position);
SELECT make_append_only('vouchers_historicalinspection');
