"""The notebook's own classes are known again: in values that come back, and in values that are sent."""

from autocontainer_nb.pickling.portable import class_table


def recognize_own_classes() -> None:
    """Let this process know its classes by what they mean; for processes that launch, not for those that run tasks."""
    class_table.recognize = _recognize
    class_table.identify = _identify


def _recognize(class_id: str, module: str, qualname: str) -> type | None:
    from autocontainer_nb.core.capture.capture import travelling
    from autocontainer_nb.pickling.meaning.class_ids import recognize

    with travelling():
        return recognize(class_id, module, qualname)


def _identify(cls: type) -> str:
    from autocontainer_nb.core.capture.capture import travelling
    from autocontainer_nb.pickling.meaning.class_ids import identify

    with travelling():
        return identify(cls)
