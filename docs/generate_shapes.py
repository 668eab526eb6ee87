"""Writes `auditor/sources/shapes.json`: what SageMaker's requests and answers hold, from botocore's model."""

import argparse
import json
import sys
from pathlib import Path

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

from auditor.model.sagemaker import RESOURCES

TARGET = Path("auditor/sources/shapes.json")
# Answers in which the resource is a member of its own.
NESTED = {"Workforce": "Workforce", "Workteam": "Workteam"}
# Record types of Search; processing and transform jobs come in the source detail of trial components.
RECORDS = {
    "TrainingJob": "TrainingJob",
    "HyperParameterTuningJob": "HyperParameterTuningJobSearchEntity",
    "Model": "Model",
    "ModelPackage": "ModelPackage",
    "ModelPackageGroup": "ModelPackageGroup",
    "ModelCard": "ModelCard",
    "Endpoint": "Endpoint",
    "Pipeline": "Pipeline",
    "FeatureGroup": "FeatureGroup",
    "ProcessingJob": "ProcessingJob",
    "TransformJob": "TransformJob",
}
# A list of instance types grows every month: a value that is not in it says nothing.
_LONGEST_ENUM = 20


class _Table:
    def __init__(self) -> None:
        self.structures: dict[str, dict[str, str]] = {}

    def add_outer(self, shape: Shape | None) -> str:
        """Note what an operation takes or answers."""
        if shape is None:
            raise ValueError("an operation without input or output makes or describes nothing")
        return self.add(shape)

    def add(self, shape: Shape) -> str:
        """Note a shape and give its code: a structure's name, `[x`, `{x`, a scalar's type, or `=A|B`."""
        if isinstance(shape, StructureShape):
            if shape.name not in self.structures:
                members = self.structures[shape.name] = {}
                needed = set(shape.required_members)
                for name, member in shape.members.items():
                    members[name] = ("!" if name in needed else "") + self.add(member)
            return shape.name
        if isinstance(shape, ListShape):
            return "[" + self.add(shape.member)
        if isinstance(shape, MapShape):
            return "{" + self.add(shape.value)
        values: list[str] = getattr(shape, "enum", None) or []
        return "=" + "|".join(values) if 0 < len(values) <= _LONGEST_ENUM else str(shape.type_name)


def text() -> str:
    """The file's content."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    table = _Table()
    types: dict[str, dict[str, str]] = {}
    for kind in RESOURCES:
        name = kind.cfn_type.rpartition("::")[2]
        answer = table.add_outer(model.operation_model(f"Describe{name}").output_shape)
        types[kind.cfn_type] = {
            "create": table.add_outer(model.operation_model(f"Create{name}").input_shape),
            "describe": table.structures[answer].get(NESTED.get(name, ""), answer).removeprefix("!"),
        }
        if name in RECORDS:
            types[kind.cfn_type]["search"] = table.add(model.shape_for(RECORDS[name]))
    # One structure a line: a newer botocore shows as a readable difference.
    rows = ",\n".join(f" {json.dumps(n)}: {json.dumps(table.structures[n])}" for n in sorted(table.structures))
    kinds = ",\n".join(f" {json.dumps(name)}: {json.dumps(types[name])}" for name in sorted(types))
    return f'{{"types": {{\n{kinds}\n}},\n"structures": {{\n{rows}\n}}}}\n'


def main() -> int:
    """Write the file, or with `--check` say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        return int(TARGET.read_text(encoding="utf-8") != text())
    TARGET.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
