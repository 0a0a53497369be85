-- 0003_words: what an item is found by, folded once when it is written and not each time somebody searches.

-- folded: the twin of logistics.search.fold: lower case, without marks, đ as d.
--   unaccent itself is only STABLE, since its dictionary could be changed; ours is the one it came with, named in full, so
--   that neither a search path nor a restore finds another. A site that ever changes the rules writes every item anew.
CREATE FUNCTION folded(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT public.unaccent('public.unaccent'::regdictionary, lower(words))
$$;

-- The database keeps the column itself, whoever writes the item. The ORM does not know it: no page reads it, and neither
-- history nor export has anything in it that is not in the columns beside it.
ALTER TABLE catalogue_item ADD COLUMN words text NOT NULL GENERATED ALWAYS AS (
    public.folded(
        code || ' ' || name || ' ' || name_en || ' ' || specification || ' ' || old_names || ' ' || external_code || ' '
        || nsn || ' ' || gtin
    )
) STORED;

-- Items are written seldom and searched all day: no list of entries that every search would have to read as well.
CREATE INDEX item_words ON catalogue_item USING gin (words gin_trgm_ops) WITH (fastupdate = off);
