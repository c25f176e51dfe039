"""The classes whose names ours and flytekit's share; `write_golden.py` puts flytekit's in their place."""

from autocontainer_nb.type_engine.families.annotated import HashMethod
from autocontainer_nb.type_engine.values.flyte_directory import FlyteDirectory
from autocontainer_nb.type_engine.values.flyte_file import FlyteFile
from autocontainer_nb.type_engine.values.structured_dataset import StructuredDataset, kwtypes

__all__ = ["FlyteDirectory", "FlyteFile", "HashMethod", "StructuredDataset", "kwtypes"]
