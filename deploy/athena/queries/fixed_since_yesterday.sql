-- Fixed: open the day before, and now passed, or gone although its family was scanned whole.
WITH days AS (
  SELECT account, region, dt, row_number() OVER (PARTITION BY account, region ORDER BY dt DESC) AS back
  FROM last_runs
  WHERE dt >= date_format(current_date - interval '30' day, '%Y-%m-%d')
),
recent AS (
  SELECT f.*, d.back
  FROM findings_daily f
  JOIN days d ON d.account = f.account AND d.region = f.region AND d.dt = f.dt AND d.back <= 2
  WHERE f.dt >= date_format(current_date - interval '30' day, '%Y-%m-%d')
)
SELECT
  b.severity,
  b.rule,
  b.account,
  b.region,
  b.resource_type,
  b.resource_name,
  coalesce(n.status, 'GONE') AS became,
  b.finding_id
FROM recent b
JOIN days today ON today.account = b.account AND today.region = b.region AND today.back = 1
LEFT JOIN recent n ON n.finding_id = b.finding_id AND n.back = 1
LEFT JOIN (
  SELECT DISTINCT c.account, c.region, c.dt, c.family
  FROM coverage c
  JOIN last_runs r ON r.dt = c.dt AND r.account = c.account AND r.region = c.region AND r.run_id = c.run_id
  WHERE c.record = 'target' AND c.status = 'SCANNED'
    AND c.dt >= date_format(current_date - interval '30' day, '%Y-%m-%d')
) s ON s.account = b.account AND s.region = b.region AND s.dt = today.dt AND s.family = b.resource_type
WHERE b.back = 2 AND b.status = 'FAILED' AND NOT b.waived AND b.lifecycle = 'current'
  AND (n.status = 'PASSED' OR (n.finding_id IS NULL AND s.family IS NOT NULL))
ORDER BY b.severity_rank DESC, b.account, b.region, b.rule, b.resource_name, b.finding_id
