-- name: scope_tickets
-- inputs: ticket; parameters: JSON array of the ids of services in scope (empty: all), begin of the period, its end (not
--   included), JSON array of the ids of customers in scope (empty: all)
-- output: tickets = tickets that count and were opened in the period; elsewhere = those of other services or customers;
--   unknown = those without the service or customer that would tell
WITH wanted AS (
    SELECT CAST(? AS VARCHAR[]) AS services, CAST(? AS TIMESTAMPTZ) AS since, CAST(? AS TIMESTAMPTZ) AS until, CAST(? AS VARCHAR[]) AS customers
), seen AS (
    SELECT len(services) > 0 AND NOT list_contains(services, service_id) AS other_service,
           len(customers) > 0 AND NOT list_contains(customers, customer_id) AS other_customer
    FROM ticket, wanted
    WHERE deleted_at IS NULL AND merged_into IS NULL AND opened_at >= since AND opened_at < until
)
SELECT count(*) AS tickets,
       count(*) FILTER (coalesce(other_service, FALSE) OR coalesce(other_customer, FALSE)) AS elsewhere,
       count(*) FILTER ((other_service IS NULL OR other_customer IS NULL) AND NOT (coalesce(other_service, FALSE) OR coalesce(other_customer, FALSE))) AS unknown
FROM seen
