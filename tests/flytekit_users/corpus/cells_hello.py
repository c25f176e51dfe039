# %%
import typing

from flytekit import task, workflow

# %%
GREETING = "Hello"


@task
def greet(name: str) -> str:
    return f"{GREETING}, {name}!"


# %%
@task
def count(text: str) -> int:
    return len(text)


# %%
@workflow
def hello(name: str = "you") -> typing.Tuple[str, int]:
    text = greet(name=name)
    return text, count(text=text)


# %%
assert hello() == ("Hello, you!", 11)
assert hello(name="passengers") == ("Hello, passengers!", 18)

# %%
GREETING = "Goodbye"
assert greet(name="all") == "Goodbye, all!"
remote_runs = [(greet, {"name": "all"}, "Goodbye, all!"), (count, {"text": "abc"}, 3)]
