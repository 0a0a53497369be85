-- 0002_packs: what a closed pack says stays as it is, whoever asks the database to change it.
SELECT make_append_only('reports_packcontent');
SELECT make_append_only('reports_historicalpack');

-- refuse_closed_pack: a closed pack is neither changed nor taken away.
CREATE FUNCTION refuse_closed_pack() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'meeting pack % is closed', OLD.id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER closed_pack BEFORE UPDATE OR DELETE ON reports_pack
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION refuse_closed_pack();
ALTER TABLE reports_pack ENABLE ALWAYS TRIGGER closed_pack;
