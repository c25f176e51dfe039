"""Secrets: requested by a task, read by group and key, by a variable, and from a file."""

import os

import flytekit
from flytekit import Secret, task, workflow
from flytekit.testing import SecretsManager

GROUP, KEY = "user-info", "user_secret"


@task(secret_requests=[Secret(group=GROUP, key=KEY)])
def length_of() -> int:
    return len(flytekit.current_context().secrets.get(GROUP, KEY))


@task(
    secret_requests=[
        Secret(group="login", key="username"),
        Secret(group="login", key="password", mount_requirement=Secret.MountType.ENV_VAR),
    ]
)
def login() -> str:
    context = flytekit.current_context()
    return f"{context.secrets.get('login', 'username')}:{len(context.secrets.get('login', 'password'))}"


@task(secret_requests=[Secret(group=GROUP, key=KEY, mount_requirement=Secret.MountType.FILE)])
def from_a_file() -> str:
    path = flytekit.current_context().secrets.get_secrets_file(GROUP, KEY)
    return os.path.basename(path)


@task(
    secret_requests=[
        Secret(group="service", key="token", env_var="SERVICE_TOKEN", mount_requirement=Secret.MountType.ENV_VAR)
    ]
)
def by_variable() -> str:
    return os.environ.get("SERVICE_TOKEN", "none here")


@workflow
def pipeline() -> int:
    by_variable()
    return length_of()


manager = SecretsManager()
os.environ[manager.get_secrets_env_var(GROUP, KEY)] = "a value"
os.environ[manager.get_secrets_env_var("login", "username")] = "somebody"
os.environ[manager.get_secrets_env_var("login", "password")] = "1234"
assert length_of() == 7
assert pipeline() == 7
assert login() == "somebody:4"
assert from_a_file() == "user_secret"
