"""One attempt, from its directories to its outcome."""

import contextlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from flyteidl.admin import execution_pb2
from flyteidl.core import literals_pb2, tasks_pb2

from autocontainer_nb.errors import ImageError, InputError
from autocontainer_nb.sandbox.blobs.execution_paths import AttemptPaths, ExecutionKey, Locations, per_retry_key
from autocontainer_nb.sandbox.blobs.output_file import OutputKeeper
from autocontainer_nb.sandbox.blobs.store import BlobStore
from autocontainer_nb.sandbox.environment import now_ns, user_home
from autocontainer_nb.sandbox.launch import container as containers
from autocontainer_nb.sandbox.launch.launcher import Launcher, Running
from autocontainer_nb.sandbox.launch.templating import TemplateValues, render
from autocontainer_nb.sandbox.process_identity import is_running
from autocontainer_nb.sandbox.records.executions import get_execution
from autocontainer_nb.sandbox.records.state import State
from autocontainer_nb.sandbox.records.tasks import get_task
from autocontainer_nb.sandbox.run.lifecycle import task_node
from autocontainer_nb.sandbox.run.outcome import Outcome
from autocontainer_nb.sandbox.run.verdict import judge, timed_out

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Job:
    """An execution to be run, with its task."""

    key: ExecutionKey
    execution: execution_pb2.Execution
    task: tasks_pb2.TaskTemplate

    @property
    def node(self) -> str:
        """The node that runs the task."""
        return task_node(self.execution)

    @property
    def raw_base(self) -> str:
        """The URI where the client wants raw data; "" for the default."""
        return self.execution.spec.raw_output_data_config.output_location_prefix

    @property
    def timeout_s(self) -> float:
        """The time limit of one attempt; 0 for none."""
        return self.task.metadata.timeout.ToNanoseconds() / _NANOSECONDS


def load_job(state: State, key: ExecutionKey) -> Job:
    """Return the job for an execution."""
    execution = get_execution(state, key)
    task = get_task(state, execution.spec.launch_plan).closure.compiled_task.template
    return Job(key=key, execution=execution, task=task)


class AttemptRunner:
    """Makes containers for jobs, waits for them and determines their outcomes."""

    def __init__(self, locations: Locations, blobs: BlobStore, launcher: Launcher, keeper: OutputKeeper) -> None:
        self._locations = locations
        self._blobs = blobs
        self._launcher = launcher
        self._keeper = keeper
        self._access: Mapping[str, str] = {}

    def give_access(self, variables: Mapping[str, str]) -> None:
        """Let the containers of eager tasks find this sandbox by these variables."""
        self._access = dict(variables)

    def paths(self, job: Job, number: int) -> AttemptPaths:
        """Return the paths of the attempt's files."""
        return self._locations.attempt(job.key, job.node, number, job.raw_base)

    def input_uri(self, job: Job) -> str:
        """Return the URI of the job's inputs."""
        return self._blobs.uri(self._locations.input_file(job.key, job.node))

    def start(self, job: Job, number: int) -> Running:
        """Start an attempt's container.

        Raises:
            ImageError: the sandbox can't run the image.
            InputError: the args refer to an input that doesn't exist.
            SandboxError: the process can't be started.
            OSError: there is no space for its files.
        """
        paths = self.paths(job, number)
        paths.output_prefix.mkdir(parents=True, exist_ok=True)
        return self._launcher.start(self.container(job, number, paths))

    def container(self, job: Job, number: int, paths: AttemptPaths) -> containers.Container:
        """Return the container that runs an attempt."""
        if not job.task.HasField("container"):
            raise ImageError(
                f"Task {job.task.id.name!r} of type {job.task.type!r} has no container: the sandbox only runs "
                "container tasks. Run it on a Flyte cluster."
            )
        template = job.task.container
        interpreter = containers.interpreter_of(template.image)
        argv = render([*template.command, *template.args], self._values(job, paths))
        if not argv:
            raise InputError(f"Task {job.task.id.name!r} has neither command nor args, so there is nothing to run.")
        directory, temporary = paths.work / "cwd", containers.scratch_folder(paths.work)
        image = containers.image_variables(interpreter, user_home(), temporary)
        if job.task.metadata.is_eager and not containers.names_control_plane(job.execution, job.task):
            image |= self._access
        return containers.Container(
            argv=(containers.program(argv[0], interpreter, directory), *argv[1:]),
            variables=containers.all_variables(image, job.execution, job.task, number),
            directory=directory,
            temporary=temporary,
            log=paths.log,
        )

    def _values(self, job: Job, paths: AttemptPaths) -> TemplateValues:
        def task_template() -> str:
            self._blobs.write(paths.task_template, job.task.SerializeToString())
            return self._blobs.uri(paths.task_template)

        inputs = literals_pb2.LiteralMap.FromString(paths.input_file.read_bytes())
        return TemplateValues(
            input_file=self._blobs.uri(paths.input_file),
            input_prefix=self._blobs.uri(paths.input_file.parent),
            output_prefix=self._blobs.uri(paths.output_prefix),
            raw_output_prefix=paths.raw_prefix,
            checkpoint_prefix=paths.checkpoint_prefix,
            previous_checkpoint_prefix=paths.previous_checkpoint_prefix,
            per_retry_key=per_retry_key(paths.unique_name),
            namespace=f"{job.key.project}-{job.key.domain}",
            task_template=task_template,
            inputs=inputs,
        )

    def finish(self, job: Job, number: int, running: Running | None, started_at_ns: int) -> Outcome:
        """Return the outcome of an attempt, once it has ended; None for one that ended while no sandbox watched."""
        paths = self.paths(job, number)
        exit_code: int | None = None
        expired = False
        if running is not None:
            self._keeper.watch(paths.log)
            with _Deadline(running, job.timeout_s, started_at_ns).start() as deadline:
                exit_code = running.wait()
            expired = deadline.expired
            self._keeper.release(paths.log)
        if expired:
            return timed_out(job.timeout_s, number, paths.log)
        return judge(paths, job.task, exit_code, number, self._blobs)

    def clean(self, job: Job, number: int) -> None:
        """Remove the working directory of an attempt that has ended."""
        work = self.paths(job, number).work
        containers.remove_work(work)
        with contextlib.suppress(OSError):  # other attempts of the execution may still use it
            work.parent.rmdir()


class _Deadline(contextlib.AbstractContextManager["_Deadline"]):
    """Ends a container when its time is up."""

    def __init__(self, running: Running, timeout_s: float, started_at_ns: int) -> None:
        self.expired = False
        self._running = running
        self._timer: threading.Timer | None = None
        if timeout_s:
            left_s = max(0.0, timeout_s - (now_ns() - started_at_ns) / _NANOSECONDS)
            self._timer = threading.Timer(left_s, self._expire)
            self._timer.daemon = True

    def _expire(self) -> None:
        self.expired = is_running(self._running.pid, self._running.identity)
        self._running.terminate()

    def start(self) -> "_Deadline":
        """Start the clock at the attempt's start."""
        if self._timer is not None:
            self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
