"""What the attributes of a template's resources can be, and where they say so."""

import pytest

from djaws.model.cloud import Attr, View
from djaws.model.value import Guard, Map, Reference, Seq, Value, combine, plain


def shown(value: Value) -> dict[str, object]:
    """Each alternative by its guard's text, and why there may be more."""
    found = {str(alternative.guard): alternative.value for alternative in value.alternatives}
    if value.unknown:
        found["?"] = value.unknown.because
    return found


QUEUE = """\
Parameters:
  Env:
    Type: String
    Default: prod
    AllowedValues: [dev, stage, prod]
  Name: {Type: String, Default: jobs}
  Suffix: {Type: String}
  Cert: {Type: String, Default: ""}
  Password: {Type: String, NoEcho: true, Default: secret}
  Ami: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /ami/latest}
  Size: {Type: Number, Default: "5"}
  Subnets: {Type: CommaDelimitedList, Default: "a, b"}
  Multi: {Type: String, Default: false, AllowedValues: [true, false]}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: {"Fn::Equals": [dev, {"Ref": Env}]}
  IsTest: !Or [!Condition IsDev, !Equals [!Ref Env, stage]]
  HasCert: !Not [!Equals [!Ref Cert, ""]]
  Never: !Equals [a, b]
  InEurope: !Equals [!Ref AWS::Region, eu-west-1]
  Both: !And [Condition: IsProd, Condition: HasCert]
  NotAllowed: !Equals [!Ref Env, live]
  SameAs: !Equals [!Sub "${Env}-x", prod-x]
Mappings:
  Sizes:
    dev: {Days: 1, Names: [a, b]}
    stage: {Days: 3, Names: [c]}
    prod: {Days: 30, Names: []}
  Regions:
    eu-west-1: {Ami: ami-1}
    us-east-1: {Ami: ami-2}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties: {TableName: !Sub "${Env}-orders"}
  Bucket:
    Type: AWS::S3::Bucket
  Named:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub "${AWS::StackName}-media"
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: dead}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      Here:
"""


@pytest.fixture
def expression(stack):
    """What an expression can be, written as the last property of the last resource above."""

    def evaluate(text: str) -> Value:
        return stack(QUEUE.rstrip() + f" {text}\n").find("Jobs").attr("Here")

    return evaluate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("12", 12),
        ("1.5", 1.5),
        ("'12'", "12"),
        ("yes", True),
        ("off", False),
        ("~", None),
        ("2012-10-17", "2012-10-17"),
        ("22:22", "22:22"),
        ("000123456701", "000123456701"),
        ("0x1F", 31),
        (".inf", ".inf"),
        ("!!str 12", "12"),
        ("!!binary aGVsbG8=", "aGVsbG8="),
        (
            "'{{resolve:secretsmanager:db:SecretString:password}}'",
            "{{resolve:secretsmanager:db:SecretString:password}}",
        ),
        ("!Ref Name", "jobs"),
        ("!Ref Size", 5),
        ("!Ref AWS::NoValue", None),
        ('!Sub "${Name}-${!Literal}"', "jobs-${Literal}"),
        ('!Sub ["${Name}-${Other}", {Other: x}]', "jobs-x"),
        ('!Join ["-", [a, !Ref Name, 3, !Ref "AWS::NoValue"]]', "a-jobs-3"),
        ('!Join [",", !Ref Subnets]', "a,b"),
        ("!Select [1, !Ref Subnets]", "b"),
        ('!Select ["0", [x, y]]', "x"),
        ('!Select [1, !Split ["/", a/b/c]]', "b"),
        ("!FindInMap [Sizes, dev, Days]", 1),
        ("!FindInMap [Sizes, none, Days, {DefaultValue: 9}]", 9),
        ("!FindInMap [Absent, none, Days, {DefaultValue: 9}]", 9),
        ("!Base64 script", "script"),
        ("!Length [a, b, c]", 3),
        ("!Length {Ref: Subnets}", 2),
        ("!ToJsonString {A: [1, !Ref Name]}", '{"A":[1,"jobs"]}'),
        ("!GetAtt Dead.QueueName", "dead"),
        ("!If [Never, a, b]", "b"),
        ("!If [NotAllowed, a, b]", "b"),
        ("!Select [1, !Cidr [10.0.0.0/16, 3, 8]]", "10.0.1.0/24"),
    ],
)
def test_what_can_be_known_is_known(expression, text, value):
    found = expression(text)
    assert found.is_known
    assert [alternative.value for alternative in found.alternatives] == [value]
    assert type(found.alternatives[0].value) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "!Ref Suffix",
        "!Ref Password",
        "!Ref Ami",
        "!Ref AWS::Region",
        "!Ref Bucket",
        "!Ref Jobs",
        "!Ref Dead",
        "!Ref Nothing",
        "!GetAtt Bucket.Arn",
        "!GetAtt [Bucket, Arn]",
        "!ImportValue network-vpc",
        "!GetAZs ''",
        "!Select [0, !GetAZs '']",
        "!Sub '${Suffix}-x'",
        "!Join [',', [!Ref Suffix]]",
        "!Split [',', !Ref Suffix]",
        "!Select [9, [a]]",
        "!Select [x, [a]]",
        "!Select [1, [!If [IsProd, a, !Ref 'AWS::NoValue'], b]]",
        "!FindInMap [Sizes, none, Days]",
        "!FindInMap [Nothing, a, b]",
        "!Transform {Name: Mine}",
        "!Future [1]",
        "!If [IsProd]",
        "!Sub [{}]",
        "!Cidr [x, y, z]",
        "!Ref [a]",
        "!ToJsonString {A: !Ref Suffix}",
        "!Condition IsProd",
    ],
)
def test_what_cannot_be_known_is_unknown_with_a_reason_and_its_place(expression, text):
    found = expression(text)
    assert found.alternatives == ()
    assert found.unknown.because
    assert found.span.line == QUEUE.count("\n")


def test_a_parameter_with_allowed_values_is_one_of_them_its_default_first(expression):
    assert shown(expression("!Ref Env")) == {
        'Env is "prod"': "prod",
        'Env is "dev"': "dev",
        'Env is "stage"': "stage",
    }
    assert shown(expression("!Ref Multi")) == {'Multi is "false"': "false", 'Multi is "true"': "true"}
    assert shown(expression("!Sub '${Env}-${Env}'")) == {
        'Env is "prod"': "prod-prod",
        'Env is "dev"': "dev-dev",
        'Env is "stage"': "stage-stage",
    }


def test_a_branch_says_when_it_holds(expression):
    assert shown(expression("!If [IsProd, 7, 0]")) == {'Env is "prod"': 7, 'Env is not "prod"': 0}
    assert shown(expression("!If [IsTest, 1, 2]")) == {
        'Env is "prod" and not (IsTest)': 2,
        'Env is "stage" and IsTest': 1,
        'Env is "dev" and IsTest': 1,
    }
    assert shown(expression("!If [InEurope, a, b]")) == {
        'AWS::Region is not "eu-west-1"': "b",
        'AWS::Region is "eu-west-1"': "a",
    }
    assert shown(expression("!If [SameAs, a, b]"))['Env is "prod" and SameAs'] == "a"


def test_a_default_that_a_condition_asks_for_keeps_both_branches_the_default_one_first(expression):
    found = expression("!If [HasCert, on, off]")
    assert [alternative.value for alternative in found.alternatives] == [False, True]
    assert shown(found) == {'Cert is ""': False, 'Cert is not ""': True}


def test_within_a_branch_a_parameter_is_what_the_condition_leaves_of_it(expression):
    assert shown(expression("!If [IsProd, !Ref Env, none]")) == {
        'Env is "prod"': "prod",
        'Env is not "prod"': "none",
    }
    assert shown(expression("!If [IsProd, none, !Ref Env]")) == {
        'Env is "prod"': "none",
        'Env is "dev"': "dev",
        'Env is "stage"': "stage",
    }
    certificate = expression("!If [HasCert, !Ref Cert, none]")
    assert shown(certificate) == {
        'Cert is ""': "none",
        "?": "parameter Cert is set to something else at deployment",
    }
    assert Reference("Cert") in certificate.references


def test_the_last_value_left_by_all_other_conditions_is_known(expression):
    assert shown(expression("!If [IsProd, p, !If [IsDev, d, !Ref Env]]")) == {
        'Env is "prod"': "p",
        'Env is "dev"': "d",
        'Env is "stage"': "stage",
    }


def test_a_mapping_is_read_by_a_guarded_key(expression):
    assert shown(expression("!FindInMap [Sizes, !Ref Env, Days]")) == {
        'Env is "prod"': 30,
        'Env is "dev"': 1,
        'Env is "stage"': 3,
    }
    assert shown(expression("!If [IsDev, 0, !FindInMap [Sizes, !Ref Env, Days]]")) == {
        'Env is "dev"': 0,
        'Env is "prod"': 30,
        'Env is "stage"': 3,
    }
    names = expression("!FindInMap [Sizes, dev, Names]").only(None)
    assert isinstance(names, Seq)
    assert plain(names) == ["a", "b"]


def test_a_mapping_by_something_unknown_is_any_of_its_rows(expression):
    found = expression("!FindInMap [Regions, !Ref AWS::Region, Ami]")
    assert found.is_known
    assert shown(found) == {'AWS::Region is "eu-west-1"': "ami-1", 'AWS::Region is "us-east-1"': "ami-2"}
    assert shown(expression("!If [InEurope, !FindInMap [Regions, !Ref AWS::Region, Ami], x]")) == {
        'AWS::Region is "eu-west-1"': "ami-1",
        'AWS::Region is not "eu-west-1"': "x",
    }


def test_a_text_that_is_known_in_part_shows_its_parts(expression):
    found = expression('!Sub "arn:aws:s3:::${Suffix}-${Name}/*"')
    assert found.unknown.parts == ("arn:aws:s3:::", None, "-jobs/*")
    assert found.references == (Reference("Suffix"), Reference("Name"))
    assert expression('!Join ["/", [a, !Ref Suffix, b]]').unknown.parts == ("a/", None, "/b")


def test_a_text_with_branches_and_holes_keeps_the_branches_that_are_known(expression):
    found = expression('!If [IsProd, !Sub "${Suffix}", fixed]')
    assert shown(found) == {'Env is not "prod"': "fixed", "?": "parameter Suffix has no default"}


def test_a_reference_is_an_edge_whether_or_not_its_name_is_known(expression):
    assert expression("!Ref Bucket").references == (Reference("Bucket"),)
    assert expression("!GetAtt Bucket.Arn").references == (Reference("Bucket", "Arn"),)
    assert expression('!Sub "${Bucket.Arn}/*"').references == (Reference("Bucket", "Arn"),)
    table = expression("!Ref Table")
    assert {alternative.value for alternative in table.alternatives} == {
        "prod-orders",
        "dev-orders",
        "stage-orders",
    }
    assert table.references == (Reference("Table"),)
    assert expression("!Ref Named").unknown.parts == (None, "-media")


def test_the_reason_names_the_parameter(expression):
    assert "Password is NoEcho" in expression("!Ref Password").unknown.because
    assert "/ami/latest" in expression("!Ref Ami").unknown.because


@pytest.mark.parametrize("condition", ["IsProd", "IsTest", "HasCert", "Both", "InEurope", "SameAs"])
def test_attributes_on_one_condition_never_meet_wrongly(stack, condition):
    text = (
        QUEUE.rstrip() + f" !If [{condition}, yes, no]\n      There: !If [{condition}, {{A: 1}}, {{A: 0}}]\n"
    )
    jobs = stack(text).find("Jobs")
    met = combine(lambda here, there: (here, there), jobs.attr("Here"), jobs.attr("There.A"), span=jobs.span)
    assert {alternative.value for alternative in met.alternatives} == {(True, 1), (False, 0)}


def test_every_attribute_is_on_its_own_line_and_column(stack):
    found = stack(
        """\
        Resources:
          Web:
            Type: AWS::EC2::Instance

            Properties:
              # the network
              NetworkInterfaces:
                - DeviceIndex: 0
                  AssociatePublicIpAddress:
                    true
              "UserData": |
                #!/bin/sh
                exit
              EbsOptimized: !If
                - Missing
                - true
                - false
          Last: {Type: AWS::SQS::Queue}
        """
    )
    web = found.find("Web")
    assert (web.span.line, web.span.column) == (2, 3)
    assert (web.block.line, web.block.end_line) == (2, 17)
    interface = web.blocks("NetworkInterfaces")[0][0]
    assert (web.attr("NetworkInterfaces").span.line, web.attr("NetworkInterfaces").span.column) == (7, 7)
    assert interface.span.line == 8
    assert interface.get("AssociatePublicIpAddress").span.line == 9
    assert web.attr("UserData").span.line == 11
    assert [alternative.span.line for alternative in web.attr("EbsOptimized").alternatives] == [16, 17]
    assert web.attr("Missing").span.line == 2
    assert interface.get("Missing").span.line == 8
    assert (found.find("Last").block.line, found.find("Last").block.end_line) == (18, 18)


def test_views_read_both_dialects(stack):
    class Database(View):
        types = ("AWS::RDS::DBInstance",)
        is_encrypted = Attr(bool, tf="storage_encrypted", cfn="StorageEncrypted", default=False)
        days = Attr(int, tf="backup_retention_period", cfn="BackupRetentionPeriod", default=1)

    found = stack(
        """\
        Parameters: {Days: {Type: Number, Default: 7}}
        Resources:
          Db:
            Type: AWS::RDS::DBInstance
            Properties: {StorageEncrypted: "true", BackupRetentionPeriod: !Ref Days}
        """
    )
    (database,) = found.each(Database)
    assert database.is_encrypted.always(lambda yes: yes)
    assert database.days.only(None) == 7


def test_what_is_no_property_is_meta(stack):
    found = stack(
        """\
        Resources:
          Db:
            Type: AWS::RDS::DBInstance
            DependsOn: [Net]
            DeletionPolicy: Retain
            Metadata: {cfn-lint: {config: {ignore_checks: [E1]}}}
            Properties: {Engine: postgres}
          Net: {Type: AWS::EC2::VPC}
        """
    )
    meta = found.find("Db").meta
    assert set(meta.entries) == {"DependsOn", "DeletionPolicy", "Metadata"}
    assert plain(meta.get("DependsOn")) == ["Net"]
    assert meta.get("DeletionPolicy").only(None) == "Retain"
    assert meta.get("DeletionPolicy").span.line == 5


def test_a_resource_exists_under_its_condition_and_knows_it(stack):
    found = stack(
        """\
        Parameters: {Env: {Type: String, Default: dev, AllowedValues: [dev, prod]}}
        Conditions:
          IsProd: !Equals [!Ref Env, prod]
          Never: !Equals [a, b]
          Some: !Or [!Condition IsProd, !Equals [!Ref "AWS::Region", x]]
        Resources:
          Live:
            Type: AWS::SQS::Queue
            Condition: IsProd
            Properties: {QueueName: !Ref Env, DelaySeconds: !If [IsProd, 1, 2]}
          Gone: {Type: AWS::SQS::Queue, Condition: Never}
          Maybe:
            Type: AWS::SQS::Queue
            Condition: Some
            Properties: {DelaySeconds: !If [Some, 1, 2]}
        """
    )
    assert [resource.name for resource in found.resources] == ["Live", "Maybe"]
    live = found.find("Live")
    assert live.guard == Guard.when("Env", "prod")
    assert live.attr("QueueName").only(None) == "prod"
    assert live.attr("DelaySeconds").only(None) == 1
    maybe = found.find("Maybe")
    assert maybe.guard == Guard.when("Some", True)
    assert {alternative.value for alternative in maybe.attr("DelaySeconds").alternatives} == {1}


def test_a_parameter_and_a_condition_of_one_name_are_told_apart(stack):
    found = stack(
        """\
        Parameters: {Big: {Type: String, Default: "no"}, Other: {Type: String}}
        Conditions: {Big: !Or [!Equals [!Ref Big, "yes"], !Equals [!Ref Other, x]]}
        Resources:
          Jobs: {Type: AWS::SQS::Queue, Condition: Big, Properties: {DelaySeconds: !If [Big, 1, 2], QueueName: !Ref Big}}
        """
    )
    jobs = found.find("Jobs")
    assert {alternative.value for alternative in jobs.attr("DelaySeconds").alternatives} == {1}
    assert {alternative.value for alternative in jobs.attr("QueueName").alternatives} == {"yes", "no"}


def test_what_a_transform_adds_leaves_objects_open(stack):
    found = stack(
        """\
        Transform: [AWS::Serverless-2016-10-31, Mine]
        Resources:
          Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://x/y}}
          Jobs:
            Type: AWS::SQS::Queue
            Properties:
              DelaySeconds: 5
              Fn::Transform: {Name: Other}
          Rewritten: {Type: AWS::SQS::Queue, "Fn::Transform": {Name: Other}, Properties: {DelaySeconds: 5}}
          Module: {Type: Acme::S3::Bucket::MODULE}
          Rain: {Type: !Rain::Module "network.yaml"}
          Other: {Type: {"Rain::Module": network.yaml}}
        """
    )
    assert [unresolved.source for unresolved in found.unresolved] == [
        "Mine",
        "Fn::Transform",
        "Acme::S3::Bucket::MODULE",
        "network.yaml",
        "network.yaml",
    ]
    jobs = found.find("Jobs")
    assert jobs.attr("DelaySeconds").only(None) == 5
    assert jobs.attr("QueueName").unknown is not None
    assert found.find("Rewritten").attr("DelaySeconds").only(None) == 5
    assert found.find("Rewritten").attr("QueueName").unknown is not None


def test_the_default_branch_is_the_first_alternative(stack):
    found = stack(
        """\
        Parameters:
          Env: {Type: String, Default: dev}
          Size: {Type: String, Default: small, AllowedValues: [large, small]}
        Conditions:
          Prod: !Equals [!Ref Env, prod]
          Quiet: !And [!Not [!Condition Prod], !Equals [!Ref Size, small]]
        Resources:
          A: {Type: AWS::SQS::Queue, Properties: {X: !If [Prod, 1, 2], Y: !If [Quiet, 1, 2], Z: !Ref Env}}
        """
    )
    resource = found.find("A")
    assert resource.attr("X").alternatives[0].value == 2
    assert resource.attr("Y").alternatives[0].value == 1
    assert [alternative.value for alternative in resource.attr("Z").alternatives] == ["dev", "prod"]


def test_an_unquoted_yes_and_a_quoted_one_are_the_same_answer(stack):
    found = stack(
        """\
        Parameters: {Audit: {Type: String, Default: "No", AllowedValues: [Yes, No]}}
        Conditions: {Audits: !Equals [!Ref Audit, "Yes"]}
        Resources:
          A: {Type: AWS::SQS::Queue, Properties: {X: !If [Audits, 1, 0]}}
        """
    )
    assert shown(found.find("A").attr("X")) == {'Audit is "false"': 0, 'Audit is "true"': 1}


def test_a_cycle_of_conditions_or_names_is_only_unknown(stack):
    found = stack(
        """\
        Conditions: {A: !Condition B, B: !Not [!Condition A]}
        Resources:
          X: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref Y}}
          Y: {Type: AWS::S3::Bucket, Condition: A, Properties: {BucketName: !Sub "${X}-y", Tags: !If [A, [], []]}}
        """
    )
    assert not found.find("X").attr("BucketName").is_known


def test_outputs_and_parameters_are_values(stack):
    found = stack(
        """\
        Parameters: {Env: {Type: String, Default: dev}}
        Resources: {Jobs: {Type: AWS::SQS::Queue}}
        Outputs:
          Name: {Value: !Sub "${Env}-x"}
          Url: {Value: !Ref Jobs, Export: {Name: url}}
        """
    )
    assert found.outputs["Name"].only(None) == "dev-x"
    assert found.outputs["Url"].references == (Reference("Jobs"),)
    assert found.parameters["Env"].only(None) == "dev"
    assert plain(found.meta.get("Parameters")) == {"Env": {"Type": "String", "Default": "dev"}}


def test_misshapen_sections_cost_nothing_but_themselves(stack):
    found = stack(
        """\
        Parameters: [a]
        Conditions: {A: {}, B: !Equals [x], C: [], D: !And [], E: ~}
        Mappings: {M: 3, N: {a: 4}}
        Outputs: {O: 3, P: {Value: !Ref Q}}
        Resources:
          Jobs:
            Type: AWS::SQS::Queue
            Properties: {A: !If [A, 1, 2], B: !FindInMap [N, a, b], C: !If [None, 1, 2]}
          Odd: {Type: AWS::SQS::Queue, Properties: !Ref X}
          Bare: {Type: AWS::SQS::Queue, Properties: }
        """
    )
    assert {alternative.value for alternative in found.find("Jobs").attr("A").alternatives} == {1, 2}
    assert found.find("Odd").attr("QueueName").unknown is not None
    assert found.find("Bare").attr("QueueName").is_absent
    assert isinstance(found.find("Odd").body, Map)
