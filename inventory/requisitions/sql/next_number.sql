-- next_number: draw the next number of a series, which stays locked until the transaction ends: no gaps.
--   takes   letters, year
INSERT INTO requisitions_series AS series (letters, year, last_number)
VALUES (%(letters)s, %(year)s, 1)
ON CONFLICT (letters, year) DO UPDATE SET last_number = series.last_number + 1
RETURNING last_number;
