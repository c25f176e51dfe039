"""What Flyte's compiler makes of what is registered, told by its answers: the same, but for a few things it adds.

1. Ahead of the nodes stand `start-node` and `end-node`; the latter's inputs are the workflow's outputs.
2. A promise without a node is one of `start-node`.
3. A node of a branch has the branch's identifier before its own: `n0-n1`, in a branch of a branch `n0-n0-n1`.
4. Within an array node nothing is added: its inner promises are items, not the workflow's inputs.
5. The graph of a dynamic task has no inputs, the task's outputs, and neither it nor what it runs has descriptions.

Whatever has an identifier must have been registered before something refers to it.
"""

import copy
from collections.abc import Iterator
from typing import Any

START, END = "start-node", "end-node"
Requests = list[tuple[str, dict[str, Any]]]


def compiled(requests: Requests) -> dict[str, Any]:
    """Return tasks, workflows and executions as Flyte tells them after these requests."""
    tasks = {request["id"]["name"]: request["spec"]["template"] for request in _of(requests, "CreateTask")}
    graphs = [
        template
        for request in _of(requests, "CreateWorkflow")
        for template in (request["spec"]["template"], *request["spec"].get("sub_workflows", ()))
    ]
    workflows = {template["id"]["name"]: compiled_workflow(template) for template in graphs}
    return {"tasks": tasks, "workflows": workflows, "executions": _executions(requests)}


def compiled_workflow(template: dict[str, Any]) -> dict[str, Any]:
    """Return the template with what the compiler adds to it; the given one stays as it is."""
    made = copy.deepcopy(template)
    for node in (*made.get("nodes", ()), *([made["failure_node"]] if "failure_node" in made else ())):
        _complete(node, node["id"])
    end = {"id": END, **({"inputs": copy.deepcopy(made["outputs"])} if "outputs" in made else {})}
    made["nodes"] = [{"id": START}, end, *made.get("nodes", ())]
    return made


def compiled_dynamic(task: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    """Return graph, workflows and tasks of what a run of a dynamic task has left, given the task's own template."""
    outputs = task["interface"].get("outputs", {})
    graph = {"interface": {"inputs": {}, "outputs": outputs}, "nodes": job["nodes"], "outputs": job["outputs"]}
    workflows = {each["id"]["name"]: compiled_workflow(each) for each in job.get("subworkflows", ())}
    tasks = {each["id"]["name"]: each for each in job["tasks"]}
    return _undescribed({"graph": compiled_workflow(graph), "workflows": workflows, "tasks": tasks})


def unregistered(requests: Requests) -> list[str]:
    """Return the references to what wasn't registered when they were, as texts."""
    known: list[dict[str, Any]] = []
    missing = []
    for _, request in requests:
        if "spec" not in request:  # a look at what was uploaded
            continue
        own = request.get("id")
        inside = [each["id"] for each in request["spec"].get("sub_workflows", ())]
        referred = [each for each in _identifiers(request["spec"]) if each not in (own, *inside, *known)]
        missing += [f"{each['resource_type']} {each['name']} {each['version']}" for each in referred]
        known.append(own)
    return missing


def _of(requests: Requests, name: str) -> Iterator[dict[str, Any]]:
    yield from (request for called, request in requests if called == name)


def _complete(node: dict[str, Any], identifier: str) -> None:
    node["id"] = identifier
    for binding in node.get("inputs", ()):
        _complete_promises(binding)
    for inner in _branch_nodes(node):
        _complete(inner, f"{identifier}-{inner['id']}")


def _complete_promises(value: Any) -> None:
    if isinstance(value, dict):
        if "promise" in value:
            value["promise"].setdefault("node_id", START)
        for each in value.values():
            _complete_promises(each)
    elif isinstance(value, list):
        for each in value:
            _complete_promises(each)


def _branch_nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    block = node.get("branch_node", {}).get("if_else", {})
    for case in (*([block["case"]] if block else ()), *block.get("other", ())):
        yield case["then_node"]
    if "else_node" in block:
        yield block["else_node"]


def _executions(requests: Requests) -> dict[str, Any]:
    """Return, for each launch plan and for the entity that is launched, what an execution of it is made of."""
    plans = {request["id"]["name"]: _plan(request) for request in _of(requests, "CreateLaunchPlan")}
    (created,) = _of(requests, "CreateExecution")
    launched = created["spec"]["launch_plan"]
    plan = plans.get(launched["name"], {"launch_plan": launched, "workflow_id": _made_around(launched), "inputs": {}})
    given = created.get("inputs", {}).get("literals", {})
    return {**plans, launched["name"]: {**plan, "inputs": {**plan["inputs"], **given}}}


def _undescribed(value: Any) -> Any:
    if isinstance(value, dict):
        is_variable = value.keys() == {"type", "description"}
        return {key: _undescribed(each) for key, each in value.items() if not (is_variable and key == "description")}
    return [_undescribed(each) for each in value] if isinstance(value, list) else value


def _plan(request: dict[str, Any]) -> dict[str, Any]:
    spec = request["spec"]
    parameters = spec.get("default_inputs", {}).get("parameters", {})
    inputs = {name: each["default"] for name, each in parameters.items() if "default" in each}
    fixed = spec.get("fixed_inputs", {}).get("literals", {})
    return {"launch_plan": request["id"], "workflow_id": spec["workflow_id"], "inputs": {**inputs, **fixed}}


def _made_around(task: dict[str, Any]) -> dict[str, Any]:
    """Return the identifier of the workflow that Flyte makes around a task that is launched by itself."""
    return {**task, "resource_type": "WORKFLOW", "name": f".flytegen.{task['name']}"}


def _identifiers(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.keys() >= {"resource_type", "name", "version"}:
            yield value
        for each in value.values():
            yield from _identifiers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _identifiers(each)
