-- Age of open findings: days since they first failed after they last passed, at most 90.
WITH passed AS (
  SELECT finding_id, max(dt) AS dt
  FROM findings_daily
  WHERE status = 'PASSED' AND dt >= date_format(current_date - interval '90' day, '%Y-%m-%d')
  GROUP BY finding_id
),
since AS (
  SELECT d.finding_id, min(d.dt) AS first_failed
  FROM findings_daily d
  LEFT JOIN passed p ON p.finding_id = d.finding_id
  WHERE d.status = 'FAILED'
    AND d.dt >= date_format(current_date - interval '90' day, '%Y-%m-%d')
    AND (p.dt IS NULL OR d.dt > p.dt)
  GROUP BY d.finding_id
)
SELECT
  date_diff('day', CAST(s.first_failed AS date), current_date) AS days,
  s.first_failed,
  n.severity,
  n.rule,
  n.account,
  n.region,
  n.resource_name,
  n.owner,
  n.finding_id
FROM findings_now n
JOIN since s ON s.finding_id = n.finding_id
WHERE n.status = 'FAILED' AND NOT n.waived AND n.lifecycle = 'current'
ORDER BY s.first_failed, n.severity_rank DESC, n.account, n.region, n.rule, n.resource_name, n.finding_id
LIMIT 1000
