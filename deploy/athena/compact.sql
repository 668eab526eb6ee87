-- Daily: the last run of each day that is over, into Parquet. Days that are there already are left out, so that it may
-- run again and makes up for days on which it did not run. Athena adds at most 100 partitions at once: here 7.
INSERT INTO findings_compact
SELECT
  f.run_id, f.observed_at, f.finding_id, f.rule, f.title, f.concern, f.severity, f.severity_rank, f.status,
  f.lifecycle, f.reason, f.message, f.account, f.resource_type, f.resource_name, f.resource_arn, f.owner,
  f.tags, f.made_by, f.correlation, f.controls, f.evidence, f.waived, f.waiver_reason, f.waiver_owner,
  f.waiver_expires, f.waiver_ticket, f.region, f.dt
FROM findings f
JOIN last_runs r ON r.dt = f.dt AND r.account = f.account AND r.region = f.region AND r.run_id = f.run_id
WHERE f.dt BETWEEN date_format(current_date - interval '8' day, '%Y-%m-%d')
    AND date_format(current_date - interval '2' day, '%Y-%m-%d')
  AND f.dt NOT IN (
    SELECT DISTINCT c.dt FROM findings_compact c
    WHERE c.dt BETWEEN date_format(current_date - interval '8' day, '%Y-%m-%d')
      AND date_format(current_date - interval '2' day, '%Y-%m-%d')
  )
