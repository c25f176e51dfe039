"""Where the cases' files are, and the package that tasks look at values with."""

import shutil
from pathlib import Path

_NAME = "probing"


def install_probing(folder: Path) -> Path:
    """Return the folder, in which the module `probing` is now installed as a distribution is by `pip --target`.

    So it is imported in containers as any package of an image is; a module of this folder would travel as source.
    """
    information = folder / f"{_NAME}-1.0.dist-info"
    information.mkdir(parents=True)
    shutil.copy(Path(__file__).parent / f"{_NAME}.py", folder)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {_NAME}\nVersion: 1.0\n")
    (information / "RECORD").write_text(f"{_NAME}.py,,\n{information.name}/METADATA,,\n{information.name}/RECORD,,\n")
    return folder
