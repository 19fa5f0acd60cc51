"""Which stacks a tree of templates makes, and what each deploys."""

import dataclasses
import importlib.util
import json
import sys

import pytest
import yaml

from djaws.files import MAX_BYTES
from djaws.model.cloudformation import UNPARSABLE, load, syntax
from djaws.model.value import Guard, Reference, plain

NETWORK = """\
Parameters:
  Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}
  Cidr: {Type: String, Default: 10.0.0.0/16}
  Zones: {Type: CommaDelimitedList}
  Owner: {Type: String, Default: ""}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  HasOwner: !Not [!Equals [!Ref Owner, ""]]
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: !Ref Cidr, InstanceTenancy: !If [IsProd, dedicated, default]}
  Logs:
    Type: AWS::EC2::FlowLog
    Condition: IsProd
    Properties: {ResourceId: !Ref Vpc, Zones: !Ref Zones}
  Mail: {Type: AWS::SNS::Topic, Condition: HasOwner}
Outputs:
  VpcId: {Value: !Ref Vpc}
  Cidr: {Value: !Ref Cidr}
"""

PARENT = """\
Parameters:
  Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}
Conditions:
  Wanted: !Equals [!Ref Stage, prod]
Resources:
  Network:
    Type: AWS::CloudFormation::Stack
    Condition: Wanted
    Properties:
      TemplateURL: ./network.yaml
      Parameters: {Env: !Ref Stage, Cidr: 10.1.0.0/16, Zones: !Join [",", [a, b]]}
  Bare:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: network.yaml}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: {VpcId: !GetAtt Network.Outputs.VpcId, CidrIp: !GetAtt Network.Outputs.Cidr}
  Remote:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: !Sub "https://${AWS::Region}.example/x.yaml", Parameters: {A: b}}
"""


def only_stack(tree):
    (found,), undecided = load(tree)
    assert undecided == ()
    return found


def test_a_local_nested_stack_becomes_part_of_its_parent(tree):
    found = only_stack(tree({"infra/main.yaml": PARENT, "infra/network.yaml": NETWORK}))
    assert found.path == "infra/main.yaml"
    assert found.files == ("infra/main.yaml", "infra/network.yaml")
    assert [resource.address for resource in found.resources] == [
        "Network",
        "Bare",
        "Group",
        "Remote",
        "Network.Vpc",
        "Network.Logs",
        "Bare.Vpc",
    ]
    vpc = found.find("Network.Vpc")
    assert vpc.span.path == "infra/network.yaml"
    assert [(span.path, span.line) for span in vpc.calls] == [("infra/main.yaml", 6)]
    assert vpc.name == "Vpc"


def test_a_nested_stack_has_the_parameters_that_its_parent_passes(tree):
    found = only_stack(tree({"main.yaml": PARENT, "network.yaml": NETWORK}))
    vpc, logs = found.find("Network.Vpc"), found.find("Network.Logs")
    assert vpc.guard == Guard.when("Stage", "prod")
    assert vpc.attr("CidrBlock").only(None) == "10.1.0.0/16"
    assert vpc.attr("InstanceTenancy").only(None) == "dedicated"
    assert plain(logs.attr("Zones")) == ["a", "b"]
    assert logs.attr("ResourceId").references == (Reference("Network.Vpc"),)


def test_a_nested_stack_that_is_passed_nothing_has_its_defaults_for_certain(tree):
    found = only_stack(tree({"main.yaml": PARENT, "network.yaml": NETWORK}))
    assert found.find("Bare.Vpc").attr("InstanceTenancy").only(None) == "default"
    assert found.find("Bare.Logs") is None
    assert found.find("Bare.Mail") is None


def test_outputs_of_a_nested_stack_are_followed(tree):
    found = only_stack(tree({"main.yaml": PARENT, "network.yaml": NETWORK}))
    group = found.find("Group")
    assert group.attr("CidrIp").only(None) == "10.1.0.0/16"
    assert found.resolve(group.attr("VpcId")) == (found.find("Network.Vpc"),)
    assert found.referrers(found.find("Network.Vpc"))[0] is group


def test_a_nested_stack_from_elsewhere_is_unresolved(tree):
    found = only_stack(tree({"main.yaml": PARENT, "network.yaml": NETWORK}))
    (remote,) = found.unresolved
    assert (remote.source, remote.address, remote.span.line) == ("https://….example/x.yaml", "Remote", 18)
    assert plain(remote.arguments) == {"A": "b"}


def test_applications_of_SAM_are_nested_stacks_too(tree):
    parent = """\
        Resources:
          Local:
            Type: AWS::Serverless::Application
            Properties: {Location: app/template.yaml, Parameters: {Cidr: x}}
          Published:
            Type: AWS::Serverless::Application
            Properties: {Location: {ApplicationId: arn:aws:serverlessrepo:x, SemanticVersion: 1.0.0}}
    """
    found = only_stack(tree({"t.yaml": parent, "app/template.yaml": NETWORK}))
    assert found.find("Local.Vpc").attr("CidrBlock").only(None) == "x"
    assert [unresolved.source for unresolved in found.unresolved] == ["arn:aws:serverlessrepo:x"]


def test_templates_that_nest_each_other_still_make_a_stack(tree):
    def nesting(other):
        return (
            f"Resources:\n  Next: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {other}}}}}\n"
            "  Q: {Type: AWS::SQS::Queue}\n"
        )

    found = only_stack(tree({"a.yaml": nesting("b.yaml"), "b.yaml": nesting("a.yaml")}))
    assert {resource.address for resource in found.resources} == {"Next", "Q", "Next.Next", "Next.Q"}
    assert [unresolved.address for unresolved in found.unresolved] == ["Next.Next"]


def test_stacks_that_multiply_by_nesting_are_bounded(tree):
    files = {}
    for level in range(9):
        nested = "".join(
            f"  N{i}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: t{level + 1}.yaml}}}}\n"
            for i in range(20)
        )
        files[f"t{level}.yaml"] = f"Resources:\n  Q: {{Type: AWS::SQS::Queue}}\n{nested}"
    files["t9.yaml"] = "Resources:\n  Q: {Type: AWS::SQS::Queue}\n"
    stacks, undecided = load(tree(files))
    assert [stack.path for stack in stacks] == ["t0.yaml"]
    assert [entry.because for entry in undecided] == ["the template is too large to be followed wholly"]


def test_only_the_templates_asked_for_are_loaded(tree):
    files = tree({"a.yaml": NETWORK, "b.yaml": NETWORK})
    assert [stack.path for stack in load(files, ("b.yaml",))[0]] == ["b.yaml"]


# --- SAM

SAM = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    Timeout: 10
    Environment:
      Variables:
        STAGE: prod
        DEBUG: "0"
    Layers: [base]
    Tags:
      Project: shop
  Api:
    TracingEnabled: true
Resources:
  Web:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 30
      Environment:
        Variables:
          DEBUG: "1"
      Layers: [own]
      Tags: {Owner: web}
  Bare:
    Type: AWS::Serverless::Function
  Free:
    Type: AWS::Serverless::Function
    IgnoreGlobals: [Tags, Layers]
    Properties: {Handler: x}
  Alone:
    Type: AWS::Serverless::Function
    IgnoreGlobals: "*"
    Properties: {Handler: x}
  Plain:
    Type: AWS::Lambda::Function
    Properties: {Handler: x}
  Chosen:
    Type: AWS::Serverless::Function
    Properties:
      Environment: !Ref "AWS::NoValue"
"""


def test_globals_are_merged_as_SAM_does(tree):
    found = only_stack(tree({"template.yaml": SAM}))
    web = found.find("Web")
    assert plain(web.body) == {
        "Runtime": "python3.12",
        "Timeout": 30,
        "Environment": {"Variables": {"STAGE": "prod", "DEBUG": "1"}},
        "Layers": ["base", "own"],
        "Tags": {"Project": "shop", "Owner": "web"},
    }
    assert web.attr("Runtime").span.line == 4
    assert web.attr("Timeout").span.line == 19
    assert web.attr("Environment.Variables.STAGE").span.line == 8
    assert web.attr("Tags.Owner").span.line == 24


def test_globals_reach_only_whom_they_concern(tree):
    found = only_stack(tree({"template.yaml": SAM}))
    assert found.find("Bare").attr("Runtime").only(None) == "python3.12"
    assert set(found.find("Free").body.entries) == {"Handler", "Runtime", "Timeout", "Environment"}
    assert set(found.find("Alone").body.entries) == {"Handler"}
    assert set(found.find("Plain").body.entries) == {"Handler"}
    assert found.find("Chosen").attr("Environment").is_absent
    assert found.unresolved == ()


SAMCONFIG = """\
version = 0.1
[default.global.parameters]
stack_name = "shop"
[default.deploy.parameters]
parameter_overrides = "Stage=\\"dev\\" Days=1"
tags = "Project=\\"shop\\" Stage=dev"
[prod.deploy.parameters]
parameter_overrides = ["Stage=prod", "ParameterKey=Other,ParameterValue=y"]
tags = ["Project=shop", "Owner='the web team'"]
"""

DEPLOYED = """\
Parameters:
  Stage: {Type: String, Default: test, AllowedValues: [test, dev, prod]}
  Days: {Type: Number, Default: 7}
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Stage, DelaySeconds: !Ref Days}}
"""


def test_each_environment_of_samconfig_sets_its_parameters_and_tags(tree):
    found = only_stack(tree({"a/template.yaml": DEPLOYED, "a/samconfig.toml": SAMCONFIG}))
    assert found.environments == ("default", "prod")
    assert found.files == ("a/template.yaml", "a/samconfig.toml")
    name = found.find("Jobs").attr("QueueName")
    assert [
        (alternative.value, {s: v for s, e, v in alternative.guard.terms if e})
        for alternative in name.alternatives
    ] == [
        ("dev", {"Stage": {"dev"}, "samconfig": {"default"}}),
        ("prod", {"Stage": {"prod"}, "samconfig": {"prod"}}),
        ("test", {"Stage": {"test"}}),
    ]
    days = found.find("Jobs").attr("DelaySeconds")
    assert [(str(alternative.guard), alternative.value) for alternative in days.alternatives] == [
        ('Days is "1" and samconfig is "default"', 1),
        ('Days is "7" and samconfig is "prod"', 7),
    ]
    assert found.tags.get("Project").always(lambda value: value == "shop")
    owner = found.tags.get("Owner")
    assert [(str(alternative.guard), alternative.value) for alternative in owner.alternatives] == [
        ('samconfig is "default"', None),
        ('samconfig is "prod"', "the web team"),
    ]
    assert (owner.alternatives[1].span.path, owner.alternatives[1].span.line) == ("a/samconfig.toml", 9)


def test_samconfig_concerns_the_template_it_names_else_the_usual_one(tree):
    config = '[default.deploy.parameters]\ntags = "A=b"\n'
    named = '[default.build.parameters]\ntemplate_file = "stack.yaml"\n' + config
    usual = only_stack(tree({"template.yaml": DEPLOYED, "samconfig.toml": config}))
    assert plain(usual.tags) == {"A": "b"}
    other = load(tree({"stack.yaml": DEPLOYED, "template.yaml": DEPLOYED, "samconfig.toml": named}))[0]
    assert [plain(stack.tags) for stack in other] == [{"A": "b"}, {}]


def test_a_broken_samconfig_costs_only_itself(tree):
    (found,), undecided = load(tree({"template.yaml": DEPLOYED, "samconfig.toml": "[a\n"}))
    assert found.environments == ()
    assert [(entry.rule, entry.span.path) for entry in undecided] == [(UNPARSABLE, "samconfig.toml")]


# --- loops

LOOPS = """\
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: "red, blue"}
  Unset: {Type: CommaDelimitedList}
Resources:
  Fn::ForEach::Buckets:
    - Name
    - [A, b-c]
    - "Bucket&{Name}":
        Type: AWS::S3::Bucket
        Properties:
          BucketName: !Sub "x-${Name}"
          Tags:
            - {Key: name, Value: !Ref Name}
            - Fn::ForEach::Nothing: x
          Fn::ForEach::Inner:
            - Key
            - [Versioning, Lifecycle]
            - "${Key}Configuration": {Status: "${Name}"}
  "Fn::ForEach::Queues": [Colour, !Ref Names, {"Queue${Colour}": {Type: AWS::SQS::Queue}}]
  "Fn::ForEach::Topics": [Colour, !Ref Unset, {"Topic${Colour}": {Type: AWS::SNS::Topic}}]
  "Fn::ForEach::Broken": [Colour]
Outputs:
  Fn::ForEach::Names:
    - Name
    - [A]
    - "Out${Name}": {Value: !GetAtt ["Bucket${Name}", Arn]}
"""


def test_loops_are_unrolled(tree):
    found = only_stack(tree({"template.yaml": LOOPS}))
    assert [resource.name for resource in found.resources] == [
        "BucketA",
        "Bucketbc",
        "Queuered",
        "Queueblue",
        "Topic${Colour}",
    ]
    bucket = found.find("Bucketbc")
    assert bucket.attr("BucketName").only(None) == "x-b-c"
    assert bucket.attr("BucketName").span.line == 12
    assert bucket.attr("VersioningConfiguration.Status").only(None) == "b-c"
    assert found.outputs["OutA"].references == (Reference("BucketA", "Arn"),)


def test_a_loop_over_something_unknown_is_analysed_once(tree):
    found = only_stack(tree({"template.yaml": LOOPS}))
    assert found.find("BucketA").uncertain is None
    assert "Unset has no default" in found.find("Topic${Colour}").uncertain.because
    assert [unresolved.source for unresolved in found.unresolved] == ["Fn::ForEach::Broken"]


# --- what cannot be read


@pytest.mark.parametrize(
    ("text", "because", "line"),
    [
        ("Resources:\n  A: {Type: AWS::S3::Bucket\n", "did not find expected", 3),
        ("Resources:\n  A:\n    Type: AWS::S3::Bucket\n   B: 1\n", "", 4),
        ("Resources:\n  A:\n    Type: AWS::S3::Bucket\n    B: *none\n", "undefined alias", 4),
        ("Resources:\n  A: &a\n    Type: AWS::S3::Bucket\n    B: *a\n", "contains itself", 2),
        ("Resources:\n  A:\n    Type: AWS::S3::Bucket\n    B: {{ x }}: y\n", "", 4),
    ],
)
def test_a_template_that_cannot_be_parsed_is_undecided_with_its_line(tree, text, because, line):
    stacks, (entry,) = load(tree({"bad.yaml": text, "good.yaml": NETWORK}))
    assert [stack.path for stack in stacks] == ["good.yaml"]
    assert (entry.rule, entry.span.path, entry.span.line) == (UNPARSABLE, "bad.yaml", line)
    assert because in entry.because


def test_a_second_document_is_refused_unless_it_is_empty(tree):
    stacks, (entry,) = load(
        tree({"two.yaml": NETWORK + "---\nkind: x\n", "one.yaml": "---\n" + NETWORK + "---\n"})
    )
    assert [stack.path for stack in stacks] == ["one.yaml"]
    assert (entry.span.path, entry.because) == ("two.yaml", "a template is one document")


def test_templates_are_read_alike_without_the_compiled_parser(monkeypatch):
    text = SAM + "  Alias: &a {B: [1, yes, 2012-10-17, 22:22]}\n  Other: *a\n  Long: |\n    text\n"
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    spec = importlib.util.spec_from_file_location("syntax_without_compiled_parser", syntax.__file__)
    plain_syntax = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, plain_syntax)
    spec.loader.exec_module(plain_syntax)
    assert plain_syntax._Loader.__mro__[1] is yaml.SafeLoader
    assert dataclasses.asdict(plain_syntax.parse("t", text)) == dataclasses.asdict(syntax.parse("t", text))


def bomb(first, rest):
    levels = "".join(rest.format(n, n - 1) for n in range(1, 30))
    return f"Metadata:\n  a0: &a0 {first}\n{levels}Resources:\n  A: {{Type: AWS::S3::Bucket, Properties: {{B: *a29}}}}\n"


@pytest.mark.parametrize(
    "text",
    [
        bomb("[x, x]", "  a{0}: &a{0} [*a{1}, *a{1}, *a{1}]\n"),
        bomb("{k: v}", "  a{0}: &a{0} {{x: *a{1}, y: *a{1}, z: *a{1}}}\n"),
        "Metadata:\n  a: &a\n"
        + "".join(f"    k{n}: v\n" for n in range(5000))
        + "  b:\n"
        + "".join(f"    m{n}: {{<<: *a}}\n" for n in range(5000))
        + "Resources:\n  A: {Type: AWS::S3::Bucket}\n",
    ],
    ids=["lists", "mappings", "merges"],
)
def test_aliases_that_explode_are_refused(tree, text):
    stacks, (entry,) = load(tree({"bomb.yaml": text}))
    assert stacks == ()
    assert "more than 100000 parts" in entry.because


def test_texts_that_double_are_unknown_past_a_bound(stack):
    names = "".join(
        f'  B{n}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Sub "${{B{n + 1}}}${{B{n + 1}}}"}}}}\n'
        for n in range(60)
    )
    found = stack(
        f"Resources:\n{names}  B60: {{Type: AWS::S3::Bucket, Properties: {{BucketName: abcdefgh}}}}\n"
    )
    assert found.find("B50").attr("BucketName").only(None) == "abcdefgh" * 1024
    assert not found.find("B0").attr("BucketName").is_known


def test_long_chains_of_names_and_conditions_end_in_unknown(stack):
    names = "".join(
        f"  B{n}: {{Type: AWS::S3::Bucket, Properties: {{BucketName: !Ref B{n + 1}}}}}\n" for n in range(3000)
    )
    conditions = "".join(f"  C{n}: !Not [!Condition C{n + 1}]\n" for n in range(3000))
    found = stack(
        f"Conditions:\n{conditions}  C3000: !Equals [a, b]\nResources:\n{names}"
        "  B3000: {Type: AWS::S3::Bucket, Condition: C0, Properties: {BucketName: !If [C0, a, b]}}\n"
    )
    assert not found.find("B0").attr("BucketName").is_known
    assert {alternative.value for alternative in found.find("B3000").attr("BucketName").alternatives} == {"a"}


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("!If [C, ", ", 0]"),
        ("[", "]"),
        ("{A: ", "}"),
        ('!Sub ["${A}", {A: ', "}]"),
        ("!Select [0, [", "]]"),
        ("!Join ['', [!FindInMap [M, ", ", b]]]"),
    ],
)
def test_deep_nesting_is_unknown_and_never_a_crash(stack, opening, closing):
    text = opening * 90 + "x" + closing * 90
    found = stack(
        "Mappings: {M: {a: {b: a}}}\nConditions: {C: !Equals [!Ref R, x]}\n"
        f"Resources:\n  A: {{Type: AWS::S3::Bucket, Properties: {{B: {text}, C: 1}}}}\n"
    )
    assert found.find("A").attr("C").only(None) == 1
    hash(found.find("A").body)


def test_a_refused_file_is_undecided(tree):
    large = NETWORK + "#" * MAX_BYTES
    deep = '{"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": ' + "[" * 600 + "]" * 600 + "}}}"
    stacks, undecided = load(tree({"large.yaml": large, "deep.json": deep, "good.yaml": NETWORK}))
    assert [stack.path for stack in stacks] == ["good.yaml"]
    assert [(entry.span.path, entry.because) for entry in undecided] == [
        ("deep.json", "nested deeper than 500"),
        ("large.yaml", "larger than 2048 KiB"),
    ]


def test_JSON_is_read_with_all_that_JSON_allows(tree):
    text = (
        '{\n\t"Description": "\\ud83d\\ude00 \\u00e9 \\/ \\ud800 \x7f",\n\t"Resources": {\n\t\t"A":{"Type":"AWS::S3::Bucket",'
        '"Properties":\n{"BucketName"\n:"first","BucketName":"last","Long": 1e3}\n\t\t}\n\t}\n}'
    )
    json.loads(text)
    found = only_stack(tree({"t.json": text}))
    assert found.meta.get("Description").only(None) == "\U0001f600 é / \ufffd \ufffd"
    bucket = found.find("A")
    assert bucket.attr("BucketName").only(None) == "last"
    assert bucket.attr("BucketName").span.line == 6
    assert bucket.span.line == 4


def test_aliases_and_merge_keys_are_followed(stack):
    found = stack(
        """\
        Metadata:
          common: &common {A: 1, B: 2}
          other: &other {B: 3, C: 4}
        Resources:
          X:
            Type: AWS::SQS::Queue
            Properties:
              <<: [*common, *other]
              A: 5
          Y: {Type: AWS::SQS::Queue, Properties: *common}
        """
    )
    assert plain(found.find("X").body) == {"B": 2, "C": 4, "A": 5}
    assert plain(found.find("Y").body) == {"A": 1, "B": 2}
    assert found.find("Y").attr("A").span.line == 2
    assert (found.find("Y").block.line, found.find("Y").block.end_line) == (10, 10)


def test_a_resource_without_a_type_is_undecided_and_the_others_stay(tree):
    (found,), (entry,) = load(
        tree({"t.yaml": "Resources:\n  A: {Type: AWS::S3::Bucket}\n  B: {Properties: {}}\n"})
    )
    assert [resource.name for resource in found.resources] == ["A"]
    assert (entry.span.line, entry.because) == (3, "resource `B` has no type")
