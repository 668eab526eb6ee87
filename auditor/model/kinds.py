"""Every type of resource in the model, SageMaker's and the neighbours', by its type name."""

from collections.abc import Mapping
from functools import cache

from . import dockerfile, identity, kms, network, surroundings
from .resource import Resource
from .sagemaker import BY_TYPE


@cache
def every_kind() -> Mapping[str, type[Resource]]:
    """Type name to class."""
    found: dict[str, type[Resource]] = dict(BY_TYPE)
    for module in (dockerfile, identity, kms, network, surroundings):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Resource) and value.cfn_type:
                found[value.cfn_type] = value
    return found
