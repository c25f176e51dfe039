"""Definitions that we don't take yet, by name, each with what is missing. Strict: what passes must leave the table."""

PENDING: dict[str, str] = {
    "kinds/eager": "eager",
    "launch_plans/concurrency": "ConcurrencyPolicy",
    "refusals/cache_without_version": "TaskMetadata takes cache=True without a version",
    "refusals/pair_in_requests": "requests= takes a pair, which has a meaning in resources= only",
    "tasks/fast_registration_location_open": "the placeholder for a destination that isn't chosen yet",
    "types_containers/untyped_dict_older_spelling": "typing.Dict is pickled; dict is carried as msgpack",
    "types_content/array_with_options": "object arrays where the annotation allows pickles",
    "types_content/error_value": "FlyteError",
    "workflows/docs_object": "workflow(docs=...)",
    "workflows/failure_handler_with_error": "FlyteError",
    "workflows/imperative": "the imperative Workflow",
    "workflows/imperative_with_more": "the imperative Workflow",
    "workflows/order_by_nodes": "create_node",
}
