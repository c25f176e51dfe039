"""Endpoints and credentials of object stores, read from the environment variables that Flyte sets in containers.

This is the only module of `storage` that reads `os.environ`. Sources: flytekit's `configuration/internal.py`
(`FLYTE_AWS_*`, `FLYTE_AZURE_*`) and the AWS SDKs' reference guide (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`).
All other `AWS_*`, `GOOGLE_*` and `AZURE_*` variables are read by obstore itself.
"""

import os
from collections.abc import Mapping

_S3_ENDPOINT_VARIABLES = ("FLYTE_AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
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
