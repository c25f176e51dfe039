"""Policies of cache versions: several in a row, with a salt, of the image and the function, and for subclasses."""

import hashlib
import inspect
from typing import List

from flytekit import Cache, CachePolicy, ImageSpec, VersionParameters, task, workflow


class SourcePolicy(CachePolicy):
    def get_version(self, salt: str, params: VersionParameters) -> str:
        return hashlib.sha256((inspect.getsource(params.func) + salt).encode()).hexdigest()


class ImagePolicy(CachePolicy):
    def get_version(self, salt: str, params: VersionParameters) -> str:
        image = params.container_image
        return (image if isinstance(image, str) else image.name if image else "none") + salt


@task(cache=Cache(policies=[SourcePolicy(), ImagePolicy()], salt="s1"), container_image="example.org/a:v1")
def first(x: int) -> int:
    return x + 1


@task(cache=Cache(policies=[SourcePolicy(), ImagePolicy()], salt="s2"), container_image="example.org/a:v1")
def second(x: int) -> int:
    return x + 1


@task(cache=Cache(policies=ImagePolicy()), container_image=ImageSpec(name="spec", registry="localhost:30000"))
def third(x: int) -> int:
    return x + 1


@task(cache=Cache(version="7", serialize=True, ignored_inputs="debug"))
def fourth(x: int, debug: bool = False) -> int:
    return x + 1


@workflow
def pipeline(x: int) -> int:
    return fourth(x=third(x=second(x=first(x=x))))


assert pipeline(x=0) == 4
versions = {each.metadata.cache_version for each in (first, second, third, fourth)}
assert len(versions) == 4 and "7" in versions
assert all(each.metadata.cache for each in (first, second, third, fourth))
assert fourth.metadata.cache_serialize and tuple(fourth.metadata.cache_ignore_input_vars) == ("debug",)
