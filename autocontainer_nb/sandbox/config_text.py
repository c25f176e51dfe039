"""A configuration file that any Flyte client can use to talk to this sandbox."""

import json
from pathlib import Path

from autocontainer_nb.sandbox.layout import Layout
from autocontainer_nb.sandbox.process import SandboxAddress
from autocontainer_nb.wire import DEFAULT_DOMAIN, DEFAULT_PROJECT


def flyte_config(address: SandboxAddress) -> str:
    """Return the text of a `config.yaml` for flytectl, flytekit and this package; the token itself isn't in it."""
    token_file = Layout(home=Path(address.home)).token_file
    # JSON strings are YAML strings, with every character that YAML might read otherwise in quotes.
    return f"""\
# The sandbox of autocontainer-nb; usable as long as it runs. Save as a file and name it in FLYTECTL_CONFIG.
admin:
  endpoint: dns:///{address.endpoint}
  insecure: true
  authType: ExternalCommand
  command: ["cat", {json.dumps(str(token_file))}]
logger:
  show-source: true
  level: 0
# Defaults of this sandbox: project {DEFAULT_PROJECT}, domain {DEFAULT_DOMAIN}.
"""
