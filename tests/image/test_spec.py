"""`ImageSpec`: its name follows its content, its Dockerfile says what was asked for, a builder's process makes it."""

import dataclasses
import os
import stat
import sys
from pathlib import Path

import pytest

from autocontainer_nb.core.python_auto_container import (
    get_registerable_container_image,
    update_image_spec_copy_handling,
)
from autocontainer_nb.core.settings.serialization import FastSerializationSettings, SerializationSettings
from autocontainer_nb.core.tasks.task import task
from autocontainer_nb.errors import ImageError
from autocontainer_nb.image.build import build_image, write_build_folder
from autocontainer_nb.image.config import Image, ImageConfig
from autocontainer_nb.image.dockerfile import dockerfile
from autocontainer_nb.image.spec import CopyFileDetection, ImageSpec
from autocontainer_nb.wire import PACKAGE_VERSION


def test_equal_descriptions_have_one_name() -> None:
    """The tag is made of the content; who builds it, and what is installed later, doesn't count."""
    one = ImageSpec(name="Train", registry="ghcr.io/Me", packages=["numpy"], env={"A": "1", "B": "2"})
    two = ImageSpec(
        name="Train", registry="ghcr.io/Me", packages=["numpy"], env={"B": "2", "A": "1"}, builder="podman"
    ).with_runtime_packages(["x"])
    assert one.image_name() == two.image_name()
    assert one.image_name().startswith("ghcr.io/me/train:")
    assert hash(one) == hash(two)
    assert ImageSpec(packages=["numpy"], tag_format="{spec_hash}-dev").tag == f"{ImageSpec(packages=['numpy']).tag}-dev"


def test_copies_have_more_and_another_name() -> None:
    """`with_...` never changes the spec it is called on."""
    base = ImageSpec()
    more = base.with_packages("numpy").with_packages(["pandas"]).with_apt_packages("git").with_commands(["true"])
    assert (more.packages, more.apt_packages, more.commands) == (["numpy", "pandas"], ["git"], ["true"])
    assert base.packages is None
    assert base.tag != more.tag


def test_the_content_of_files_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for spec, path in [
        (ImageSpec(requirements="requirements.txt"), "requirements.txt"),
        (ImageSpec(copy=["data"]), "data/a"),
        (ImageSpec(source_root=".", source_copy_mode=CopyFileDetection.ALL), "module.py"),
    ]:
        Path(path).write_text("one")
        before = spec.tag
        Path(path).write_text("two")
        assert spec.tag != before
        assert spec.tag == spec.tag


def test_the_dockerfile_says_what_was_asked_for() -> None:
    spec = ImageSpec(
        python_version="3.12",
        packages=["numpy>=1; rm -rf /", "pandas"],
        apt_packages=["git"],
        conda_packages=["gdal"],
        env={"A": 'b "c"'},
        commands=["echo hi"],
        entrypoint=[],
        pip_index="example.org/simple",
        pip_secret_mounts=[("token", "/etc/token")],
        requirements="requirements.txt",
    )
    text = dockerfile(spec, None)
    assert text.startswith("FROM docker.io/library/python:3.12-slim\n")
    assert "install -y --no-install-recommends git" in text
    assert "-c conda-forge python=3.12 pip gdal" in text
    assert 'ENV A="b \\"c\\""' in text
    assert f"autocontainer-nb=={PACKAGE_VERSION} 'numpy>=1; rm -rf /' pandas" in text
    assert "--mount=type=secret,id=secret0,target=/etc/token PIP_INDEX_URL=example.org/simple python -m pip" in text
    assert "RUN echo hi\nENTRYPOINT []\n" in text
    assert dockerfile(ImageSpec(), "a/b:1").startswith("FROM a/b:1\n")


def test_cuda_comes_by_conda() -> None:
    """From conda-forge, beside the user's channels; the libraries' name changed with version 12."""
    text = dockerfile(ImageSpec(python_version="3.12", cuda="12.4", cudnn="9.3", conda_channels=["nvidia"]), None)
    assert "-c nvidia -c conda-forge python=3.12 pip cuda-runtime cuda-version=12.4 cudnn=9.3\n" in text
    assert " cudatoolkit cuda-version=11.8\n" in dockerfile(ImageSpec(cuda="11.8"), None)
    own = ImageSpec(conda_packages=["gdal"], builder_config={"micromamba_image": "a/mamba:2", "uv_image": "a/uv:1"})
    assert "COPY --from=a/mamba:2 /bin/micromamba" in dockerfile(own, None)


def test_what_the_builder_is_told_counts_and_who_may_push_does_not() -> None:
    base = ImageSpec(cuda="12.4")
    assert base.with_builder_options({"build_arg": "A=1"}).tag != base.tag != ImageSpec(cuda="12.5").tag
    assert ImageSpec(cuda="12.4", registry_config="auth.json").tag == base.tag
    more = base.with_builder_options({"a": 1}).with_builder_options({"b": 2})
    assert more.builder_options == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"builder_options": ["x"]}, r"builder_options: expected a dict with str keys, got \['x'\]"),
        (
            {"builder_config": {"mamba": "x"}},
            "builder_config: expected the keys micromamba_image, uv_image, got 'mamba'",
        ),
        ({"registry": "not a registry"}, "registry: expected a name such as .*, got 'not a registry'"),
        ({"packages": "numpy"}, "packages: expected a list of str, got 'numpy'"),
        ({"builder": "envd"}, "builder: expected docker, podman or buildah, got 'envd'"),
        ({"requirements": "nowhere.txt"}, r"nowhere\.txt.*can't be read"),
        ({"copy": ["../x"]}, "expected a path below the working directory, got"),
        (
            {"source_root": "nowhere", "source_copy_mode": CopyFileDetection.ALL},
            "source_root: expected an existing folder, got 'nowhere'",
        ),
    ],
)
def test_what_cannot_be_built_is_told(given: dict, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        build_image(ImageSpec(**given))


@pytest.fixture
def builder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `podman` that notes its arguments and the Dockerfile; it has no image, and fails to push to `example.org`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "podman"
    script.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys\n"
        f"log = pathlib.Path({str(tmp_path / 'log')!r})\n"
        "with log.open('a') as file: file.write(' '.join(sys.argv[1:]) + '\\n')\n"
        "if sys.argv[1] in ('image', 'manifest'): sys.exit(1)\n"
        "if sys.argv[1] == 'push' and 'example.org' in sys.argv[2]: print('denied by the registry'); sys.exit(9)\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", str(folder))
    return tmp_path / "log"


def test_an_image_is_built_and_pushed_once(builder: Path) -> None:
    """The name is what the builder was told to make; the second request finds it made."""
    base = ImageSpec(name="base", packages=[f"one{os.getpid()}"])
    spec = ImageSpec(registry="localhost:30000", base_image=base, platform="linux/arm64", packages=["numpy"])
    config = ImageConfig()
    assert get_registerable_container_image(spec, config) == spec.image_name()
    assert get_registerable_container_image(spec, config) == spec.image_name()
    calls = builder.read_text().splitlines()
    assert [call.split()[0] for call in calls] == ["image", "build", "manifest", "build", "push"]
    assert f"-t {spec.image_name()}" in calls[3]
    assert "--platform linux/arm64" in calls[3]


def test_the_builder_gets_its_options_and_the_registrys_credentials(builder: Path, tmp_path: Path) -> None:
    """Podman takes the file; docker a folder with it, outside of what it builds."""
    (tmp_path / "auth.json").write_text('{"auths": {}}')
    spec = ImageSpec(
        registry="localhost:30000",
        packages=[f"four{os.getpid()}"],
        builder_options={"build_arg": ["A=1", "B=2"], "network": "host", "squash": True, "pull": False},
        registry_config=str(tmp_path / "auth.json"),
    )
    build_image(spec)
    _, build, push = builder.read_text().splitlines()
    assert f"build --authfile {tmp_path / 'auth.json'} -t " in build
    assert " --build-arg A=1 --build-arg B=2 --network host --squash /" in build
    assert push == f"push --authfile {tmp_path / 'auth.json'} {spec.image_name()}"
    builder.unlink()
    script = tmp_path / "bin" / "podman"
    look = "import os\nprint(os.listdir(sys.argv[2]), file=log.open('a')) if sys.argv[1] == '--config' else None\n"
    (tmp_path / "bin" / "docker").write_text(script.read_text() + look)
    (tmp_path / "bin" / "docker").chmod(script.stat().st_mode)
    build_image(dataclasses.replace(spec, builder="docker", name="other"))
    _, build, listed, push, _ = builder.read_text().splitlines()
    assert build.split()[0] == push.split()[0] == "--config"
    assert build.split()[1] not in build.split()[-1]
    assert listed == "['config.json']"
    with pytest.raises(ImageError, match="registry_config: expected an existing file, got 'nowhere'"):
        build_image(dataclasses.replace(spec, registry_config="nowhere", name="third"))


@pytest.mark.usefixtures("builder")
def test_a_failed_build_shows_its_last_lines() -> None:
    with pytest.raises(ImageError, match=r"(?s)exit code 9.*denied by the registry"):
        build_image(ImageSpec(registry="example.org/me", packages=[f"two{os.getpid()}"]))


def test_without_a_builder_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ImageError, match=r"Install one of docker, podman, buildah, or build the image elsewhere"):
        build_image(ImageSpec(packages=[f"three{os.getpid()}"]))


def test_a_configured_image_is_not_built() -> None:
    spec = ImageSpec(packages=["numpy"])
    config = ImageConfig(images=(Image(spec.id, "a/b", "1"),))
    assert get_registerable_container_image(spec, config) == "a/b:1"


def test_the_build_folder_holds_what_the_dockerfile_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("src/pkg/a.py", "src/.git/config", "data/b", "requirements.txt", "build/x"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    spec = ImageSpec(
        source_root="src", source_copy_mode=CopyFileDetection.ALL, copy=["data"], requirements="requirements.txt"
    )
    write_build_folder(spec, None, str(tmp_path / "build"))
    found = {str(path.relative_to(tmp_path / "build")) for path in (tmp_path / "build").rglob("*") if path.is_file()}
    assert found == {"Dockerfile", "requirements.txt", "copied/pkg/a.py", "copied/data/b", "x"}
    assert "COPY copied/ " in (tmp_path / "build" / "Dockerfile").read_text()


FAST = FastSerializationSettings(enabled=True)


@pytest.mark.parametrize(
    ("given", "fast", "expected"),
    [
        ({}, None, ("root", CopyFileDetection.LOADED_MODULES)),
        ({}, FAST, (None, None)),
        ({"source_root": "own"}, None, ("own", CopyFileDetection.LOADED_MODULES)),
        ({"source_copy_mode": CopyFileDetection.ALL}, FAST, ("root", CopyFileDetection.ALL)),
        ({"source_copy_mode": CopyFileDetection.NO_COPY}, None, (None, CopyFileDetection.NO_COPY)),
    ],
)
def test_sources_are_copied_where_nothing_fetches_them(given: dict, fast: object, expected: tuple) -> None:
    """The spec's own words go ahead of the settings', and the given spec stays as it was."""
    spec = ImageSpec(**given)
    settings = SerializationSettings(image_config=ImageConfig(), source_root="root", fast_serialization_settings=fast)
    updated = update_image_spec_copy_handling(spec, settings)
    assert (updated.source_root, updated.source_copy_mode) == expected
    assert spec == ImageSpec(**given)


def test_a_task_may_ask_for_packages_at_run_time() -> None:
    """The container installs them: the control plane's variable of that name carries them."""
    spec = ImageSpec(base_image="a/b:1").with_runtime_packages(["numpy", "pandas"])
    config = ImageConfig(images=(Image(spec.id, "a/b", "1"),))

    @task(container_image=spec)
    def train() -> None:
        pass

    train.set_command_fn(lambda settings: [settings.version])
    container = train.get_container(SerializationSettings(image_config=config))
    assert container.image == "a/b:1"
    assert {pair.key: pair.value for pair in container.env} == {"_F_RUNTIME_PACKAGES": "numpy pandas"}
