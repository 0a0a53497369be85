-- reserve_purposes: what piles are kept for.
SELECT purpose.code, purpose.name, purpose.name_en, purpose.is_ring_fenced
FROM catalogue_reservepurpose AS purpose
ORDER BY purpose.code
