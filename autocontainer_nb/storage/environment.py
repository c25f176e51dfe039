"""Endpoints and credentials of object stores, read from the environment variables that Flyte sets in containers.

This is the only module of `storage` that reads `os.environ`. Sources: flytekit's `configuration/internal.py`
(`FLYTE_AWS_*`, `FLYTE_AZURE_*`) and the AWS SDKs' reference guide (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`).
All other `AWS_*`, `GOOGLE_*` and `AZURE_*` variables are read by obstore itself.
"""

import os
from collections.abc import Mapping
from functools import lru_cache

_S3_ENDPOINT_VARIABLES = ("FLYTE_AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_OTHER_S3_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_SKIP_SIGNATURE",
)
_GOOGLE_CREDENTIALS_FILE = "~/.config/gcloud/application_default_credentials.json"  # `gcloud auth` writes it
METADATA_SERVER = "169.254.169.254"  # of a cloud's machine, which gives it credentials: the same for all three
_METADATA_TIMEOUT_S = 0.3
_AZURE = {
    "account_name": "FLYTE_AZURE_STORAGE_ACCOUNT_NAME",
    "account_key": "FLYTE_AZURE_STORAGE_ACCOUNT_KEY",
    "client_id": "FLYTE_AZURE_CLIENT_ID",
    "client_secret": "FLYTE_AZURE_CLIENT_SECRET",
    "tenant_id": "FLYTE_AZURE_TENANT_ID",
}


def s3_settings(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return obstore's settings for S3; empty values count as unset."""
    found = {
        "endpoint": next((variables[name] for name in _S3_ENDPOINT_VARIABLES if variables.get(name)), ""),
        "access_key_id": variables.get("FLYTE_AWS_ACCESS_KEY_ID", ""),
        "secret_access_key": variables.get("FLYTE_AWS_SECRET_ACCESS_KEY", ""),
        "region": variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or "us-east-1",
    }
    if variables.get("FLYTE_AWS_ADDRESSING_STYLE") == "virtual":
        found["virtual_hosted_style_request"] = "true"
    return {name: value for name, value in found.items() if value}


def azure_settings(variables: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return obstore's settings for Azure's blob store."""
    return {option: variables[name] for option, name in _AZURE.items() if variables.get(name)}


def has_credentials(scheme: str, variables: Mapping[str, str] = os.environ) -> bool:
    """Whether this process has credentials of the kind of store, or is on a machine whose cloud may give it some."""
    if scheme in ("s3", "s3a"):
        known = "access_key_id" in s3_settings(variables) or any(variables.get(name) for name in _OTHER_S3_CREDENTIALS)
    elif scheme == "gs":
        is_named = any(name.startswith("GOOGLE_") and text for name, text in variables.items())
        known = is_named or os.path.exists(os.path.expanduser(_GOOGLE_CREDENTIALS_FILE))
    else:
        account = {"account_name"}
        own = any(name.startswith("AZURE_") and "ACCOUNT_NAME" not in name for name in variables if variables[name])
        known = own or bool(azure_settings(variables).keys() - account)
    return known or _has_metadata_server()


@lru_cache(maxsize=1)
def _has_metadata_server() -> bool:
    import socket

    try:
        socket.create_connection((METADATA_SERVER, 80), _METADATA_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def variables_of(uri: str) -> str:
    """Return the names of the variables that give credentials of the store of the URI."""
    if uri.startswith("s3"):
        return "FLYTE_AWS_ENDPOINT, FLYTE_AWS_ACCESS_KEY_ID, FLYTE_AWS_SECRET_ACCESS_KEY (or AWS_*)"
    if uri.startswith("gs"):
        return "GOOGLE_APPLICATION_CREDENTIALS"
    return "AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY (or FLYTE_AZURE_*)"
