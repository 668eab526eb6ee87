-- Every finding of every run, as the functions write them.
CREATE EXTERNAL TABLE IF NOT EXISTS findings (
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
  waiver_ticket string
)
PARTITIONED BY (dt string, region string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat'
LOCATION 's3://${bucket}/findings/'
TBLPROPERTIES (
  'projection.enabled' = 'true',
  'projection.dt.type' = 'date',
  'projection.dt.format' = 'yyyy-MM-dd',
  'projection.dt.range' = '2026-01-01,NOW',
  'projection.dt.interval' = '1',
  'projection.dt.interval.unit' = 'DAYS',
  'projection.region.type' = 'enum',
  'projection.region.values' = 'af-south-1,ap-east-1,ap-east-2,ap-northeast-1,ap-northeast-2,ap-northeast-3,ap-south-1,ap-south-2,ap-southeast-1,ap-southeast-2,ap-southeast-3,ap-southeast-4,ap-southeast-5,ap-southeast-6,ap-southeast-7,ca-central-1,ca-west-1,cn-north-1,cn-northwest-1,eu-central-1,eu-central-2,eu-isoe-west-1,eu-north-1,eu-south-1,eu-south-2,eu-west-1,eu-west-2,eu-west-3,eusc-de-east-1,global,il-central-1,me-central-1,me-south-1,mx-central-1,sa-east-1,us-east-1,us-east-2,us-gov-east-1,us-gov-west-1,us-iso-east-1,us-isob-east-1,us-isof-east-1,us-isof-south-1,us-west-1,us-west-2'
)
