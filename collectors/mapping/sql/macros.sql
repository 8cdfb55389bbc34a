-- name: readers of values
-- purpose: turn the text of a source into a value of the model; NULL = it cannot be read. One macro a type.
-- inputs: value_text (trimmed, never empty); zone = IANA zone for times that name none
-- output: the value in the type of the model
-- rules: a local time that the clock skips in spring moves forward by the skipped hour; one that occurs twice in
--   autumn is the second occurrence (standard time). Fractions of a second are cut to microseconds.

-- ISO 8601 and what tools make of it: T or a blank, seconds and fraction optional, offset, Z or UTC optional.
CREATE OR REPLACE TEMP MACRO dp_read_iso(value_text, zone) AS CASE
    WHEN NOT regexp_full_match(value_text, '\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?(Z|z|UTC|GMT|[+-]\d{2}(:?\d{2})?))?)?') THEN NULL
    WHEN length(value_text) <= 16 OR regexp_full_match(value_text, '[^TZ]{10}.[0-9:.,]*')
        THEN TRY_CAST(replace(value_text, ',', '.') AS TIMESTAMP) AT TIME ZONE zone
    ELSE TRY_CAST(regexp_replace(regexp_replace(regexp_replace(replace(value_text, ',', '.'),
        ' ?(Z|z|UTC|GMT)$', '+00'), ' ([+-][0-9:]+)$', '\1'), '^(.{10}[T ]\d{2}:\d{2})([+-])', '\1:00\2') AS TIMESTAMPTZ)
END;

-- Seconds since 1970-01-01 UTC, with or without a fraction.
CREATE OR REPLACE TEMP MACRO dp_read_epoch(value_text) AS CASE
    WHEN regexp_full_match(value_text, '-?\d{1,11}(\.\d+)?')
        THEN make_timestamptz(CAST(CAST(value_text AS DECIMAL(20,6)) * 1000000 AS BIGINT))
END;

-- Milliseconds since 1970-01-01 UTC.
CREATE OR REPLACE TEMP MACRO dp_read_epoch_ms(value_text) AS CASE
    WHEN regexp_full_match(value_text, '-?\d{1,14}') THEN make_timestamptz(CAST(value_text AS BIGINT) * 1000)
END;

-- Yes and no in the languages that exports are written in. DuckDB would make a join of a long IN, for every row and column.
CREATE OR REPLACE TEMP MACRO dp_read_boolean(value_text) AS CASE
    WHEN list_contains(['true', 'yes', '1', 'y', 't', 'x', 'ja', 'j', 'wahr', 'oui', 'o', 'vrai', 'si', 'sí', 's', 'verdadero', 'waar'], lower(value_text)) THEN TRUE
    WHEN list_contains(['false', 'no', '0', 'n', 'f', 'nein', 'falsch', 'non', 'faux', 'falso', 'nee', 'onwaar'], lower(value_text)) THEN FALSE
END;

-- A whole number; 3.0 is 3.
CREATE OR REPLACE TEMP MACRO dp_read_integer(value_text) AS
    CASE WHEN regexp_full_match(value_text, '[+-]?\d{1,18}([.,]0+)?') THEN CAST(regexp_replace(value_text, '[.,]0+$', '') AS BIGINT) END;

-- A number with a decimal point or a decimal comma. With both, the last one is the decimal sign. A point alone is
-- always the decimal sign; a comma alone is, unless exactly three digits follow (1,234 may be either: it is not read).
-- A percent sign divides by 100.
CREATE OR REPLACE TEMP MACRO dp_read_digits(digits) AS CASE
    WHEN regexp_full_match(digits, '[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?') THEN TRY_CAST(digits AS DOUBLE)
    WHEN regexp_full_match(digits, '[+-]?\d{1,3}(,\d{3})+\.\d+') THEN TRY_CAST(replace(digits, ',', '') AS DOUBLE)
    WHEN regexp_full_match(digits, '[+-]?\d{1,3}(\.\d{3})+,\d+') THEN TRY_CAST(replace(replace(digits, '.', ''), ',', '.') AS DOUBLE)
    WHEN regexp_full_match(digits, '[+-]?\d+,(\d{1,2}|\d{4,})') THEN TRY_CAST(replace(digits, ',', '.') AS DOUBLE)
    WHEN regexp_full_match(digits, '[+-]?\d{1,3}([ '']\d{3})+([.,]\d+)?') THEN TRY_CAST(replace(regexp_replace(digits, '[ '']', '', 'g'), ',', '.') AS DOUBLE)
END;
CREATE OR REPLACE TEMP MACRO dp_read_number(value_text) AS CASE
    WHEN ends_with(value_text, '%') THEN dp_read_digits(trim(rtrim(value_text, '%'))) / 100
    ELSE dp_read_digits(value_text)
END;

-- An instant as text of an event.
CREATE OR REPLACE TEMP MACRO dp_instant_text(instant) AS strftime(instant AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ');
