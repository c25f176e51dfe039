"""Everything by the package's own name: `fl.task`, `fl.types.file.FlyteFile`, `fl.exceptions`."""

import flytekit as fl


@fl.task(requests=fl.Resources(cpu="1"), cache=fl.Cache(version="1"))
def write(text: str) -> fl.FlyteFile:
    path = f"{fl.current_context().working_directory}/out.txt"
    with open(path, "w") as file:
        file.write(text)
    return fl.FlyteFile(path)


@fl.task
def read(file: fl.types.file.FlyteFile) -> str:
    with open(file) as opened:
        return opened.read()


@fl.dynamic
def spread(n: int) -> list[str]:
    return [read(file=write(text=str(k))) for k in range(n)]


@fl.workflow
def pipeline(text: str) -> str:
    file = write(text=text)
    return fl.conditional("empty").if_(text == "").then(fallback()).else_().then(read(file=file))


@fl.task
def fallback() -> str:
    return "nothing"


plan = fl.LaunchPlan.get_or_create(pipeline, name="module_import_plan", default_inputs={"text": "x"})

assert pipeline(text="abc") == "abc"
assert pipeline(text="") == "nothing"
assert spread(n=2) == ["0", "1"]
assert plan() == "x"
assert fl.kwtypes(a=int) == {"a": int}
assert issubclass(fl.exceptions.user.FlyteRecoverableException, Exception)
