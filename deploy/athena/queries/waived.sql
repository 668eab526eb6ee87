-- Waived findings: who accepted what, and until when; the first to expire first.
SELECT
  waiver_expires,
  date_diff('day', current_date, CAST(waiver_expires AS date)) AS days_left,
  severity,
  rule,
  account,
  region,
  resource_name,
  waiver_owner,
  waiver_reason,
  waiver_ticket,
  finding_id
FROM findings_now
WHERE waived AND status = 'FAILED'
ORDER BY waiver_expires, severity_rank DESC, account, region, rule, resource_name, finding_id
