"""Facts about instance types.

Source: SageMaker API reference, `ResourceConfig.VolumeKmsKeyId` ("You can't request a VolumeKmsKeyId when
using an instance type with local storage"; the same is said of processing, transform, tuning and endpoint
configurations), and the EC2 instance type pages for which families have local NVMe storage, as of 2026-11.
"""

import re

_FAMILIES = """
dl1 dl2q f1 f2 g4ad g4dn g5 g5g g6 g6e g6f g7 g7e gr6 gr6f i2 i3 i3en i4g i4i i7i i7ie i8g i8ge
p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300 p6e-gb200 trn1 trn1n trn2 trn2u trn3
x1 x1e x2gd x2idn x2iedn x2iezn x8g z1d
"""
_LOCAL_STORAGE = frozenset(_FAMILIES.split())
# m5d, m5dn, c6id, r7gd …: a `d` among the letters after the generation stands for local disks.
_DISKS = re.compile(r"[cmr]\d[a-z]*d[a-z]*")


def has_local_storage(instance_type: str) -> bool:
    """Whether an instance type such as `ml.g5.xlarge` has local NVMe storage, encrypted by its hardware."""
    family = instance_type.removeprefix("ml.").partition(".")[0]
    return family in _LOCAL_STORAGE or _DISKS.fullmatch(family) is not None
