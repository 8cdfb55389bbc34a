-- name: fact
-- purpose: turns the rows of one metric into metric_fact; the name of the metric and its SELECT are filled in
-- inputs: what the SELECT reads; counted_ticket for the columns that it leaves out; as_of and zone are filled in
-- output: metric_fact
-- A metric names only what differs from the ticket: kind, priority, service, customer, team and supplier come from
-- the ticket behind the row, subject is the ticket when it names none. What happens at or after as-of is not counted.
INSERT INTO metric_fact BY NAME
SELECT {{metric}} AS metric, coalesce(f.subject, f.ticket_id) AS subject, t.ticket_id, f.counted_at,
    CAST(date_trunc('month', f.counted_at AT TIME ZONE {{zone}}) AS DATE) AS month,
    coalesce(f.kind, t.kind) AS kind, coalesce(f.priority, t.priority) AS priority,
    coalesce(f.service_id, t.service_id) AS service_id, coalesce(f.customer_id, t.customer_id) AS customer_id,
    coalesce(f.team, t.team) AS team, coalesce(f.supplier_id, t.supplier_id) AS supplier_id,
    f.definition, f.numerator, f.denominator, f.amount
FROM (
    SELECT NULL::VARCHAR AS subject, NULL::VARCHAR AS ticket_id, NULL::TIMESTAMPTZ AS counted_at, NULL::VARCHAR AS kind,
        NULL::INTEGER AS priority, NULL::VARCHAR AS service_id, NULL::VARCHAR AS customer_id, NULL::VARCHAR AS team,
        NULL::VARCHAR AS supplier_id, NULL::VARCHAR AS definition, NULL::DOUBLE AS numerator, NULL::DOUBLE AS denominator,
        NULL::DOUBLE AS amount
    WHERE FALSE
    UNION ALL BY NAME
    ({{select}})
) f LEFT JOIN counted_ticket t ON t.ticket_id = f.ticket_id
WHERE f.counted_at < {{as_of}}
ORDER BY f.counted_at, subject, f.definition
