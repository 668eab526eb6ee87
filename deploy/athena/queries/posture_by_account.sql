-- Posture by account: open findings, the day of the oldest of them, and how many families were not scanned whole.
WITH posture AS (
  SELECT
    account,
    count(*) FILTER (WHERE status = 'FAILED' AND NOT waived AND severity = 'CRITICAL') AS failed_critical,
    count(*) FILTER (WHERE status = 'FAILED' AND NOT waived AND severity = 'HIGH') AS failed_high,
    count(*) FILTER (WHERE status = 'FAILED' AND NOT waived) AS failed,
    count(*) FILTER (WHERE status = 'NOT_AVAILABLE') AS not_available,
    count(*) FILTER (WHERE status = 'PASSED') AS passed,
    min(dt) AS findings_of
  FROM findings_now
  WHERE lifecycle = 'current'
  GROUP BY account
),
seen AS (
  SELECT
    account,
    count(DISTINCT region) AS regions,
    count(*) FILTER (WHERE status <> 'SCANNED') AS unfinished
  FROM coverage_now
  WHERE record = 'target'
  GROUP BY account
)
SELECT
  s.account,
  coalesce(p.failed_critical, 0) AS failed_critical,
  coalesce(p.failed_high, 0) AS failed_high,
  coalesce(p.failed, 0) AS failed,
  coalesce(p.not_available, 0) AS not_available,
  coalesce(p.passed, 0) AS passed,
  s.regions,
  s.unfinished,
  p.findings_of
FROM seen s
LEFT JOIN posture p ON p.account = s.account
ORDER BY failed_critical DESC, failed_high DESC, failed DESC, s.account
