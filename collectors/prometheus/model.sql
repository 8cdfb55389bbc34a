-- name: prometheus
-- purpose: samples as outages, as availability and its gaps, and as other measured values
-- inputs: raw_samples (one record a series and window)
-- output: outage and measurement; instants in UTC, days in the zone of the source
-- rules:
--   a sample below down_below is down; an outage lasts from its first failed sample to the first good one after it. Where samples are
--     missing in between, that is unknown: by default the outage goes on, with unmeasured: ends it ends where the samples end
--   availability of a day: mean of its samples, each cut to 0 to 1; samples that are no numbers count as missing
--   a gap is a distance between samples above five minutes (from when Prometheus itself no longer takes a sample for current), or two
--     and a half times the usual distance where that is more; every gap is a measurement without a value, cut at days
--   a series that has ended counts as not measured for 31 days more; from then on it is taken for retired
-- map:

-- table: src_option
SELECT coalesce(CAST(json_extract(o, '$.up') AS VARCHAR[]), ['probe_success']) || coalesce(CAST(json_extract(o, '$.measure') AS VARCHAR[]), []) AS queries,
    coalesce(CAST(json_extract(o, '$.service') AS VARCHAR[]), ['service']) AS service_labels,
    coalesce(CAST(json_extract(o, '$.item') AS VARCHAR[]), ['instance']) AS item_labels,
    coalesce(TRY_CAST(o->>'$.down_below[0]' AS DOUBLE), 0.5) AS down_below,
    coalesce((o->>'$.unmeasured[0]') = 'ends', FALSE) AS ends
FROM (SELECT CAST({{options}} AS JSON) AS o)

-- table: src_window
-- Windows of the queries that are configured now: name (the series), measure (empty = up or down), from_ms, to_ms (milliseconds).
SELECT regexp_replace(s.key, ' [^ ]+$', '') AS name, s.payload->>'$.query' AS query, s.payload->>'$.measure' AS measure, s.payload->'$.series.metric' AS metric, s.src,
    epoch_ms(TRY_CAST(s.payload->>'$.from' AS TIMESTAMPTZ)) AS from_ms, epoch_ms(TRY_CAST(s.payload->>'$.to' AS TIMESTAMPTZ)) AS to_ms,
    TRY_CAST(s.payload->'$.series.values' AS VARCHAR[][]) AS samples
FROM raw_samples s, src_option o
WHERE s.deleted_at IS NULL AND list_contains(o.queries, s.payload->>'$.query')

-- table: src_series
-- Series by number, with what their labels name. read_ms: up to when the query was read at all, whichever series answered.
SELECT CAST(row_number() OVER (ORDER BY name) AS INTEGER) AS id, name, measure,
    list_filter(list_transform(o.service_labels, lambda l: nullif(json_extract_string(metric, l), '')), lambda v: v IS NOT NULL)[1] AS service_id,
    list_filter(list_transform(o.item_labels, lambda l: nullif(json_extract_string(metric, l), '')), lambda v: v IS NOT NULL)[1] AS ci_id,
    src, max(read_ms) OVER (PARTITION BY query) AS read_ms
FROM (
    SELECT name, any_value(query) AS query, any_value(measure) AS measure, any_value(metric ORDER BY from_ms DESC) AS metric, any_value(src ORDER BY from_ms DESC) AS src,
        max(to_ms) AS read_ms
    FROM src_window GROUP BY name
), src_option o

-- table: src_sample
-- Samples: id (of the series), at_ms, measured.
SELECT id, at_ms, any_value(measured) AS measured
FROM (
    SELECT s.id, CAST(round(TRY_CAST(v[1] AS DOUBLE) * 1000) AS BIGINT) AS at_ms, TRY_CAST(v[2] AS DOUBLE) AS measured, w.from_ms, w.to_ms
    FROM (SELECT name, from_ms, to_ms, unnest(samples) AS v FROM src_window) w JOIN src_series s ON s.name = w.name
)
WHERE at_ms >= from_ms AND at_ms < to_ms AND isfinite(measured)
GROUP BY id, at_ms

-- table: src_rhythm
-- Of each series: usual distance of samples, from which distance on there is a gap, first and last sample, and until when it is
-- expected to be measured.
SELECT r.*, CASE WHEN s.read_ms - last_ms > gap_ms THEN least(s.read_ms, last_ms + 31 * 86400000::BIGINT) ELSE last_ms + step_ms END AS until_ms
FROM (
    SELECT id, coalesce(CAST(median(distance) AS BIGINT), 60000) AS step_ms, greatest(300000, coalesce(CAST(2.5 * median(distance) AS BIGINT), 0)) AS gap_ms,
        min(at_ms) AS first_ms, max(at_ms) AS last_ms
    FROM (SELECT id, at_ms, at_ms - lag(at_ms) OVER (PARTITION BY id ORDER BY at_ms) AS distance FROM src_sample)
    GROUP BY id
) r JOIN src_series s ON s.id = r.id

-- table: src_distance
-- Samples with the one after them.
SELECT id, at_ms, measured, lead(at_ms) OVER (PARTITION BY id ORDER BY at_ms) AS next_ms, lag(at_ms) OVER (PARTITION BY id ORDER BY at_ms) AS before_ms,
    lag(measured) OVER (PARTITION BY id ORDER BY at_ms) AS before
FROM src_sample

-- table: src_day
-- Days of each series in the zone of the source, from its first sample on: from_ms, to_ms.
SELECT id, greatest(first_ms, epoch_ms(CAST(day AS TIMESTAMP) AT TIME ZONE {{zone}})) AS from_ms,
    epoch_ms((CAST(day AS TIMESTAMP) + INTERVAL 1 DAY) AT TIME ZONE {{zone}}) AS to_ms, day
FROM (
    SELECT id, first_ms, until_ms, unnest(generate_series(CAST(make_timestamptz(first_ms * 1000) AT TIME ZONE {{zone}} AS DATE),
        CAST(make_timestamptz((until_ms - 1) * 1000) AT TIME ZONE {{zone}} AS DATE), INTERVAL 1 DAY))::DATE AS day
    FROM src_rhythm
)

-- table: src_gap
-- Times in which a series was not measured, cut at days: id, day, from_ms, to_ms.
SELECT g.id, d.day, greatest(g.from_ms, d.from_ms) AS from_ms, least(g.to_ms, d.to_ms) AS to_ms
FROM (
    SELECT x.id, x.at_ms + r.step_ms AS from_ms, x.next_ms AS to_ms FROM src_distance x JOIN src_rhythm r ON r.id = x.id WHERE x.next_ms - x.at_ms > r.gap_ms
    UNION ALL
    SELECT id, last_ms + step_ms, until_ms FROM src_rhythm WHERE until_ms > last_ms + step_ms
) g JOIN src_day d ON d.id = g.id AND d.from_ms < g.to_ms AND d.to_ms > g.from_ms

-- table: src_daily
-- What each day of a series gave: to_ms is cut where reading ended.
SELECT d.id, d.day, d.from_ms, least(d.to_ms, greatest(s.read_ms, d.from_ms + 1)) AS to_ms, count(x.at_ms) AS samples,
    count(x.at_ms) FILTER (x.measured < o.down_below) AS failed, avg(least(greatest(x.measured, 0), 1)) AS available, avg(x.measured) AS mean, max(x.measured) AS highest
FROM src_day d CROSS JOIN src_option o JOIN src_series s ON s.id = d.id
LEFT JOIN src_sample x ON x.id = d.id AND x.at_ms >= d.from_ms AND x.at_ms < d.to_ms
GROUP BY ALL

-- entity: outage
SELECT s.name || ' ' || strftime(make_timestamptz(min(f.at_ms) * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS outage_id, s.src, s.service_id, s.ci_id,
    strftime(make_timestamptz(min(f.at_ms) * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS started_at,
    -- next_ms grows, so the greatest is that of the last failed sample, unless that has none
    strftime(make_timestamptz(CASE WHEN o.ends AND CASE WHEN bool_or(f.next_ms IS NULL) THEN s.read_ms ELSE max(f.next_ms) END - max(f.at_ms) > r.gap_ms THEN max(f.at_ms) + r.step_ms
        WHEN NOT bool_or(f.next_ms IS NULL) THEN max(f.next_ms) END * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS ended_at,
    'false' AS is_planned, CAST(round(1 - avg(least(greatest(f.measured, 0), 1)), 4) AS VARCHAR) AS impact_fraction
FROM (
    SELECT x.*, count(*) FILTER (x.before IS NULL OR x.before >= o.down_below OR o.ends AND x.at_ms - x.before_ms > r.gap_ms)
        OVER (PARTITION BY x.id ORDER BY x.at_ms ROWS UNBOUNDED PRECEDING) AS outage
    FROM src_distance x CROSS JOIN src_option o JOIN src_rhythm r ON r.id = x.id
    WHERE x.measured < o.down_below
) f JOIN src_series s ON s.id = f.id CROSS JOIN src_option o JOIN src_rhythm r ON r.id = f.id
WHERE s.measure = ''
GROUP BY s.name, s.src, s.service_id, s.ci_id, s.read_ms, o.ends, r.gap_ms, r.step_ms, f.id, f.outage

-- entity: measurement
SELECT m.name || ' ' || s.name || ' ' || strftime(make_timestamptz(d.from_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS measurement_id, s.src, s.service_id, s.ci_id, m.name,
    strftime(make_timestamptz(d.from_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS from_at,
    strftime(make_timestamptz(d.to_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS to_at, CAST(CAST(m.measured AS DECIMAL(18,6)) AS VARCHAR) AS measured, m.unit
FROM src_daily d JOIN src_series s ON s.id = d.id,
    LATERAL (VALUES ('availability', d.available, 'fraction'), ('availability_samples', CAST(d.samples AS DOUBLE), 'samples'), ('availability_failed_samples', CAST(d.failed AS DOUBLE), 'samples')) m (name, measured, unit)
WHERE s.measure = '' AND d.samples > 0

-- entity: measurement
SELECT 'monitoring_coverage ' || s.name || ' ' || strftime(make_timestamptz(d.from_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS measurement_id, s.src, s.service_id, s.ci_id,
    'monitoring_coverage' AS name, strftime(make_timestamptz(d.from_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS from_at,
    strftime(make_timestamptz(d.to_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS to_at,
    CAST(CAST(greatest(1 - coalesce(g.missing_ms, 0) / (d.to_ms - d.from_ms), 0) AS DECIMAL(18,6)) AS VARCHAR) AS measured, 'fraction' AS unit
FROM src_daily d JOIN src_series s ON s.id = d.id
LEFT JOIN (SELECT id, day, sum(to_ms - from_ms) AS missing_ms FROM src_gap GROUP BY id, day) g ON g.id = d.id AND g.day = d.day
WHERE s.measure = ''

-- entity: measurement
SELECT 'unmeasured ' || s.name || ' ' || strftime(make_timestamptz(g.from_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS measurement_id, s.src, s.service_id, s.ci_id,
    'availability' AS name, strftime(make_timestamptz(g.from_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS from_at,
    strftime(make_timestamptz(g.to_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS to_at, CAST(NULL AS VARCHAR) AS measured, 'fraction' AS unit
FROM src_gap g JOIN src_series s ON s.id = g.id
WHERE s.measure = ''

-- entity: measurement
SELECT m.name || ' ' || s.name || ' ' || strftime(make_timestamptz(d.from_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS measurement_id, s.src, s.service_id, s.ci_id, m.name,
    strftime(make_timestamptz(d.from_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS from_at,
    strftime(make_timestamptz(d.to_ms * 1000) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS to_at, CAST(TRY_CAST(m.measured AS DECIMAL(18,6)) AS VARCHAR) AS measured, CAST(NULL AS VARCHAR) AS unit
FROM src_daily d JOIN src_series s ON s.id = d.id, LATERAL (VALUES (s.measure, d.mean), (s.measure || '_max', d.highest)) m (name, measured)
WHERE s.measure <> ''
