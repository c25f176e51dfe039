"""What goes wrong is told once, by our errors."""

import subprocess
import sys

from flyteidl.admin import project_pb2

SCRIPT = """
import sys
from autocontainer_nb import FlyteRemote
from autocontainer_nb.errors import UnavailableError

try:
    FlyteRemote(f"127.0.0.1:{sys.argv[1]}", insecure=False).check()
except UnavailableError as error:
    print(error)
"""


def test_grpcs_own_log_says_nothing_of_a_handshake(control_plane, certificate):
    """A certificate that isn't trusted: one message with a next step, and no line of gRPC's core for each attempt."""
    control_plane.answers["GetProject"] = project_pb2.Project(id="x")
    control_plane.stop()
    control_plane.start(credentials=certificate.server_credentials())
    command = [sys.executable, "-c", SCRIPT, str(control_plane.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert "admin.caCertFilePath" in done.stdout
    assert done.stderr == ""
