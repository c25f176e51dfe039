"""A task of frames and arrays, apart from the others since not every image has pandas."""

import numpy as np
import pandas as pd

from autocontainer_nb import task


@task
def tables(frame: pd.DataFrame, array: np.ndarray) -> tuple[pd.DataFrame, np.ndarray]:
    """Add a column, and turn an array."""
    return frame.assign(total=frame["a"] + frame["b"]), array.T
