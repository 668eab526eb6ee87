-- Coverage gaps: what the last runs did not see, and why. Not scanned is not clean.
SELECT
  account,
  region,
  family,
  coalesce(status, 'GAP') AS status,
  coalesce(operation, '') AS operation,
  coalesce(reason, '') AS reason,
  coalesce(resource, '') AS resource,
  coalesce(detail, '') AS detail,
  dt
FROM coverage_now
WHERE (record = 'target' AND status <> 'SCANNED') OR (record = 'gap' AND reason <> 'EXCLUDED')
ORDER BY account, region, family, status, operation, reason, resource, detail
