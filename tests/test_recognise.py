"""Templates are told from everything else by their bytes."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djaws.files import MAX_BYTES, Tree
from djaws.recognise import find_templates, is_sam, is_template

TEMPLATES = {
    "plain": "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n",
    "with a version and comments": "# ours\n\n---\nAWSTemplateFormatVersion: 2010-09-09\nResources:\n\n  # the queue\n  Jobs:\n    # why\n    Type: AWS::SQS::Queue\n",
    "with line ends of Windows": "---\r\nDescription: x\r\nResources:\r\n  Jobs:\r\n    Type: AWS::SQS::Queue\r\n",
    "with a byte order mark": "\ufeffResources:\n  Jobs:\n    Type: AWS::SQS::Queue\n",
    "indented as a whole": "  Description: x\n  Resources:\n      Jobs:\n        Type: AWS::SQS::Queue\n",
    "with quoted keys": "'Resources':\n  \"Jobs\":\n    'Type': \"AWS::SQS::Queue\"\n",
    "with spaces before colons": "Resources :\n  Jobs :\n    Type : AWS::SQS::Queue\n",
    "with the type last": "Resources:\n  Jobs:\n    Properties:\n      Type: x\n    Type: AWS::SQS::Queue\n",
    "with the type on the next line": "Resources:\n  Jobs:\n    Type:\n      AWS::SQS::Queue\n",
    "with flow inside blocks": "Resources:\n  Jobs: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 5}}\n",
    "with resources in flow": "Description: x\nResources: {Jobs: {Type: 'AWS::SQS::Queue'}}\n",
    "with JSON inside YAML": 'Description: x\nResources: {\n"Jobs": {"Type": "AWS::SQS::Queue"}\n}\n',
    "in flow without quotes": "{Resources: {Jobs: {Type: AWS::SQS::Queue}}}",
    "on the line of the document": '--- {"Resources": {"Jobs": {"Type": "AWS::SQS::Queue"}}}\n',
    "with an anchor": "Resources: &all\n  Jobs: &jobs\n    Type: AWS::SQS::Queue\n",
    "of a custom resource": "Resources:\n  Seed:\n    Type: Custom::Seed\n",
    "of another vendor": "Resources:\n  Watch:\n    Type: Datadog::Monitors::Monitor\n",
    "of a registry module": "Resources:\n  Bucket:\n    Type: My::S3::SampleBucket::MODULE\n",
    "of a skill": "Resources:\n  Skill:\n    Type: Alexa::ASK::Skill\n",
    "of serverless resources": "Transform: AWS::Serverless-2016-10-31\nResources:\n  Web:\n    Type: AWS::Serverless::Function\n",
    "of a loop": "Resources:\n  Fn::ForEach::Buckets:\n    - Name\n    - [a, b]\n    - Bucket${Name}: {Type: 'AWS::S3::Bucket'}\n",
    "of a quoted loop": "Resources:\n  'Fn::ForEach::Buckets': [Name, [a], {}]\n",
    "of a transform": "Resources:\n  Fn::Transform:\n    Name: AWS::Include\n",
    "with a misspelled type": "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  Jobs:\n    Type: SQSQueue\n",
    "with a second document": "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n---\nkind: x\n",
    "with placeholders of another tool": "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: {{ name }}\n",
    "JSON": '{"Resources":{"Jobs":{"Type":"AWS::SQS::Queue"}}}',
    "JSON with brackets in strings": '{"Description": "}]{ \\" {", "Resources": {"Jobs": {"Type": "AWS::SQS::Queue"}}}',
    "JSON with tabs": '{\n\t"Resources": {\n\t\t"Jobs": {\n\t\t\t"Properties": {"A": [{"Type": "x"}]},\n\t\t\t"Type" : "AWS::SQS::Queue"\n\t\t}\n\t}\n}',
    "JSON of a loop": '{"Resources": {"Fn::ForEach::Tables": ["T", ["a"], {}]}}',
    "JSON with a misspelled type": '{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Jobs": {"Type": "Queue"}}}',
}

OTHERS = {
    "nothing": "",
    "a word": "Resources",
    "an AppSpec": "version: 0.0\nResources:\n  - TargetService:\n      Type: AWS::ECS::Service\n      Properties: {}\n",
    "an AppSpec without indentation": "version: 0.0\nResources:\n- TargetService:\n    Type: AWS::ECS::Service\n",
    "an AppSpec in JSON": '{"version": 0.0, "Resources": [{"TargetService": {"Type": "AWS::ECS::Service"}}]}',
    "serverless.yml": "service: x\nresources:\n  Resources:\n    Jobs:\n      Type: AWS::SQS::Queue\n",
    "cdk.json": '{"app": "python app.py", "context": {"@aws-cdk/core:Resources": true, "Type": "x"}}',
    "package.json": '{"name": "x", "scripts": {"Resources": "y"}, "Type": "AWS::S3::Bucket"}',
    "a Kubernetes list": "apiVersion: v1\nkind: List\nitems:\n  - kind: ConfigMap\n    data:\n      Resources: x\n      Type: AWS::S3::Bucket\n",
    "a template in a ConfigMap": "kind: ConfigMap\ndata:\n  t.yaml: |\n    Resources:\n      Jobs:\n        Type: AWS::SQS::Queue\n",
    "OpenAPI": "openapi: 3.0.0\ncomponents:\n  schemas:\n    Resources:\n      Type: object\n",
    "a state machine": '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"Resources": "AWS::x"}}}}',
    "a resource schema": '{"typeName": "AWS::SQS::Queue", "properties": {"Resources": {"type": "object"}, "Type": {"type": "AWS::A::B"}}}',
    "a parameter file": '{"Parameters": {"Resources": "x"}, "Tags": {"Type": "AWS::SQS::Queue"}}',
    "a list of parameters": '[{"ParameterKey": "Resources", "ParameterValue": {"Jobs": {"Type": "AWS::SQS::Queue"}}}]',
    "a stack policy": '{"Statement": [{"Effect": "Deny", "Condition": {"StringEquals": {"ResourceType": ["AWS::SQS::Queue"]}}, "Resources": "*"}]}',
    "an event of a macro": '{"fragment": {"Resources": {"Jobs": {"Type": "AWS::SQS::Queue"}}}}',
    "a described stack": '{"TemplateBody": {"Resources": {"Jobs": {"Type": "AWS::SQS::Queue"}}}}',
    "Markdown with a snippet": "# Queue\n\nPut this there.\n\n```yaml\nResources:\n  Jobs:\n    Type: AWS::SQS::Queue\n```\n",
    "Markdown that begins like YAML": "Title: x\n\n```yaml\nResources:\n  Jobs:\n    Type: AWS::SQS::Queue\n```\n",
    "a snippet in a block scalar": "Readme: |\n  Resources:\n    Jobs:\n      Type: AWS::SQS::Queue\n",
    "resources elsewhere": "Resources:\n  cpu: 1\nOther:\n  Jobs:\n    Type: AWS::SQS::Queue\n",
    "a type too deep": "Resources:\n  Jobs:\n    Properties:\n      Type: AWS::SQS::Queue\n",
    "a type too deep in JSON": '{"Resources": {"Jobs": {"Properties": {"Type": "AWS::SQS::Queue"}}}}',
    "a later document": "kind: x\n---\nResources:\n  Jobs:\n    Type: AWS::SQS::Queue\n",
    "a text as resources": "Resources: see below\nJobs:\n  Type: AWS::SQS::Queue\n",
    "an Azure template": '{"$schema": "x", "Resources": [{"Type": "Microsoft.Web/sites"}]}',
    "a module's own section": "Modules:\n  Web:\n    Source: ./web.yaml\nTypes: AWS::S3::Bucket\n",
}


@pytest.mark.parametrize("text", TEMPLATES.values(), ids=TEMPLATES.keys())
def test_a_template_is_recognised(text):
    assert is_template(text.encode())


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS.keys())
def test_what_only_looks_like_a_template_is_not_one(text):
    assert not is_template(text.encode())


def test_sam_is_told_from_plain_cloudformation():
    assert is_sam(TEMPLATES["of serverless resources"].encode())
    assert is_sam(b"Resources:\n  Web:\n    Type: AWS::Serverless::Function\n")
    assert not is_sam(TEMPLATES["plain"].encode())
    assert not is_sam(b"Transform: AWS::Serverless-2016-10-31\n")


@given(st.binary(max_size=200))
def test_any_bytes_get_an_answer(data):
    assert is_template(b"Resources Type:" + data) in (True, False)
    assert is_template(b"Resources:\n  A:\n    Type:" + data) in (True, False)


@given(
    st.dictionaries(
        st.text(max_size=5), st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=3), max_size=4
    ),
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
)
def test_whatever_surrounds_the_resources_of_a_JSON_template_it_is_one(others, indent, ascii_only):
    others.pop("Resources", None)
    document = {**others, "Resources": {"Jobs": {"Type": "AWS::SQS::Queue"}}, **others}
    assert is_template(json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode())
    assert not is_template(
        json.dumps({**others, "Nested": document, "Resources": []}, indent=indent).encode()
    )


def test_templates_are_found_by_name_and_content_and_refused_ones_too(tmp_path: Path):
    plain = TEMPLATES["plain"]
    (tmp_path / "a.yaml").write_text(plain)
    (tmp_path / "b.template").write_text(plain)
    (tmp_path / "c.md").write_text(plain)
    (tmp_path / "d.json").write_text(OTHERS["package.json"])
    (tmp_path / "large.yml").write_text(plain + "#" * (MAX_BYTES + 1))
    os.symlink("nowhere", tmp_path / "gone.yaml")
    names = ("a.yaml", "b.template", "c.md", "d.json", "gone.yaml", "large.yml")
    assert find_templates(Tree(tmp_path, names)) == ("a.yaml", "b.template", "large.yml")
