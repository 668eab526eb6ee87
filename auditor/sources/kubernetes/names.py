"""How ACK spells the members of SageMaker's API in its custom resources.

Source: `names` of `aws-controllers-k8s/pkg`, by which its code generator names every field; compared with the custom
resource definitions of `aws-controllers-k8s/sagemaker-controller`.
"""

import re
from functools import lru_cache

# Of the acronyms that the generator knows, those that stand in members of SageMaker's API.
_ACRONYM = re.compile(
    r"Id(?!entifier|le|entity|entities|empotency)|Ip(?!art|am)|Ttl(?!ing|e)|Ui(?!d)|Uid|Gid|Vpc|^EFS"
    r"|Ami|Api|Arn|Aws|Cidr|Cpu|Db|Dns|Ebs|Ec2|Ecr|Efs|Gpu|Https?|Iam|Json|Jwt|Kms|Oidc|Sns|Sql|Ssl|Uri|Url|Yaml"
)


@lru_cache(maxsize=4096)
def field_name(member: str) -> str:
    """A member of the API as a field of a spec: `RoleArn` is `roleARN`, `VpcConfig` is `vpcConfig`."""

    def spelled(match: re.Match[str]) -> str:
        return match[0].upper() if match.start() else match[0].lower()

    said = _ACRONYM.sub(spelled, member)
    return said[:1].lower() + said[1:]
