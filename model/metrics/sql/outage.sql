-- name: outage
-- purpose: agreed service time and downtime by service and month, and the failures behind them
-- inputs: outage, ci, service, calendar_definition, calendar_piece, metric_period; as_of and zone are filled in
-- output: temporary tables counted_failure (service_id, subject, ticket_id, failed_at, restored_at), counted_service_month
--         (service_id, month, counted_at, agreed_seconds, down_seconds, failures)
-- unit: seconds, rounded to whole ones per service and month after weighting by impact

-- Unplanned outages of a service, or of a CI that serves it, up to as-of. Down until as-of when there is no end yet.
CREATE OR REPLACE TEMP TABLE counted_outage AS
SELECT o.outage_id, o.ticket_id, coalesce(o.service_id, c.service_id) AS service_id, o.started_at AS from_at,
    least(coalesce(o.ended_at, {{as_of}}), {{as_of}}) AS to_at,
    o.ended_at IS NULL OR o.ended_at >= {{as_of}} AS is_down,
    coalesce(o.impact_fraction, 1) AS impact
FROM outage o LEFT JOIN ci c ON c.ci_id = o.ci_id
WHERE NOT o.is_planned AND coalesce(o.impact_fraction, 1) > 0 AND o.started_at < {{as_of}}
  AND (o.ended_at IS NULL OR o.ended_at > o.started_at) AND coalesce(o.service_id, c.service_id) IS NOT NULL;

-- Outages of a service that overlap or touch are one failure, named after its first outage.
CREATE OR REPLACE TEMP TABLE counted_failure AS
WITH reach AS (
    SELECT *, max(to_at) OVER (PARTITION BY service_id ORDER BY from_at, to_at, outage_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached_at
    FROM counted_outage
), island AS (
    SELECT *, count(*) FILTER (reached_at IS NULL OR from_at > reached_at) OVER (PARTITION BY service_id ORDER BY from_at, to_at, outage_id
        ROWS UNBOUNDED PRECEDING) AS failure
    FROM reach
)
SELECT service_id, min_by(outage_id, (from_at, to_at, outage_id)) AS subject, min_by(ticket_id, (from_at, to_at, outage_id)) AS ticket_id,
    min(from_at) AS failed_at, CASE WHEN NOT bool_or(is_down) THEN max(to_at) END AS restored_at
FROM island GROUP BY service_id, failure;

-- Services whose outages are recorded: they have an availability target, or an outage of any kind on record. A service in
-- the pipeline is not yet agreed, a retired one without an end date has none to count to. Counting starts with the month
-- of the first outage on record: before it nothing tells that outages were recorded at all. A service with a calendar that is laid
-- out is counted as far as that reaches; any other one around the clock (calendar_id NULL). always needs no layout: it has no
-- begin, while the layout begins only with the first ticket.
CREATE OR REPLACE TEMP TABLE counted_service AS
WITH recorded AS (
    SELECT DISTINCT coalesce(o.service_id, c.service_id) AS service_id FROM outage o LEFT JOIN ci c ON c.ci_id = o.ci_id
    WHERE coalesce(o.service_id, c.service_id) IS NOT NULL AND o.started_at < {{as_of}}
), first_month AS (
    SELECT max(starts_at) AS starts_at FROM metric_period
    WHERE starts_at <= (SELECT min(started_at) FROM outage WHERE started_at < {{as_of}})
), laid_out AS (
    SELECT d.name, d.calendar_id, to_timestamp(min(p.piece_start)) AS from_at, to_timestamp(max(p.piece_end) - 1) AS to_at
    FROM calendar_definition d JOIN calendar_piece p ON p.calendar_id = d.calendar_id
    WHERE d.name <> 'always' GROUP BY d.name, d.calendar_id
)
SELECT coalesce(s.service_id, r.service_id) AS service_id, l.calendar_id,
    greatest(f.starts_at, coalesce(CAST(s.valid_from AS TIMESTAMP) AT TIME ZONE {{zone}}, f.starts_at),
        coalesce(l.from_at, f.starts_at)) AS from_at,
    least({{as_of}}, coalesce((CAST(s.valid_to AS TIMESTAMP) + INTERVAL 1 DAY) AT TIME ZONE {{zone}}, {{as_of}}),
        coalesce(l.to_at, {{as_of}})) AS to_at
FROM service s FULL JOIN recorded r ON r.service_id = s.service_id CROSS JOIN first_month f
LEFT JOIN laid_out l ON l.name = s.service_calendar
WHERE f.starts_at IS NOT NULL AND (s.availability_target IS NOT NULL OR r.service_id IS NOT NULL)
  AND coalesce(s.status, 'live') <> 'pipeline' AND (coalesce(s.status, 'live') <> 'retired' OR s.valid_to IS NOT NULL);

-- Each service month is cut at every begin and end of an outage; between two cuts the largest impact counts.
CREATE OR REPLACE TEMP TABLE counted_service_month AS
WITH service_month AS (
    SELECT s.service_id, s.calendar_id, p.month, p.ends_at,
        greatest(s.from_at, p.starts_at) AS from_at, least(s.to_at, p.ends_at) AS to_at
    FROM counted_service s JOIN metric_period p ON p.starts_at < s.to_at AND p.ends_at > s.from_at
), cut AS (
    SELECT service_id, calendar_id, month, from_at AS cut_at FROM service_month
    UNION
    SELECT service_id, calendar_id, month, to_at FROM service_month
    UNION
    SELECT m.service_id, m.calendar_id, m.month, unnest([o.from_at, o.to_at])
    FROM service_month m JOIN counted_outage o ON o.service_id = m.service_id AND o.from_at < m.to_at AND o.to_at > m.from_at
), worked AS (
    SELECT c.service_id, c.month, c.cut_at,
        CASE WHEN c.calendar_id IS NULL THEN epoch_ms(c.cut_at) // 1000
             ELSE p.work_before + p.works * (epoch_ms(c.cut_at) // 1000 - p.piece_start) END AS work_seconds
    FROM cut c JOIN service_month m ON m.service_id = c.service_id AND m.month = c.month
    LEFT JOIN calendar_piece p ON p.calendar_id = c.calendar_id AND p.day_number = epoch_ms(c.cut_at) // 86400000
        AND p.piece_start <= epoch_ms(c.cut_at) // 1000 AND p.piece_end > epoch_ms(c.cut_at) // 1000
    WHERE c.cut_at BETWEEN m.from_at AND m.to_at
), stretch AS (
    SELECT service_id, month, cut_at AS from_at, lead(cut_at) OVER stretch_order AS to_at,
        lead(work_seconds) OVER stretch_order - work_seconds AS agreed_seconds
    FROM worked WINDOW stretch_order AS (PARTITION BY service_id, month ORDER BY cut_at)
), weighed AS (
    SELECT s.service_id, s.month, s.from_at, s.agreed_seconds, coalesce(max(o.impact), 0) AS impact
    FROM stretch s LEFT JOIN counted_outage o ON o.service_id = s.service_id AND o.from_at <= s.from_at AND o.to_at >= s.to_at
    WHERE s.to_at IS NOT NULL
    GROUP BY s.service_id, s.month, s.from_at, s.agreed_seconds
), total AS (
    SELECT service_id, month, CAST(sum(agreed_seconds) AS BIGINT) AS agreed_seconds,
        CAST(round(sum(agreed_seconds * impact)) AS BIGINT) AS down_seconds
    FROM weighed GROUP BY service_id, month
)
SELECT t.service_id, t.month, p.ends_at - INTERVAL 1 MICROSECOND AS counted_at, t.agreed_seconds, t.down_seconds,
    (SELECT count(*) FROM counted_failure f WHERE f.service_id = t.service_id AND f.failed_at >= p.starts_at AND f.failed_at < p.ends_at) AS failures
FROM total t JOIN metric_period p ON p.month = t.month
WHERE t.agreed_seconds > 0;
