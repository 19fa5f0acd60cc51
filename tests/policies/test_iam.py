"""Names of secrets are judged by their words, and texts that are no secret convict nobody."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djaws.model.value import Reference
from djaws.policy import load, own_folder

(POLICY,) = load(own_folder(), ["iam/hardcoded-secret-key"])
model = sys.modules[f"{POLICY.module.__name__.rpartition('.')[0]}.model"]


@pytest.mark.parametrize(
    "name",
    ["STRIPE_SECRET_KEY", "DB_PASSWORD", "dbPassword", "PYPI_TOKEN", "CAPTCHA_PRIVATE_KEY", "SECRET_KEY"],
)
def test_a_name_whose_words_say_secret_is_a_secrets(name: str) -> None:
    assert model.is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("SENTRY_DSN", "TOKEN_URL", "STRIPE_PUBLISHABLE_KEY", "SECRET_ARN", "PASSWORD_MIN_LENGTH"),
        *(
            "ACCESS_TOKEN_LIFETIME",
            "PRIMARY_KEY",
            "SECRETARY",
            "KEYBOARD",
            "",
            "AWS_ACCESS_KEY_ID",
            "TOKENIZER",
        ),
    ],
)
def test_a_name_that_only_looks_like_one_is_not(name: str) -> None:
    assert not model.is_secret(name)


@given(st.text(max_size=40))
def test_a_name_of_where_the_secret_is_never_is_a_secrets(name: str) -> None:
    assert not model.is_secret(f"{name}_ARN")
    assert not model.is_secret(f"{name}_URL")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "true",
        "3600",
        "change-me",
        "<password>",
        "${PASSWORD}",
        "arn:aws:x",
        "{{resolve:ssm:x}}",
        None,
    ],
)
def test_a_placeholder_is_no_secret(text: object) -> None:
    assert not model.is_literal_secret(text)


@pytest.mark.parametrize("text", ["correct-horse-battery", "p4ss", "my-secret-password"])
def test_any_other_text_is_one(text: str) -> None:
    assert model.is_literal_secret(text)


def test_only_a_literal_password_in_a_url_counts() -> None:
    assert model.password_in_url("postgres://shop:hunter2@db/shop") == "hunter2"
    assert model.password_in_url("postgres://shop:${password}@db/shop") == ""
    assert model.password_in_url("https://public@sentry.example.com/1") == ""


@pytest.mark.parametrize(
    ("address", "attribute", "is_one"),
    [
        ("random_password.db", "result", True),
        ("module.web.random_password.db", "result", True),
        ("var.db_password", "", True),
        ("module.web.var.db_password", "", True),
        ("DatabasePassword", "", True),
        ("aws_secretsmanager_secret.db_password", "arn", False),
        ("aws_db_instance.shop", "address", False),
        ("random_password.db", "id", False),
        ("var.token_url", "", False),
    ],
)
def test_a_reference_is_a_secret_by_what_it_takes(address: str, attribute: str, is_one: bool) -> None:
    assert (model.secret_reference([Reference(address, attribute)]) is not None) == is_one
