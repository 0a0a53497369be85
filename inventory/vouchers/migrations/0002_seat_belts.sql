-- 0002_seat_belts: what the database refuses of a voucher whoever asks.

-- 1. Posted and cancelled vouchers never change; an approved one keeps the content that was approved.
CREATE FUNCTION refuse_change_of_voucher() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    content text[] := ARRAY['id', 'depot_id', 'kind', 'version', 'occurred_at', 'counterparty', 'order_number',
        'order_date', 'reason', 'to_depot', 'consignment', 'reverses', 'reverse_lines', 'typed', 'lines',
        'acknowledged', 'made_by_id', 'made_at', 'changed_by_id', 'changed_at', 'submitted_by_id', 'submitted_at'];
    name text;
BEGIN
    IF tg_op IN ('DELETE', 'TRUNCATE') THEN
        RAISE EXCEPTION '% on %: a voucher is cancelled, never taken away', tg_op, tg_table_name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.status IN ('posted', 'cancelled') THEN
        RAISE EXCEPTION 'voucher % is %; nothing of it changes any more', old.id, old.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.id <> new.id OR old.depot_id <> new.depot_id OR old.made_by_id <> new.made_by_id THEN
        RAISE EXCEPTION 'voucher %: its name, depot and maker stay', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.status = 'approved' THEN
        FOREACH name IN ARRAY content LOOP
            IF to_jsonb(new) -> name IS DISTINCT FROM to_jsonb(old) -> name THEN
                RAISE EXCEPTION 'voucher % is approved; its % stays', old.id, name
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END LOOP;
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER voucher_stays BEFORE UPDATE OR DELETE ON vouchers_voucher
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_voucher();
ALTER TABLE vouchers_voucher ENABLE ALWAYS TRIGGER voucher_stays;
CREATE TRIGGER vouchers_stay BEFORE TRUNCATE ON vouchers_voucher
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_voucher();
ALTER TABLE vouchers_voucher ENABLE ALWAYS TRIGGER vouchers_stay;

-- 2. A posted voucher's movement is in the log. (The ORM has no foreign key to a composite primary key.)
ALTER TABLE vouchers_voucher ADD CONSTRAINT voucher_movement_fk
    FOREIGN KEY (depot_id, position) REFERENCES ledger_movement (depot_id, position);

-- 3. Histories are append-only, like the log.
SELECT make_append_only(log_table)
FROM unnest(ARRAY['vouchers_historicalvoucher', 'vouchers_historicalvoucherpolicy']::regclass[]) AS log_table;

-- 4. A draft is saved every few seconds while it is typed: leave room on its page for the next version.
ALTER TABLE vouchers_voucher SET (fillfactor = 70);
