"""The tables of names agree with the resource schemas that cfn-lint ships."""

import pytest

from djaws.model.cloudformation.names import ATTRIBUTES, DOCUMENTED, NAMES

manager = pytest.importorskip("cfnlint.schema.manager")


def schema(kind):
    return manager.PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema


@pytest.mark.parametrize("kind", sorted(NAMES.keys() - DOCUMENTED))
def test_a_name_is_the_primary_identifier(kind):
    assert schema(kind)["primaryIdentifier"] == [f"/properties/{NAMES[kind]}"]


@pytest.mark.parametrize(
    ("kind", "attribute"), sorted(key for key in ATTRIBUTES if "Serverless" not in key[0])
)
def test_an_attribute_is_a_name_that_a_property_sets(kind, attribute):
    found = schema(kind)
    wanted = ATTRIBUTES[(kind, attribute)]
    assert wanted in found["properties"]
    assert f"/properties/{wanted}" not in found["readOnlyProperties"]
    assert attribute in found["properties"]
