-- One state a day, from Parquet; days that are not there yet as the functions wrote them.
CREATE OR REPLACE VIEW findings_daily AS
SELECT
  c.run_id, c.observed_at, c.finding_id, c.rule, c.title, c.concern, c.severity, c.severity_rank, c.status,
  c.lifecycle, c.reason, c.message, c.account, c.resource_type, c.resource_name, c.resource_arn, c.owner,
  c.tags, c.made_by, c.correlation, c.controls, c.evidence, c.waived, c.waiver_reason, c.waiver_owner,
  c.waiver_expires, c.waiver_ticket, c.region, c.dt
FROM findings_compact c
UNION ALL
SELECT
  f.run_id, f.observed_at, f.finding_id, f.rule, f.title, f.concern, f.severity, f.severity_rank, f.status,
  f.lifecycle, f.reason, f.message, f.account, f.resource_type, f.resource_name, f.resource_arn, f.owner,
  f.tags, f.made_by, f.correlation, f.controls, f.evidence, f.waived, f.waiver_reason, f.waiver_owner,
  f.waiver_expires, f.waiver_ticket, f.region, f.dt
FROM findings f
JOIN last_runs r ON r.dt = f.dt AND r.account = f.account AND r.region = f.region AND r.run_id = f.run_id
WHERE f.dt >= date_format(current_date - interval '3' day, '%Y-%m-%d')
  AND f.dt NOT IN (
    SELECT DISTINCT c.dt FROM findings_compact c
    WHERE c.dt >= date_format(current_date - interval '3' day, '%Y-%m-%d')
  )
