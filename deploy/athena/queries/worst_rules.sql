-- Worst rules: which fail most, weighted as in the score.
SELECT
  rule,
  title,
  severity,
  count(*) AS failed,
  count(DISTINCT account) AS accounts,
  count(*) * CASE severity
    WHEN 'CRITICAL' THEN 40 WHEN 'HIGH' THEN 20 WHEN 'MEDIUM' THEN 8 WHEN 'LOW' THEN 3 ELSE 1 END AS weight
FROM findings_now
WHERE status = 'FAILED' AND NOT waived AND lifecycle = 'current'
GROUP BY rule, title, severity
ORDER BY weight DESC, failed DESC, rule
LIMIT 20
