"""What holds for every template: nothing raises, no branch is lost, and none is impossible.

The oracle is a plain interpreter of the same functions over one assignment of the parameters.
"""

import itertools
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from djaws.files import Tree
from djaws.model.cloud import references_in
from djaws.model.cloudformation import load
from djaws.model.value import Guard, Map, Seq, Value, combine

PARAMETERS = {"P": ["a", "b", "c"], "Q": ["x", "y"], "R": ["only"]}
CONDITIONS = ["C0", "C1", "C2", "C3"]
MAPPING = {
    "a": {"k": "1", "x": "ax"},
    "b": {"k": "2", "x": "bx", "y": "by"},
    "c": {"k": "3", "x": "cx", "y": "cy"},
}

_folder = Path(tempfile.mkdtemp(prefix="djaws-"))


def stacks_of(document):
    (_folder / "t.json").write_text(json.dumps(document))
    return load(Tree(_folder, ("t.json",)), ("t.json",))


# --- nothing raises

names = st.sampled_from(
    ["A", "B", "P", "Q", "C0", "C1", "AWS::Region", "AWS::NoValue", "M", "k", "Nested", ""]
)
functions = st.sampled_from(
    [
        "Ref",
        "Condition",
        "Fn::If",
        "Fn::Sub",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::GetAtt",
        "Fn::FindInMap",
        "Fn::Base64",
        "Fn::Cidr",
        "Fn::GetAZs",
        "Fn::ImportValue",
        "Fn::Equals",
        "Fn::And",
        "Fn::Or",
        "Fn::Not",
        "Fn::Transform",
        "Fn::ToJsonString",
        "Fn::Length",
        "Fn::ForEach::X",
        "Fn::New",
    ]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | names
    | st.just("${A}${P}-${!x}")
)
expressions = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(names, inner, max_size=3)
        | st.builds(lambda name, argument: {name: argument}, functions, inner | st.lists(inner, max_size=4))
        | st.builds(lambda name, yes, no: {"Fn::If": [name, yes, no]}, names, inner, inner)
        | st.builds(lambda one, other: {"Fn::FindInMap": ["M", one, other]}, inner, inner)
    ),
    max_leaves=12,
)
sections = st.fixed_dictionaries(
    {
        "Parameters": expressions
        | st.just({"P": {"Type": "String", "Default": "a", "AllowedValues": ["a", "b"]}}),
        "Conditions": st.dictionaries(names, expressions, max_size=3) | expressions,
        "Mappings": expressions | st.just({"M": MAPPING}),
        "Transform": expressions,
        "Globals": expressions | st.just({"Function": {"Tags": {"k": "v"}, "Layers": ["l"]}}),
        "Outputs": st.dictionaries(names, st.fixed_dictionaries({"Value": expressions}), max_size=2)
        | expressions,
        "Resources": st.dictionaries(
            names | st.just("Fn::ForEach::L"),
            st.fixed_dictionaries(
                {
                    "Type": st.sampled_from(
                        [
                            "AWS::S3::Bucket",
                            "AWS::Serverless::Function",
                            "AWS::CloudFormation::Stack",
                            "X::Y::Z::MODULE",
                        ]
                    )
                    | expressions
                },
                optional={
                    "Properties": st.dictionaries(names, expressions, max_size=3)
                    | expressions
                    | st.fixed_dictionaries({"TemplateURL": st.just("t.json"), "BucketName": expressions}),
                    "Condition": names | expressions,
                    "DependsOn": expressions,
                },
            )
            | expressions,
            max_size=3,
        ),
    }
)


def every_value(data):
    if isinstance(data, Value):
        yield data
        for alternative in data.alternatives:
            yield from every_value(alternative.value)
    elif isinstance(data, Map):
        for entry in data.entries.values():
            yield from every_value(entry)
    elif isinstance(data, Seq):
        for item in data.items:
            yield from every_value(item)


@settings(max_examples=100, deadline=None)
@given(sections)
def test_no_template_raises_and_every_value_is_something(document):
    stacks, undecided = stacks_of(document)
    assert stacks or undecided
    for stack in stacks:
        for resource in stack.resources:
            for value in (*every_value(resource.body), *every_value(resource.meta)):
                assert value.alternatives or value.unknown
                assert value.span.path == "t.json"
                assert value.span.line
            list(references_in(resource.body))
            hash(resource.body)
        for value in (*stack.outputs.values(), *stack.parameters.values()):
            assert value.alternatives or value.unknown


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="abR:!&*-[]{}'\"#|> \n\t<%,?", max_size=60))
def test_no_text_raises(text):
    (_folder / "t.yaml").write_text(
        f"Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      B: {text}\n"
    )
    stacks, undecided = load(Tree(_folder, ("t.yaml",)), ("t.yaml",))
    assert stacks or undecided


# --- the oracle

parameters = st.sampled_from(list(PARAMETERS))
comparisons = parameters.flatmap(
    lambda name: st.builds(
        lambda value, is_first: {
            "Fn::Equals": [{"Ref": name}, value] if is_first else [value, {"Ref": name}]
        },
        st.sampled_from([*PARAMETERS[name], "never"]),
        st.booleans(),
    )
) | st.builds(
    lambda name, text: {"Fn::Equals": [{"Fn::Sub": f"${{{name}}}-${{P}}"}, text]},
    parameters,
    st.sampled_from(["a-a", "x-b", "only-c"]),
)


def logic(inner):
    return (
        st.builds(lambda one: {"Fn::Not": [one]}, inner)
        | st.builds(lambda one, other: {"Fn::And": [one, other]}, inner, inner)
        | st.builds(lambda one, other: {"Fn::Or": [one, other]}, inner, inner)
    )


truths = st.recursive(comparisons, logic, max_leaves=4)
chained = st.recursive(comparisons | st.just({"Condition": "C0"}), logic, max_leaves=3)
conditions = st.builds(
    lambda *built: dict(zip(CONDITIONS, built, strict=True)), truths, truths, chained, chained
)
values = st.recursive(
    st.integers(0, 9).map(str)
    | parameters.map(lambda name: {"Ref": name})
    | st.sampled_from(["k", "x"]).map(lambda key: {"Fn::FindInMap": ["M", {"Ref": "P"}, key]}),
    lambda inner: (
        st.builds(
            lambda name, yes, no: {"Fn::If": [name, yes, no]}, st.sampled_from(CONDITIONS), inner, inner
        )
        | st.builds(lambda name, one: {"Fn::Sub": [f"<${{{name}}}${{v}}>", {"v": one}]}, parameters, inner)
        | st.builds(lambda one, other: {"Fn::Join": ["+", [one, other]]}, inner, inner)
    ),
    max_leaves=4,
)


def meaning(expression, assignment, conditions):
    """What an expression is under one assignment."""
    if isinstance(expression, str):
        return expression
    ((name, argument),) = expression.items()
    mean = lambda part: meaning(part, assignment, conditions)  # noqa: E731
    if name == "Ref":
        return assignment[argument]
    if name == "Condition":
        return mean(conditions[argument])
    if name == "Fn::Equals":
        return mean(argument[0]) == mean(argument[1])
    if name == "Fn::Not":
        return not mean(argument[0])
    if name == "Fn::And":
        return all(map(mean, argument))
    if name == "Fn::Or":
        return any(map(mean, argument))
    if name == "Fn::If":
        return mean(argument[1] if mean(conditions[argument[0]]) else argument[2])
    if name == "Fn::FindInMap":
        return MAPPING[mean(argument[1])][argument[2]]
    if name == "Fn::Join":
        return argument[0].join(map(mean, argument[1]))
    template, own = argument if isinstance(argument, list) else (argument, {})
    for key, value in {**{name: {"Ref": name} for name in assignment}, **own}.items():
        template = template.replace(f"${{{key}}}", mean(value))
    return template


ASSIGNMENTS = [
    dict(zip(PARAMETERS, chosen, strict=True)) for chosen in itertools.product(*PARAMETERS.values())
]


def holds(guard: Guard, assignment, conditions) -> bool:
    def actual(subject):
        return (
            assignment[subject]
            if subject in assignment
            else meaning({"Condition": subject}, assignment, conditions)
        )

    return all((actual(subject) in barred) is equal for subject, equal, barred in guard.terms)


def deployed(conditions, resource):
    document = {
        "Parameters": {
            name: {"Type": "String", "Default": allowed[-1], "AllowedValues": allowed}
            for name, allowed in PARAMETERS.items()
        },
        "Conditions": conditions,
        "Mappings": {"M": MAPPING},
        "Resources": {"Here": {"Type": "AWS::SQS::Queue", **resource}},
    }
    (stack,), undecided = stacks_of(document)
    assert undecided == ()
    return stack.find("Here")


@settings(max_examples=100, deadline=None)
@given(conditions, values)
def test_under_every_assignment_exactly_what_it_means_is_possible(conditions, expression):
    found = deployed(conditions, {"Properties": {"X": expression}}).attr("X")
    for assignment in ASSIGNMENTS:
        possible = {
            alternative.value
            for alternative in found.alternatives
            if holds(alternative.guard, assignment, conditions)
        }
        expected = meaning(expression, assignment, conditions)
        if found.unknown:
            assert possible <= {expected}
        else:
            assert possible == {expected}
    assert found.is_known or len(found.alternatives) >= 16


@settings(max_examples=60, deadline=None)
@given(conditions, st.sampled_from(CONDITIONS), values, values)
def test_a_conditional_resource_is_there_when_its_condition_holds(conditions, name, expression, other):
    resource = deployed(
        conditions, {"Condition": name, "Properties": {"X": {"Fn::If": [name, expression, other]}}}
    )
    for assignment in ASSIGNMENTS:
        is_there = meaning({"Condition": name}, assignment, conditions)
        if resource is None:
            assert not is_there
            continue
        assert holds(resource.guard, assignment, conditions) is is_there
        if is_there:
            found = resource.attr("X")
            possible = {
                alternative.value
                for alternative in found.alternatives
                if holds(alternative.guard, assignment, conditions)
            }
            assert possible == {meaning(expression, assignment, conditions)} or found.unknown


@settings(max_examples=60, deadline=None)
@given(conditions, st.sampled_from(CONDITIONS))
def test_two_attributes_on_one_condition_never_combine_impossibly(conditions, name):
    resource = deployed(
        conditions,
        {"Properties": {"X": {"Fn::If": [name, "yes", "no"]}, "Y": {"Fn::If": [name, "ja", "nein"]}}},
    )
    met = combine(lambda one, other: (one, other), resource.attr("X"), resource.attr("Y"), span=resource.span)
    truths = {meaning({"Condition": name}, assignment, conditions) for assignment in ASSIGNMENTS}
    assert {alternative.value for alternative in met.alternatives} == {
        ("yes", "ja") if truth else ("no", "nein") for truth in truths
    }


@settings(max_examples=60, deadline=None)
@given(conditions, values)
def test_the_default_assignment_is_the_first_alternative_that_can_hold(conditions, expression):
    default = {name: allowed[-1] for name, allowed in PARAMETERS.items()}
    found = deployed(conditions, {"Properties": {"X": expression}}).attr("X")
    if found.is_known:
        assert found.alternatives[0].value == meaning(expression, default, conditions)


@settings(max_examples=60, deadline=None)
@given(conditions, values)
def test_a_parameter_without_any_default_never_makes_a_value_wrong(conditions, expression):
    document = {
        "Parameters": {name: {"Type": "String"} for name in PARAMETERS},
        "Conditions": conditions,
        "Mappings": {"M": MAPPING},
        "Resources": {"Here": {"Type": "AWS::SQS::Queue", "Properties": {"X": expression}}},
    }
    (stack,), _ = stacks_of(document)
    found = stack.find("Here").attr("X")
    for assignment in ASSIGNMENTS:
        expected = meaning(expression, assignment, conditions)
        possible = {
            alternative.value
            for alternative in found.alternatives
            if all(
                subject in assignment or subject in CONDITIONS for subject, _, _ in alternative.guard.terms
            )
            and holds(alternative.guard, assignment, conditions)
        }
        assert possible <= {expected}
        assert (
            expected in possible
            or found.unknown
            or any("!" in str(a.guard) or "==" in str(a.guard) for a in found.alternatives)
        )
