-- Worst roles: open findings on execution roles, weighted as in the score.
SELECT
  account,
  resource_name AS role,
  sum(CASE severity WHEN 'CRITICAL' THEN 40 WHEN 'HIGH' THEN 20 WHEN 'MEDIUM' THEN 8 WHEN 'LOW' THEN 3 ELSE 1 END)
    AS weight,
  count(*) AS failed,
  array_join(array_agg(rule ORDER BY rule), ', ') AS rules
FROM findings_now
WHERE resource_type = 'AWS::IAM::Role' AND status = 'FAILED' AND NOT waived AND lifecycle = 'current'
GROUP BY account, resource_name
ORDER BY weight DESC, failed DESC, account, role
LIMIT 50
