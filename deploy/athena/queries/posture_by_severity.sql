-- Posture by severity.
SELECT
  severity,
  count(*) FILTER (WHERE status = 'FAILED' AND NOT waived) AS failed,
  count(*) FILTER (WHERE status = 'FAILED' AND waived) AS waived,
  count(*) FILTER (WHERE status = 'NOT_AVAILABLE') AS not_available,
  count(*) FILTER (WHERE status = 'PASSED') AS passed
FROM findings_now
WHERE lifecycle = 'current'
GROUP BY severity, severity_rank
ORDER BY severity_rank DESC
