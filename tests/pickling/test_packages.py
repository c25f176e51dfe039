"""Which distributions a module belongs to, on every supported Python alike."""

from importlib.metadata import version

from autocontainer_nb.pickling.packages import needed_packages


def test_modules_are_told_by_their_distributions() -> None:
    """Names differ from modules', submodules count for their package, the standard library and our own don't count."""
    modules = ["sklearn.linear_model", "numpy", "json", "autocontainer_nb.core", "__main__", "no_such"]
    assert needed_packages(modules) == {"numpy": version("numpy"), "scikit-learn": version("scikit-learn")}
