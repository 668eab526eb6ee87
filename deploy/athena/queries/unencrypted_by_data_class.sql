-- Unencrypted by data class: failed encryption at rest by the tag that tells how sensitive the data is.
WITH classed AS (
  SELECT
    coalesce(
      json_extract_scalar(tags, '$["data-classification"]'),
      json_extract_scalar(tags, '$["DataClassification"]'),
      json_extract_scalar(tags, '$["data-class"]'),
      json_extract_scalar(tags, '$["Confidentiality"]'),
      'untagged'
    ) AS data_class,
    resource_type,
    account,
    region,
    resource_name
  FROM findings_now
  WHERE concern = 'encryption_at_rest' AND status = 'FAILED' AND NOT waived AND lifecycle = 'current'
)
SELECT
  data_class,
  resource_type,
  count(*) AS failed,
  count(DISTINCT account || '/' || region || '/' || resource_name) AS resources,
  count(DISTINCT account) AS accounts
FROM classed
GROUP BY data_class, resource_type
ORDER BY failed DESC, data_class, resource_type
