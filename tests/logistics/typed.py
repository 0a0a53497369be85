"""What people type and what it means: one table for the server's readers and the browser's."""

from datetime import date

TODAY = date(2026, 11, 22)

# language, text, scale, value, what the other language reads where that differs
QUANTITIES = [
    ("vi", "1234", 3, "1234", None),
    ("vi", "1.234", 3, "1234", "1.234"),
    ("vi", "1.234", 0, "1234", None),
    ("vi", "1,234", 3, "1.234", "1234"),
    ("vi", "12,5", 3, "12.5", None),
    ("vi", "1.234.567,89", 2, "1234567.89", None),
    ("vi", "1.234.567", 3, "1234567", None),
    ("vi", "0,125", 3, "0.125", None),
    ("vi", " 007 ", 0, "7", None),
    ("vi", "-12,5", 1, "-12.5", None),
    ("vi", "−3", 0, "-3", None),
    ("vi", "-0", 0, "0", None),
    ("en", "1,234", 3, "1234", "1.234"),
    ("en", "1,234", 0, "1234", None),
    ("en", "1.234", 3, "1.234", "1234"),
    ("en", "12.5", 3, "12.5", None),
    ("en", "1,234,567.89", 2, "1234567.89", None),
    ("en-gb", "1,000", 0, "1000", None),
]

# language, text, scale, the rule it breaks
NO_QUANTITIES = [
    ("vi", "12.5", 3, "number_form"),
    ("vi", "1234.5", 3, "number_form"),
    ("vi", "1.2345", 3, "number_form"),
    ("vi", "1234.567", 3, "number_form"),
    ("vi", "0.125", 3, "number_form"),
    ("vi", "1.234,", 3, "number_form"),
    ("vi", ",5", 3, "number_form"),
    ("vi", "1,234.5", 3, "number_form"),
    ("en", "12,5", 3, "number_form"),
    ("en", "1234,5", 3, "number_form"),
    ("en", "0,500", 3, "number_form"),
    ("en", "1.234.567", 3, "number_form"),
    ("vi", "1e3", 3, "number_form"),
    ("vi", "NaN", 3, "number_form"),
    ("vi", "１２", 3, "number_form"),
    ("vi", "1 234", 3, "number_form"),
    ("vi", "", 3, "number_form"),
    ("vi", "12,000", 0, "number_decimals"),
    ("en", "1.0", 0, "number_decimals"),
    ("vi", "1,2345", 3, "number_decimals"),
    ("vi", "1" * 16, 3, "number_size"),
]

# value, scale, shown in vi, shown in en
SHOWN_QUANTITIES = [
    ("1234567.89", 0, "1.234.567,89", "1,234,567.89"),
    ("7.500", 0, "7,5", "7.5"),
    ("7.5", 3, "7,500", "7.500"),
    ("1000", 0, "1.000", "1,000"),
    ("1E+3", 0, "1.000", "1,000"),
    ("-0.000", 0, "0", "0"),
    ("-1234.5", 0, "-1.234,5", "-1,234.5"),
]

DAYS = [
    ("05/06/2026", date(2026, 6, 5)),
    ("5/6/2026", date(2026, 6, 5)),
    ("13/06/2026", date(2026, 6, 13)),
    ("05-06-2026", date(2026, 6, 5)),
    ("05.06.2026", date(2026, 6, 5)),
    ("05/06/26", date(2026, 6, 5)),
    ("050626", date(2026, 6, 5)),
    ("05062026", date(2026, 6, 5)),
    ("2026-06-05", date(2026, 6, 5)),
    ("29/02/2028", date(2028, 2, 29)),
    ("01/01/77", date(1977, 1, 1)),
    ("01/01/76", date(2076, 1, 1)),
    (" T ", TODAY),
    ("+7", date(2026, 11, 29)),
    ("-22", date(2026, 10, 31)),
]

# as a last day of use
MONTHS = [
    ("02/2028", date(2028, 2, 29)),
    ("2/2027", date(2027, 2, 28)),
    ("12/2026", date(2026, 12, 31)),
]

NO_DAYS = [
    ("06/13/2026", "date_unknown"),
    ("30/02/2026", "date_unknown"),
    ("062026", "date_unknown"),
    ("05/06-2026", "date_form"),
    ("05/06", "date_form"),
    ("5/6/026", "date_form"),
    ("", "date_form"),
    ("hôm qua", "date_form"),
    ("02/2028", "date_form"),
    ("01/01/1899", "date_year"),
    ("2200-01-01", "date_year"),
]
