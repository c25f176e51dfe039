"""The transformer for scikit-learn estimators: a blob with a joblib file. Imported only if sklearn is loaded."""

from typing import Any

import joblib

from autocontainer_nb.type_engine.families.library_files import LibraryFileTransformer
from autocontainer_nb.wire import SKLEARN_FORMAT


class EstimatorTransformer(LibraryFileTransformer):
    """An estimator, fitted or not. Reading it unpickles it, which can run its writer's code."""

    tag = "Sklearn Estimator"
    form = SKLEARN_FORMAT
    file_name = "value.joblib"

    def save(self, value: Any, path: str) -> None:
        """Write the value with joblib."""
        joblib.dump(value, path)

    def load(self, path: str) -> Any:
        """Return the estimator in the file."""
        return joblib.load(path)
