-- Posture by concern: which subjects fail most.
SELECT
  concern,
  count(*) FILTER (WHERE status = 'FAILED' AND NOT waived) AS failed,
  count(*) FILTER (WHERE status = 'FAILED' AND waived) AS waived,
  count(*) FILTER (WHERE status = 'NOT_AVAILABLE') AS not_available,
  count(*) FILTER (WHERE status = 'PASSED') AS passed,
  round(100.0 * count(*) FILTER (WHERE status = 'PASSED') / count(*), 1) AS passed_percent
FROM findings_now
WHERE lifecycle = 'current'
GROUP BY concern
ORDER BY failed DESC, concern
