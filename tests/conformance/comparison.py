"""One definition on both sides: what differs, as a list of (path, ours, theirs), apart from what the table lists."""

from definition_cells import Definition
from differences import DIFFERENCES
from message_paths import differing
from sides import RefusedError, Side, message

OUR_ERRORS = "autocontainer_nb.errors"
Found = tuple[str, object, object]


class Comparison:
    """Runs definitions on both sides. Results are kept: more than one test asks for the same definition."""

    def __init__(self, ours: Side, theirs: Side) -> None:
        self.ours, self.theirs = ours, theirs
        self._found: dict[str, list[Found]] = {}

    def differences(self, definition: Definition) -> list[Found]:
        """Return every difference, listed ones included."""
        if definition.name not in self._found:
            self._found[definition.name] = self._compare(definition)
        return self._found[definition.name]

    def misread(self, definition: Definition) -> list[Found]:
        """Return what flytekit's models, and its remote client's classes, make of our inputs and outputs but equals.

        More than those isn't compared: its models drop empty messages and the like, from its own messages, too.

        Raises:
            RefusedError: flytekit can't read a message.
        """
        found = []
        for name, ours in self.ours.define(definition).items():
            packed = (ours.DESCRIPTOR.full_name, ours.SerializeToString())
            read = message(*self.theirs.ask("reread", *packed))
            found += differing(_declared(ours), _declared(read), f"{name}: model")
            reached = [(entity, *spec) for entity, spec in self.ours.ask("reached", name)]
            tasks = [data for _, kind, data in reached if kind == "flyteidl.admin.TaskSpec"]
            plans = {entity: data for entity, kind, data in reached if kind == "flyteidl.admin.LaunchPlanSpec"}
            remote = message(*self.theirs.ask("promote", *packed, tasks, plans))
            found += differing(_declared(ours), remote, f"{name}: remote")
        return found

    def unlisted(self, definition: Definition) -> list[Found]:
        """Return the differences that no line of the table explains."""
        listed = [each for each in DIFFERENCES if each.covers(definition.name)]
        return [found for found in self.differences(definition) if not any(each.explains(found) for each in listed)]

    def _compare(self, definition: Definition) -> list[Found]:
        results = [_attempt(side.define, definition) for side in (self.ours, self.theirs)]
        refused = [isinstance(result, RefusedError) for result in results]
        if definition.is_refused and refused[0] and results[0].module != OUR_ERRORS:
            raise AssertionError(f"{definition.name}: not refused in our words.\n{results[0].details}")
        if any(refused):
            if all(refused):
                return _both_refused(definition.name, *results) if not definition.is_refused else []
            return [("error", *(result if isinstance(result, RefusedError) else None for result in results))]
        if definition.is_refused:
            raise AssertionError(f"{definition.name}: both sides take it.")
        found = differing(*results)
        return found + self._compare_values(definition.name) if definition.has_values else found

    def _compare_values(self, name: str) -> list[Found]:
        results = [_attempt(side.ask, "literals") for side in (self.ours, self.theirs)]
        refused = [isinstance(result, RefusedError) for result in results]
        if all(refused):
            return _both_refused(name, *results)
        if any(refused):
            return [("error", *(result if isinstance(result, RefusedError) else None for result in results))]
        (our_type, *ours), (their_type, *theirs) = results
        found = differing(message(*our_type), message(*their_type), "type")
        for index, pair in enumerate(zip(ours, theirs, strict=True)):
            found += differing(*(message(*packed) for packed in pair), f"values[{index}]")
            for reader, way, (_, data) in (
                (self.theirs, "flytekit reads ours", pair[0]),
                (self.ours, "we read flytekit's", pair[1]),
            ):
                wrong = _attempt(reader.ask, "read", index, data)
                if wrong is not None:
                    found.append((f"values[{index}]: {way}", wrong, None))
        return found


def _declared(spec):
    """Return the interface of a task or workflow, the default inputs of a launch plan."""
    return spec.template.interface if hasattr(spec, "template") else spec.default_inputs


def _attempt(ask, *arguments):
    try:
        return ask(*arguments)
    except RefusedError as error:
        return error


def _both_refused(name, ours, theirs):
    """Fail: what both refuse proves nothing."""
    raise AssertionError(f"{name}: both sides refuse it.\nours: {ours.details}\ntheirs: {theirs.details}")
