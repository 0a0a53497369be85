-- like_items: for each of some texts that name no item, the item most like it: by code within its group, or by name.
--   takes   texts, folded: text[] side by side, as typed and as `search.fold` folds them; stems: text[], the LIKE
--           patterns of codes worth comparing
--   needs   pg_trgm; the index on catalogue_item.words
--   gives   text, code, name; a row per text that something is like
SELECT wanted.text, item.code, item.name
FROM unnest(%(texts)s::text[], %(folded)s::text[], %(stems)s::text[]) AS wanted (text, folded, stem)
CROSS JOIN LATERAL (
    SELECT near.code, near.name, near.likeness
    FROM (
        SELECT item.code, item.name, similarity(item.code, wanted.text) AS likeness
        FROM catalogue_item AS item
        WHERE item.is_active AND item.code LIKE wanted.stem
        UNION ALL
        SELECT item.code, item.name, word_similarity(wanted.folded, item.words) - 0.1
        FROM catalogue_item AS item
        WHERE item.is_active AND wanted.folded <%% item.words AND wanted.stem = ''
    ) AS near
    ORDER BY near.likeness DESC, near.code
    LIMIT 1
) AS item
WHERE item.likeness >= 0.5;
