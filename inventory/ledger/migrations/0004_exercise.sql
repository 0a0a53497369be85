-- 0004_exercise: what counts and what is only for training never change sides once anything is recorded of it.

-- 1. A depot: fixed from the moment it has a logbook, or something is on the road to it.
CREATE FUNCTION refuse_new_world() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF new.is_exercise <> old.is_exercise AND (
        EXISTS (SELECT FROM ledger_depotlog AS log WHERE log.depot_id = new.id)
        OR EXISTS (SELECT FROM ledger_consignmentline AS line WHERE line.to_depot_id = new.id)
    ) THEN
        RAISE EXCEPTION 'depots_depot.is_exercise never changes once the depot has a logbook (%)', new.code
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN new;
END $$;

CREATE TRIGGER exercise_stays BEFORE UPDATE OF is_exercise ON depots_depot
    FOR EACH ROW EXECUTE FUNCTION refuse_new_world();

-- 2. A lot: always. It is made by the first goods that arrive in it, so it is of that depot's world.
CREATE TRIGGER exercise_stays BEFORE UPDATE OF is_exercise ON catalogue_lot
    FOR EACH ROW EXECUTE FUNCTION refuse_new_code('is_exercise');
