"""The strings and numbers that processes share: file names, variables, placeholders, scripts, format versions.

This module has no behaviour. Sources: Flyte's `flyteplugins/go/tasks/pluginmachinery/core/template` (placeholders),
`flytek8s/k8s_resource_adds.go` (container variables), `ioutils/paths.go` (file names), and this project's design,
sections 5 and 6.
"""

from typing import Final

PACKAGE_NAME: Final = "autocontainer_nb"
PACKAGE_VERSION: Final = "0.1.0"

# --- the pickled-entity file -----------------------------------------------------------------------------------------
PICKLE_FILE_PATH: Final = "entities.pkl"
ARCHIVE_FORMAT_VERSION: Final = 1  # until the first release, whatever changes
METADATA_MEMBER: Final = "metadata.json"
PICKLE_MEMBER: Final = "pickle"
CELLS_MEMBER: Final = "cells.json"
CAPTURES_KEY: Final = "captures"  # in it, beside the sources: the cell that made the object at each path of names
LOCATIONS_MEMBER: Final = "locations.json"
SOURCES_PREFIX: Final = "sources/"
MODULES_PREFIX: Final = "modules/"
BUFFERS_PREFIX: Final = "buffers/"
MODULES_FOLDER: Final = ".modules-"  # in the name of the folder with an archive's local modules
PACKED_SUFFIX: Final = ".zlib"  # of the URI of an object that is stored compressed
LARGE_BUFFER_BYTES: Final = 1 << 20  # with a control plane, content of this size or more is a separate object

# --- container commands ----------------------------------------------------------------------------------------------
EXECUTE_SCRIPT: Final = "pyflyte-execute"
FAST_EXECUTE_SCRIPT: Final = "pyflyte-fast-execute"
MAP_EXECUTE_SCRIPT: Final = "pyflyte-map-execute"
LOADER_ARG_ENTITY: Final = "entity-name"
LOADER_ARG_DIGEST: Final = "digest"
NOTEBOOK_RESOLVER_LOCATION: Final = "autocontainer_nb.core.python_auto_container.default_notebook_task_resolver"
DEFAULT_RESOLVER_LOCATION: Final = "autocontainer_nb.core.python_auto_container.default_task_resolver"
# A public name of the package root, so that registered tasks find their resolver wherever its module is moved.
MAP_RESOLVER_LOCATION: Final = "autocontainer_nb.ArrayNodeMapTaskResolver"

# --- placeholders in container args, filled by the control plane -----------------------------------------------------
PLACEHOLDER_INPUT: Final = "{{.input}}"
PLACEHOLDER_OUTPUT_PREFIX: Final = "{{.outputPrefix}}"
PLACEHOLDER_RAW_OUTPUT_PREFIX: Final = "{{.rawOutputDataPrefix}}"
PLACEHOLDER_CHECKPOINT_PREFIX: Final = "{{.checkpointOutputPrefix}}"
PLACEHOLDER_PREV_CHECKPOINT_PREFIX: Final = "{{.prevCheckpointPrefix}}"
PLACEHOLDER_PER_RETRY_KEY: Final = "{{.perRetryUniqueKey}}"
PLACEHOLDER_INPUTS_DOT: Final = "{{.inputs."  # followed by NAME and }}

# --- files under inputs' and outputs' prefixes -----------------------------------------------------------------------
INPUTS_FILE: Final = "inputs.pb"
OUTPUTS_FILE: Final = "outputs.pb"
ERROR_FILE: Final = "error.pb"
FUTURES_FILE: Final = "futures.pb"
DECK_FILE: Final = "deck.html"

# --- variables that Flyte sets in a container ------------------------------------------------------------------------
ENV_EXECUTION_ID: Final = "FLYTE_INTERNAL_EXECUTION_ID"
ENV_EXECUTION_PROJECT: Final = "FLYTE_INTERNAL_EXECUTION_PROJECT"
ENV_EXECUTION_DOMAIN: Final = "FLYTE_INTERNAL_EXECUTION_DOMAIN"
ENV_EXECUTION_WORKFLOW: Final = "FLYTE_INTERNAL_EXECUTION_WORKFLOW"
GENERATED_PREFIX: Final = ".flytegen."  # of the workflow around a single task (flyteadmin's single_task_execution.go)
ENV_EXECUTION_LAUNCHPLAN: Final = "FLYTE_INTERNAL_EXECUTION_LAUNCHPLAN"
ENV_TASK_PROJECT: Final = "FLYTE_INTERNAL_TASK_PROJECT"
ENV_TASK_DOMAIN: Final = "FLYTE_INTERNAL_TASK_DOMAIN"
ENV_TASK_NAME: Final = "FLYTE_INTERNAL_TASK_NAME"
ENV_TASK_VERSION: Final = "FLYTE_INTERNAL_TASK_VERSION"
# The older names of the same four; containers still get both sets.
ENV_PROJECT: Final = "FLYTE_INTERNAL_PROJECT"
ENV_DOMAIN: Final = "FLYTE_INTERNAL_DOMAIN"
ENV_NAME: Final = "FLYTE_INTERNAL_NAME"
ENV_VERSION: Final = "FLYTE_INTERNAL_VERSION"
ENV_ATTEMPT: Final = "FLYTE_ATTEMPT_NUMBER"
ENV_WORKER_NAME: Final = "FLYTE_INTERNAL_WORKER_NAME"
ENV_WORKER_NAME_SHORT: Final = "_F_WN"
ENV_DIST_ERROR_STRATEGY: Final = "FLYTE_INTERNAL_DIST_ERROR_STRATEGY"
ENV_DIST_ERROR_STRATEGY_SHORT: Final = "_F_DES"
ENV_FAIL_ON_ERROR: Final = "FLYTE_FAIL_ON_ERROR"
ENV_ARRAY_INDEX_VARIABLE: Final = "BATCH_JOB_ARRAY_INDEX_VAR_NAME"  # the name of the variable with the item's index
ENV_ARRAY_INDEX_OFFSET: Final = "BATCH_JOB_ARRAY_INDEX_OFFSET"  # to be added to it
ENV_ITEM_TOLERANCE: Final = "AUTOCONTAINER_NB_MAP_TOLERANCE"  # how many items of a map task must succeed
ENV_CHILDREN_SETTINGS: Final = "_F_SS_C"  # settings for the tasks that a dynamic task makes
ENV_EAGER_ROOT: Final = "_F_EE_ROOT"  # the execution of the outermost eager task
ENV_IMAGE_ID: Final = "_F_IMG_ID"  # the ImageSpec that an image was built from
ENV_INTERNAL_IMAGE: Final = "FLYTE_INTERNAL_IMAGE"
ENV_RUNTIME_PACKAGES: Final = "_F_RUNTIME_PACKAGES"  # installed by pip before the task runs, separated by spaces

# --- codes in error.pb -----------------------------------------------------------------------------------------------
ERROR_CODE_SYSTEM: Final = "SYSTEM"
ERROR_CODE_TIMEOUT: Final = "TimeoutExpired"  # as flytepropeller's (nodes/executor.go)
ERROR_CODE_SIGNAL: Final = "Signal"  # SIGNAL number and name are in the message

# --- literals --------------------------------------------------------------------------------------------------------
MSGPACK_TAG: Final = "msgpack"
PICKLE_KEY: Final = "pickle_file"  # in the metadata of a struct whose msgpack isn't the whole value: its pickle's URI
LEFT_OUT_KEY: Final = "left_out"  # likewise: the fields that only the pickle has, separated by commas
GIVEN_KEY: Final = "given_fields"  # in the metadata of a model: which fields were given, where not all were
MEMBER_KEY: Final = "member"  # in the metadata of a union whose members Flyte's types don't tell apart: which it is
ORDER_KEY: Final = "key_order"  # in the metadata of a map: the places of its keys, where they aren't sorted
ZONE_KEY: Final = "timezone"  # in the metadata of a datetime: its zone, where that isn't UTC
METADATA_ENTRY: Final = "__autocontainer_nb_metadata__"  # all of this in a constant of a graph: an entry of its value
PICKLE_FORMAT: Final = "PythonPickle"
PARQUET_FORMAT: Final = "parquet"
CSV_FORMAT: Final = "csv"
PIL_FORMAT: Final = "PIL.Image"
NUMPY_FORMAT: Final = "NumpyArray"
TORCH_TENSOR_FORMAT: Final = "PyTorchTensor"
TORCH_MODULE_FORMAT: Final = "PyTorchModule"
SKLEARN_FORMAT: Final = "SklearnEstimator"

ENV_OFFLOAD_MIN_MB: Final = "_F_L_MIN_SIZE_MB"  # set by Flyte if it offloads large literals
ENV_OFFLOAD_MAX_MB: Final = "_F_L_MAX_SIZE_MB"
OFFLOADED_FILE_SUFFIX: Final = "_offloaded_metadata.pb"  # after the output's name
INDEX_SUFFIX: Final = ".index"  # after the folder that holds a stored directory: there is the directory's index
INDEX_FORMAT: Final = "autocontainer_nb index of a directory, version 1"

# The SDK version with which tasks are registered: that of the flytekit whose protocol this package uses. Flyte compares
# it with flytekit's versions: flytepropeller (`nodes/common/utils.go`, CheckOffloadingCompat) passes values of 10 MB or
# more only to tasks of 1.13.14 or later. This package's own version is in the archive's metadata.json.
FLYTEKIT_PROTOCOL_VERSION: Final = "1.16.31"

# --- control plane ---------------------------------------------------------------------------------------------------
DEFAULT_PROJECT: Final = "flytesnacks"
DEFAULT_DOMAIN: Final = "development"
DOMAINS: Final = ("development", "staging", "production")
AUTHORIZATION_METADATA_KEY: Final = "authorization"
# Labels of executions that an eager task has started: its own execution, and that of the outermost eager task.
LABEL_EAGER_PARENT: Final = "eager-exec"
LABEL_EAGER_ROOT: Final = "eager-root-exec"
# An image reference for an interpreter on this machine instead of an image. Only the sandbox understands it.
INTERPRETER_IMAGE_PREFIX: Final = "interpreter:"

# --- this project's own variables ------------------------------------------------------------------------------------
ENV_HOME: Final = "AUTOCONTAINER_NB_HOME"  # state of the sandbox; default ~/.autocontainer-nb
ENV_NEEDS: Final = "AUTOCONTAINER_NB_NEEDS"  # check, warn or off: what a container does about packages
NEEDS_CHECK: Final = "check"
NEEDS_WARN: Final = "warn"
NEEDS_OFF: Final = "off"
NEEDS_MODES: Final = (NEEDS_CHECK, NEEDS_WARN, NEEDS_OFF)
ENV_TRIAL: Final = "AUTOCONTAINER_NB_TRIAL"  # check, warn or off: what is done about new files that don't load
TRIAL_MODES: Final = NEEDS_MODES
TRIAL_LOADS, TRIAL_FAILS, TRIAL_UNKNOWN = "loads", "fails", "unknown"  # what the process of a trial may answer ...
TRIAL_OBJECTS_FOLDER: Final = "objects"  # ... and where it finds large data, by SHA-256, beside the file
OWN_LINE: Final = f"{PACKAGE_NAME}: "  # begins a line of a container's log that is ours, not the task's
ENV_NOTEBOOK: Final = "AUTOCONTAINER_NB_NOTEBOOK"  # the notebook's name, if the kernel doesn't know it
ENV_KUBE_CONTEXT: Final = "AUTOCONTAINER_NB_KUBE_CONTEXT"  # of the kubeconfig, where pods' logs are read; off: nowhere
ENV_FLYTE_CONFIG: Final = "FLYTECTL_CONFIG"  # Flyte's own variable for the path of config.yaml
ENV_ENDPOINT: Final = "FLYTE_PLATFORM_URL"  # Flyte's own variable for the endpoint
ENV_INSECURE: Final = "FLYTE_PLATFORM_INSECURE"
ENV_AUTH_MODE: Final = "FLYTE_CREDENTIALS_AUTH_MODE"
# The sandbox's, whose only reader is that command.
ENV_SANDBOX_TOKEN_FILE: Final = "AUTOCONTAINER_NB_TOKEN_FILE"  # noqa: S105 - a variable of a path
ENV_AUTH_COMMAND: Final = "FLYTE_CREDENTIALS_COMMAND"  # prints a token; its words are separated by commas
