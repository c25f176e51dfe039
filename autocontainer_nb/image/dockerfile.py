"""The Dockerfile of an `ImageSpec`, with everything that a user wrote quoted for the shell."""

import json
import shlex
from typing import TYPE_CHECKING, Final

from autocontainer_nb.image.interpreter import this_minor
from autocontainer_nb.wire import ENV_IMAGE_ID, PACKAGE_VERSION

if TYPE_CHECKING:
    from autocontainer_nb.image.spec import ImageSpec


DISTRIBUTION: Final = "autocontainer-nb"
REQUIREMENTS_FILE: Final = "requirements.txt"  # its name in the build context
COPIED_FOLDER: Final = "copied"  # the folder of copied files in the build context
_WORKDIR: Final = "/root"
_MICROMAMBA_IMAGE: Final = "docker.io/mambaorg/micromamba:2.0.5"
_CONDA_PREFIX: Final = "/opt/conda-env"


def dockerfile(spec: "ImageSpec", base_image: str | None) -> str:
    """Return the Dockerfile; `base_image` is the name of the spec's base image, which has already been built."""
    version = spec.python_version or this_minor()
    lines = [f"FROM {base_image or f'docker.io/library/python:{version}-slim'}", f"WORKDIR {_WORKDIR}"]
    if spec.apt_packages:
        names = " ".join(map(shlex.quote, spec.apt_packages))
        lines.append(
            f"RUN apt-get update && apt-get install -y --no-install-recommends {names} && rm -rf /var/lib/apt/lists/*"
        )
    if spec.conda_packages or spec.cuda or spec.cudnn:
        lines += _conda(spec, version)
    lines += [f"ENV {name}={json.dumps(value)}" for name, value in (spec.env or {}).items()]
    lines += _pip(spec)
    if spec.copy or spec.copies_sources:
        lines.append(f"COPY {COPIED_FOLDER}/ {_WORKDIR}/")
    lines += [f"RUN {command}" for command in spec.commands or ()]
    if spec.entrypoint is not None:
        lines.append(f"ENTRYPOINT {json.dumps(spec.entrypoint)}")
    lines.append(f"ENV {ENV_IMAGE_ID}={spec.id}")
    return "\n".join(lines) + "\n"


def _conda(spec: "ImageSpec", version: str) -> list[str]:
    wanted = list(spec.conda_channels or ["conda-forge"])
    if (spec.cuda or spec.cudnn) and "conda-forge" not in wanted:
        wanted.append("conda-forge")
    channels = " ".join(f"-c {shlex.quote(channel)}" for channel in wanted)
    names = " ".join(map(shlex.quote, [f"python={version}", "pip", *_cuda(spec), *(spec.conda_packages or ())]))
    image = (spec.builder_config or {}).get("micromamba_image", _MICROMAMBA_IMAGE)
    return [
        f"COPY --from={image} /bin/micromamba /usr/local/bin/micromamba",
        f"RUN micromamba create -y -p {_CONDA_PREFIX} {channels} {names}",
        f'ENV PATH="{_CONDA_PREFIX}/bin:$PATH"',
    ]


def _cuda(spec: "ImageSpec") -> list[str]:
    """Return conda-forge's packages; since CUDA 12, the libraries have another name than before."""
    libraries = "cudatoolkit" if spec.cuda and spec.cuda.startswith(("10.", "11.")) else "cuda-runtime"
    found = [libraries, f"cuda-version={spec.cuda}"] if spec.cuda else []
    return [*found, f"cudnn={spec.cudnn}"] if spec.cudnn else found


def _pip(spec: "ImageSpec") -> list[str]:
    """Return the lines that install Python packages: first this package, then the user's."""
    variables = ""
    if spec.pip_index:
        variables += f"PIP_INDEX_URL={shlex.quote(spec.pip_index)} "
    if spec.pip_extra_index_url:
        variables += f"PIP_EXTRA_INDEX_URL={shlex.quote(' '.join(spec.pip_extra_index_url))} "
    options = [shlex.quote(option) for option in shlex.split(spec.pip_extra_args or "")]
    mounts = "".join(
        f"--mount=type=secret,id=secret{number},target={shlex.quote(target)} "
        for number, (_, target) in enumerate(spec.pip_secret_mounts or ())
    )
    python = shlex.quote(spec.python_exec or "python")
    install = " ".join([f"RUN {mounts}{variables}{python} -m pip install --no-cache-dir", *options])
    packages = [*(spec.packages or ())]
    if not any(name.startswith(DISTRIBUTION) for name in packages):
        packages.insert(0, f"{DISTRIBUTION}=={PACKAGE_VERSION}")
    lines = [f"{install} {' '.join(map(shlex.quote, packages))}"]
    if spec.requirements is not None:
        lines.insert(0, f"COPY {REQUIREMENTS_FILE} /tmp/{REQUIREMENTS_FILE}")  # a path in the image
        lines.append(f"{install} -r /tmp/{REQUIREMENTS_FILE}")
    return lines
