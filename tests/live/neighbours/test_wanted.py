from __future__ import annotations

from auditor.model.resource import Identity, Observation, Origin
from auditor.model.sagemaker import Endpoint, TrainingJob
from auditor.sources.live.neighbours import Wanted
from auditor.sources.live.neighbours.wanted import GROUPS, KEYS, SUBNETS, RepositoryName

ORIGIN = Origin("live", Observation("sagemaker:DescribeTrainingJob"))
ACCOUNT = "123456789012"


def job(region: str, **members: object) -> TrainingJob:
    identity = Identity(TrainingJob.cfn_type, "job", "", "aws", ACCOUNT, region)
    return TrainingJob.build(members, identity, ORIGIN)


def test_a_key_of_one_region_is_not_wanted_in_another() -> None:
    wanted = Wanted()
    wanted.note(job("eu-west-1", OutputDataConfig={"KmsKeyId": "alias/data", "S3OutputPath": "s3://out-1/x"}))
    wanted.note(job("us-east-1", ResourceConfig={"VolumeKmsKeyId": "1234"}))
    assert wanted.references(KEYS, "eu-west-1") == ("alias/data",)
    assert wanted.references(KEYS, "us-east-1") == ("1234",)
    assert wanted.buckets() == (("out-1", "eu-west-1"),)


def test_network_and_image_references_are_gathered() -> None:
    wanted = Wanted()
    image = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/team/image:1"
    wanted.note(
        job(
            "eu-west-1",
            VpcConfig={"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]},
            AlgorithmSpecification={"TrainingImage": image},
        )
    )
    assert wanted.references(SUBNETS, "eu-west-1") == ("subnet-1", "subnet-2")
    assert wanted.references(GROUPS, "eu-west-1") == ("sg-1",)
    assert wanted.repositories("eu-west-1") == (RepositoryName(ACCOUNT, "eu-west-1", "team/image"),)


def test_what_was_not_observed_names_nothing() -> None:
    wanted = Wanted()
    wanted.note(job("eu-west-1"))
    assert wanted.references(KEYS, "eu-west-1") == ()
    assert wanted.buckets() == ()


def test_an_endpoint_makes_a_region_serve() -> None:
    wanted = Wanted()
    identity = Identity(Endpoint.cfn_type, "e", "", "aws", ACCOUNT, "eu-west-1")
    wanted.note(Endpoint.build({}, identity, ORIGIN))
    assert wanted.serves("eu-west-1")
    assert not wanted.serves("us-east-1")
