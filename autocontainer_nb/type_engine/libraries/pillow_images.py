"""The transformer for Pillow images: a blob with the image as PNG. Imported only if Pillow is loaded."""

from typing import Any

import PIL.Image

from autocontainer_nb.type_engine.families.library_files import LibraryFileTransformer
from autocontainer_nb.wire import PIL_FORMAT


class ImageTransformer(LibraryFileTransformer):
    """PIL.Image.Image, in any mode that PNG supports."""

    tag = "PIL.Image"
    form = PIL_FORMAT
    file_name = "image.png"

    def save(self, value: Any, path: str) -> None:
        """Write the image as PNG, which is lossless."""
        value.save(path, format="PNG")

    def load(self, path: str) -> Any:
        """Return the image, read completely."""
        image = PIL.Image.open(path)
        image.load()
        return image
