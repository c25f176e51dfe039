"""scikit-learn estimators: a blob with what joblib writes. Imported only where sklearn is, which brings joblib."""

from typing import Any

import joblib

from autocontainer_nb.type_engine.families.library_files import LibraryFileTransformer
from autocontainer_nb.wire import SKLEARN_FORMAT


class EstimatorTransformer(LibraryFileTransformer):
    """An estimator, fitted or not. Unpickling it runs code of its writer."""

    tag = "Sklearn Estimator"
    form = SKLEARN_FORMAT
    file_name = "value.joblib"

    def save(self, value: Any, path: str) -> None:
        """Write the value by joblib."""
        joblib.dump(value, path)

    def load(self, path: str) -> Any:
        """Return what is in the file."""
        return joblib.load(path)
