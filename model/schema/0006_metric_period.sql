-- name: periods of the metrics
-- purpose: the months that metrics are counted in, so that a month without records can be told from a month outside the data

-- A calendar month in the organization's time zone, from the first record up to the moment that the metrics stand for.
CREATE TABLE metric_period (
    month DATE NOT NULL,                 -- first day of the month, in the organization's time zone
    starts_at TIMESTAMPTZ NOT NULL,      -- begin of the month
    ends_at TIMESTAMPTZ NOT NULL         -- end of the month, not included; as-of for the month that as-of lies in
);
