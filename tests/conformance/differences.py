"""What differs from flytekit on purpose: the one table, each line with its reason.

A test fails when a difference isn't listed here, and when a listed one no longer exists.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One kind of difference: in which definitions, at which path of their messages, and why."""

    definitions: tuple[str, ...]  # by name; the difference exists in each of them
    path: str  # a regular expression for the whole path; "error" where only one side takes the definition
    reason: str

    def covers(self, name: str) -> bool:
        """Whether the definition is one of those."""
        return name in self.definitions

    def explains(self, found: tuple[str, object, object]) -> bool:
        """Whether the difference found is of this kind."""
        return re.fullmatch(self.path, found[0]) is not None


DIFFERENCES: tuple[Difference, ...] = (
    Difference(
        definitions=(
            "conditionals/three_cases",
            "conditionals/truth_of_a_promise",
            "conditionals/none_of_a_promise",
            "conditionals/two_promises",
        ),
        path="error",
        reason="A call made within a condition or a case, beside the one that the case runs. flytekit drops its node "
        "and registers a graph that refers to what isn't there, or to itself.",
    ),
    Difference(
        definitions=("refusals/cache_without_version",),
        path="error",
        reason="A cached task without a version has one: the fingerprint of its code and data. flytekit asks for one.",
    ),
    Difference(
        definitions=("conditionals/none_of_an_earlier_promise",),
        path="error",
        reason="Flyte's compiler knows no constant for None in a condition, so this is an error of the cell, which "
        "says that a task can ask. flytekit registers what CreateWorkflow refuses.",
    ),
    Difference(
        definitions=("kinds/map_of_launch_plan", "kinds/map_of_launch_plan_with_defaults", "kinds/reference_mapped"),
        path="error",
        reason="Flyte's compiler takes the interface of one item for that of the whole array, so it refuses every map "
        "over a launch plan or a registered task. Here the cell does, where the list isn't known when it is drawn.",
    ),
    Difference(
        definitions=("workflows/override_cache", "workflows/override_cache_by_object"),
        path="error",
        reason="Flyte reads what is cached from the task's template only. flytekit registers the override, which "
        "changes nothing.",
    ),
    Difference(
        definitions=("workflows/empty", "workflows/inputs_passed_through"),
        path="error",
        reason="Flyte's compiler takes no workflow without nodes.",
    ),
    Difference(
        definitions=("kinds/map_as_an_entity",),
        path=r"\[mapped\]\.template\.container\.env\[\d\].*",
        reason="How many items may fail, for the container that runs all of them: that of a map task which is started "
        "by itself. flytekit's then takes every failure for one too many.",
    ),
    Difference(
        definitions=("kinds/map_min_successes_as_a_number",),
        path=r"\[wf\]\.template\.nodes\[0\]\.array_node\.min_success(es|_ratio)",
        reason="A number of items that must succeed is registered as such. flytekit writes its default ratio over it.",
    ),
    Difference(
        definitions=("launch_plans/security_context_with_tokens",),
        path="error",
        reason="Tokens and clients of an identity provider become messages. flytekit has the classes, but passes their "
        "secret and kind on in a form that the message refuses.",
    ),
    Difference(
        definitions=("interfaces/one_output_in_a_tuple",),
        path="error",
        reason="tuple[int] is one output. flytekit refuses it and asks for int.",
    ),
    Difference(
        definitions=("kinds/dynamic", "kinds/dynamic_with_metadata", "kinds/dynamic_as_a_node"),
        path=r"\[d\]\.template\.container\.env\[2\]\.value",
        reason="The settings by which the container serializes what a dynamic task calls. Only the SDK that wrote them "
        "reads them, in its own container; each has its own form.",
    ),
    Difference(
        definitions=(
            "kinds/eager",
            "kinds/eager_with_options",
            "kinds/eager_as_a_workflow",
            "kinds/eager_without_outputs",
        ),
        path=r"\[e\]\.template\.container\.env\[[23]\]\.value",
        reason="The settings by which the container registers what an eager task calls: see the line above.",
    ),
    Difference(
        definitions=("kinds/eager_as_a_node",),
        path="error",
        reason="An eager task that a workflow calls is a node of it, as any task is. flytekit's call gives a coroutine "
        "there, and binds that.",
    ),
    Difference(
        definitions=(
            "refusals/promise_of_a_wrong_type",
            "refusals/promise_of_a_wrong_type_from_a_node",
            "refusals/map_over_no_list",
            "refusals/output_of_a_wrong_type",
            "refusals/default_of_a_wrong_type",
            "refusals/task_default_of_a_wrong_type",
        ),
        path="error",
        reason="What doesn't fit its type is told when the graph is drawn. flytekit leaves it to the cluster.",
    ),
    Difference(
        definitions=(
            "refusals/output_not_declared",
            "refusals/override_unknown",
            "refusals/node_name_that_is_none",
            "refusals/output_named_tuple_without_types",
            "refusals/tuple_of_any_length",
            "refusals/variable_arguments",
            "refusals/class_decorated",
        ),
        path="error",
        reason="A definition that can't do what it says is told at once. flytekit drops the part, or fails later.",
    ),
    Difference(
        definitions=("resources/resources_numbers", "resources/requests_as_numbers"),
        path="error",
        reason="Numbers become the text of the quantity. flytekit takes them and then can't serialize the task.",
    ),
    Difference(
        definitions=("tasks/task_metadata",),
        path=r"\[t\]\.template\.container\.args\[17\]",
        reason="The loader gets the variable that holds the task. flytekit gives it the function's name, and the "
        "container would find the bare function there.",
    ),
    Difference(
        definitions=("types_containers/untyped_list",),
        path="error",
        reason="A list without an item type is carried as msgpack, as a dict without types is. flytekit refuses it.",
    ),
    Difference(
        definitions=("types_containers/a_tuple", "types_records/named_tuple_value"),
        path="error",
        reason="A tuple as one value, say inside a list, goes by the pickle fallback. flytekit refuses it.",
    ),
    Difference(
        definitions=("types_content/dataclass_with_pandas_frame", "types_content/dataclass_with_model"),
        path="error",
        reason="A dataclass with a field that Flyte's form of dataclasses can't hold goes by the pickle fallback as a "
        "whole. flytekit refuses it.",
    ),
    Difference(
        definitions=("types_content/path",),
        path=r"(type|values\[\d\]).*",
        reason="A pathlib.Path is the file at the path, as os.PathLike is in flytekit too. flytekit pickles the path "
        "itself, which leads nowhere on another machine.",
    ),
    Difference(
        definitions=("types_simple/anything_is_nothing",),
        path="error",
        reason="None is a value of Any. flytekit can't pickle it.",
    ),
    Difference(
        definitions=("types_simple/new_type",),
        path=r"(type|values\[\d\]).*",
        reason="A NewType is its base type, as Python says. flytekit doesn't look through it and pickles the value.",
    ),
    Difference(
        definitions=(
            "types_records/dataclass_in_pydantic",
            "types_records/optional_pydantic",
            "types_records/pydantic_enum_field",
            "types_records/pydantic_inherited",
            "types_records/pydantic_model",
            "types_records/pydantic_nested",
        ),
        path=r"values\[\d\]\.(scalar\.union\.value\.)?metadata\[given_fields\]",
        reason="Which of a model's fields were given, for `model_fields_set`: a note beside flytekit's form, which "
        "flytekit passes over. There all fields count as given.",
    ),
    Difference(
        definitions=("types_simple/datetime",),
        path=r"values\[\d\]\.metadata\[timezone\]",
        reason="The zone of a moment, a note beside flytekit's form, which flytekit passes over: there all are in UTC.",
    ),
)
