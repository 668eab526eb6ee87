-- Of each day, account and region the last run that saw anything of it.
CREATE OR REPLACE VIEW last_runs AS
SELECT dt, account, region, max_by(run_id, observed_at) AS run_id, max(observed_at) AS observed_at
FROM coverage
WHERE record = 'target' AND status <> 'NOT_SCANNED'
GROUP BY dt, account, region
