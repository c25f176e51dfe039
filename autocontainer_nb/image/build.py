"""Building and pushing of an `ImageSpec` with docker, podman or buildah, whichever is installed."""

import os
import shutil
import subprocess
import tempfile
from functools import lru_cache
from typing import Final

from autocontainer_nb.errors import ImageError
from autocontainer_nb.image.copied_files import copied_files
from autocontainer_nb.image.dockerfile import COPIED_FOLDER, REQUIREMENTS_FILE, dockerfile
from autocontainer_nb.image.spec import ImageSpec

BUILDERS: Final = ("docker", "podman", "buildah")
_LOG_LINES: Final = 20  # of a failed build, in the message


def build_image(spec: ImageSpec) -> str:
    """Return the name of the spec's image, after building and pushing it unless it already exists.

    Raises:
        ImageError: no builder is installed, or it failed; the message has the end of its output.
    """
    base = build_image(spec.base_image) if isinstance(spec.base_image, ImageSpec) else spec.base_image
    return _built(spec.image_name(), spec, base)


@lru_cache(maxsize=64)
def _built(name: str, spec: ImageSpec, base: str | None) -> str:
    builder = _builder(spec, name)
    if _is_there(builder, name, in_registry=spec.registry is not None):
        return name
    with tempfile.TemporaryDirectory(prefix="autocontainer-nb-image-") as folder:
        context = os.path.join(folder, "context")
        os.mkdir(context)
        write_build_folder(spec, base, context)
        before, after = _credentials(spec, builder, folder)
        command = [builder, *before, "build", *after, "-t", name, "-f", os.path.join(context, "Dockerfile")]
        if spec.platform:
            command += ["--platform", spec.platform]
        for number, (source, _) in enumerate(spec.pip_secret_mounts or ()):
            command += ["--secret", f"id=secret{number},src={source}"]
        _run([*command, *_options(spec), context], name)
        if spec.registry is not None:
            _run([builder, *before, "push", *after, name], name)
    return name


def _options(spec: ImageSpec) -> list[str]:
    """Return `builder_options` as command-line options: True is a flag, a list repeats the option."""
    found = []
    for option, given in (spec.builder_options or {}).items():
        flag = "--" + option.lstrip("-").replace("_", "-")
        for value in given if isinstance(given, list | tuple) else [given]:
            if value is not None and value is not False:
                found += [flag] if value is True else [flag, str(value)]
    return found


def _credentials(spec: ImageSpec, builder: str, folder: str) -> tuple[list[str], list[str]]:
    """Return the options, before and after the builder's command, that make it use `registry_config`."""
    if spec.registry_config is None:
        return [], []
    if not os.path.isfile(spec.registry_config):
        raise ImageError(
            f"ImageSpec {spec.name!r}: registry_config: expected an existing file, got {spec.registry_config!r}."
        )
    if builder != "docker":
        return [], ["--authfile", os.path.abspath(spec.registry_config)]
    config = os.path.join(folder, "docker")  # docker needs a folder, which must be outside the build context
    os.mkdir(config)
    shutil.copyfile(spec.registry_config, os.path.join(config, "config.json"))
    return ["--config", config], []


def write_build_folder(spec: ImageSpec, base: str | None, folder: str) -> None:
    """Write the Dockerfile, and the files that it copies, into the folder."""
    with open(os.path.join(folder, "Dockerfile"), "w", encoding="utf-8") as file:
        file.write(dockerfile(spec, base))
    if spec.requirements is not None:
        shutil.copyfile(spec.requirements, os.path.join(folder, REQUIREMENTS_FILE))
    files = {**spec.source_files(), **copied_files(spec.copy or [])}
    if spec.copy or spec.copies_sources:
        os.makedirs(os.path.join(folder, COPIED_FOLDER))
    for name, path in files.items():
        target = os.path.join(folder, COPIED_FOLDER, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(path, target)


def _builder(spec: ImageSpec, name: str) -> str:
    wanted = (spec.builder,) if spec.builder else BUILDERS
    if spec.builder and spec.builder not in BUILDERS:
        raise ImageError(
            f"ImageSpec {spec.name!r}: builder: expected {', '.join(BUILDERS[:-1])} or {BUILDERS[-1]}, got "
            f"{spec.builder!r}."
        )
    found = next((each for each in wanted if shutil.which(each)), None)
    if found is None:
        raise ImageError(
            f"The image {name!r} has to be built, but none of {', '.join(wanted)} is installed here. Install one of "
            f"{', '.join(BUILDERS)}, or build the image elsewhere and name it: "
            "@task(container_image='registry/name:tag')."
        )
    return found


def _is_there(builder: str, name: str, *, in_registry: bool) -> bool:
    if in_registry and builder != "buildah":
        return subprocess.run([builder, "manifest", "inspect", name], capture_output=True, check=False).returncode == 0
    if in_registry:
        return False  # buildah can't query a registry; it pushes only what is missing there
    inspect = ["inspect", "--type", "image", name] if builder == "buildah" else ["image", "inspect", name]
    return subprocess.run([builder, *inspect], capture_output=True, check=False).returncode == 0


def _run(command: list[str], name: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-_LOG_LINES:])
        raise ImageError(
            f"The image {name!r} couldn't be built: `{' '.join(command[:2])}` failed with exit code {done.returncode}. "
            f"The end of its output:\n{tail}"
        )
