"""What the embedded AWS adds to moto: SageMaker types that moto lacks, and members that it drops.

Importing this package imports moto; ``auditor.demo`` itself does not.
"""

from __future__ import annotations

import functools

from moto.core import responses as moto_responses
from moto.core.utils import camelcase_to_underscores, get_service_model, method_names_from_class
from moto.sagemaker.responses import SageMakerResponse

from auditor.demo.extension import account, extras, neighbours, operations, search


@functools.cache
def install() -> frozenset[str]:
    """Set the extension's operations on moto's response classes, once per process.

    Returns:
        The names of the SageMaker operations that moto implements itself and that now are the extension's.
    """
    model = get_service_model("sagemaker")
    originals = {
        name: vars(SageMakerResponse)[camelcase_to_underscores(name)]
        for name in model.operation_names
        if camelcase_to_underscores(name) in vars(SageMakerResponse)
    }
    methods = dict(operations.generated(model)) | dict(extras.extras(model, originals))
    methods["Search"] = search.searcher(model.operation_model("Search"), originals["Search"])
    for name, method in methods.items():
        setattr(SageMakerResponse, camelcase_to_underscores(name), method)
    neighbours.install()
    account.install()
    # moto walks the class for its methods on every request; nothing is added to the classes after this point.
    setattr(moto_responses, "method_names_from_class", functools.cache(method_names_from_class))  # noqa: B010 - not exported by that module
    return frozenset(methods.keys() & originals.keys())
