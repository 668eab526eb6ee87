-- Trend: open findings a day by severity, and how much was scanned, over 30 days.
WITH places AS (
  SELECT dt, count(*) AS places
  FROM last_runs
  WHERE dt >= date_format(current_date - interval '30' day, '%Y-%m-%d')
  GROUP BY dt
)
SELECT
  p.dt,
  p.places,
  count(*) FILTER (WHERE f.severity = 'CRITICAL') AS critical,
  count(*) FILTER (WHERE f.severity = 'HIGH') AS high,
  count(*) FILTER (WHERE f.severity = 'MEDIUM') AS medium,
  count(*) FILTER (WHERE f.severity = 'LOW') AS low,
  count(*) FILTER (WHERE f.severity = 'INFORMATIONAL') AS informational
FROM places p
LEFT JOIN findings_daily f
  ON f.dt = p.dt
  AND f.dt >= date_format(current_date - interval '30' day, '%Y-%m-%d')
  AND f.status = 'FAILED'
  AND NOT f.waived
  AND f.lifecycle = 'current'
GROUP BY p.dt, p.places
ORDER BY p.dt
