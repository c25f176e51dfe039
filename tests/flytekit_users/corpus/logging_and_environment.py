"""The package's logger, variables of the environment, and what is printed."""

import logging
import os

from flytekit import current_context, logger, task, workflow
from flytekit.loggers import logger as same_logger


@task(environment={"MODE": "test", "LEVEL": "3"})
def variables() -> str:
    logger.debug("in a task")
    return os.environ.get("MODE", "unset here")


@task
def printing(text: str) -> int:
    print(text)
    current_context().logging.warning("printed %s", text)
    return len(text)


@workflow
def pipeline(text: str) -> int:
    variables()
    return printing(text=text)


assert logger is same_logger and isinstance(logger, logging.Logger)
assert pipeline(text="abc") == 3
assert variables.environment == {"MODE": "test", "LEVEL": "3"}
remote_runs = [(variables, {}, "test"), (printing, {"text": "ab"}, 2)]
