-- What the last run of each account and region in the last 7 days saw, also where it saw nothing. Gaps of no single
-- account or region belong to every place of their run.
CREATE OR REPLACE VIEW coverage_now AS
SELECT DISTINCT c.*
FROM coverage c
JOIN (
  SELECT account, region, max_by(run_id, observed_at) AS run_id
  FROM coverage
  WHERE record = 'target' AND dt >= date_format(current_date - interval '7' day, '%Y-%m-%d')
  GROUP BY account, region
) p ON p.run_id = c.run_id
  AND (p.account = c.account OR c.account = '')
  AND (p.region = c.region OR (c.record = 'gap' AND c.region = 'global'))
WHERE c.dt >= date_format(current_date - interval '7' day, '%Y-%m-%d')
