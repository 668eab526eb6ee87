-- What the last run of each account and region in the last 7 days said.
CREATE OR REPLACE VIEW findings_now AS
SELECT f.*
FROM findings_daily f
JOIN (
  SELECT account, region, max(dt) AS dt
  FROM last_runs
  WHERE dt >= date_format(current_date - interval '7' day, '%Y-%m-%d')
  GROUP BY account, region
) p ON p.account = f.account AND p.region = f.region AND p.dt = f.dt
WHERE f.dt >= date_format(current_date - interval '7' day, '%Y-%m-%d')
