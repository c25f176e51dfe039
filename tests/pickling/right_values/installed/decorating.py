"""A library of decorators: what they make is pickled in the ways of libraries that people use."""

import functools


class Counted:
    """Pickled by the name of what it wraps, as `cachetools.cached` and the like are."""

    def __init__(self, function):
        functools.update_wrapper(self, function)
        self.calls = 0

    def __call__(self, *arguments):
        self.calls += 1
        return self.__wrapped__(*arguments)

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)

    def __reduce__(self):
        return self.__qualname__


class Proxy:
    """Takes itself for what it stands for, and can't be pickled."""

    def __init__(self, target):
        object.__setattr__(self, "_target", target)

    @property
    def __class__(self):
        return type(self._target)

    def __getattr__(self, name):
        return getattr(object.__getattribute__(self, "_target"), name)

    def __call__(self, *arguments):
        return self._target(*arguments) + 1000

    def __reduce__(self):
        raise TypeError("a proxy can't be pickled")
