-- 0008_paper_fields: an approved voucher also keeps which vehicle it names and how many papers go with it.
CREATE OR REPLACE FUNCTION refuse_change_of_voucher() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    content text[] := ARRAY['kind', 'occurred_at', 'counterparty', 'order_number', 'order_date', 'reason', 'to_depot',
        'consignment', 'vehicle', 'source_documents', 'reverses', 'reverse_lines', 'typed', 'lines', 'acknowledged',
        'made_at', 'changed_by_id', 'changed_at', 'submitted_by_id', 'submitted_at', 'needs_second', 'seconded_by_id',
        'seconded_at'];
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
    IF new.version < old.version THEN
        RAISE EXCEPTION 'voucher %: its version grows', old.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.status = 'submitted' AND new.status = 'approved' AND old.needs_second <> new.needs_second THEN
        RAISE EXCEPTION 'voucher %: how many approve it is settled when it is submitted', old.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF old.status = 'approved' THEN
        IF new.status NOT IN ('approved', 'posted', 'cancelled') THEN
            RAISE EXCEPTION 'voucher % is approved; it is posted or cancelled', old.id
                USING ERRCODE = 'restrict_violation';
        END IF;
        FOREACH name IN ARRAY content LOOP
            IF to_jsonb(new) -> name IS DISTINCT FROM to_jsonb(old) -> name THEN
                RAISE EXCEPTION 'voucher % is approved; its % stays', old.id, name
                    USING ERRCODE = 'restrict_violation';
            END IF;
        END LOOP;
    END IF;
    RETURN new;
END $$;

-- The count of prints moves to where every kept paper's prints are counted.
INSERT INTO printing_printedcopy (subject, copy, printed_by_id, printed_at)
SELECT 'movement:' || depot.code || ':' || printed.position, printed.copy, printed.printed_by_id, printed.printed_at
FROM vouchers_printedcopy AS printed
JOIN depots_depot AS depot ON depot.id = printed.depot_id
ORDER BY printed.id;
