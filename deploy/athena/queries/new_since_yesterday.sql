-- New: open now and not the day before; of accounts and regions with a run on both days.
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
SELECT n.severity, n.rule, n.account, n.region, n.resource_type, n.resource_name, n.owner, n.message, n.finding_id
FROM recent n
JOIN days before ON before.account = n.account AND before.region = n.region AND before.back = 2
LEFT JOIN recent b ON b.finding_id = n.finding_id AND b.back = 2 AND b.status = 'FAILED' AND NOT b.waived
WHERE n.back = 1 AND n.status = 'FAILED' AND NOT n.waived AND n.lifecycle = 'current' AND b.finding_id IS NULL
ORDER BY n.severity_rank DESC, n.account, n.region, n.rule, n.resource_name, n.finding_id
