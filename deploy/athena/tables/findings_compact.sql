-- The last run of each day in Parquet, written by compact.sql; one partition a day, the region a column.
CREATE EXTERNAL TABLE IF NOT EXISTS findings_compact (
  run_id string,
  observed_at string,
  finding_id string,
  rule string,
  title string,
  concern string,
  severity string,
  severity_rank int,
  status string,
  lifecycle string,
  reason string,
  message string,
  account string,
  resource_type string,
  resource_name string,
  resource_arn string,
  owner string,
  tags string,
  made_by string,
  correlation string,
  controls array<string>,
  evidence string,
  waived boolean,
  waiver_reason string,
  waiver_owner string,
  waiver_expires string,
  waiver_ticket string,
  region string
)
PARTITIONED BY (dt string)
STORED AS PARQUET
LOCATION 's3://${bucket}/findings_compact/'
TBLPROPERTIES (
  'parquet.compression' = 'ZSTD',
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '2026-01-01,NOW',
  'projection.dt.interval' = '1',
  'projection.dt.interval.unit' = 'DAYS'
)
