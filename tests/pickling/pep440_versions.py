"""Versions in the forms that PEP 440 allows, listed and generated."""

from hypothesis import strategies as st

VERSIONS = [
    "0", "0.0.1", "1", "1.0", "1.0.0", "v1.1", "1.1.dev3", "1.1a1", "1.1a1.dev2", "1.1.a.2", "1.1b1", "1.1rc1", "1.1c2",
    "1.1preview3", "1.1-alpha", "1.1.post1", "1.1-1", "1.1.rev2", "1.1.post1.dev4", "1.1rc1.post2", "1.10", "1.2",
    "2!0.1", "1!1.0", "2.1.0+cu118", "2.1.0+cpu", "2.1.0", "2026.6", "10.0.0.0.1", "1.0.DEV0", "1.0-RC.1",
    "0.1.0.post0.dev0",
]  # fmt: skip


@st.composite
def versions(draw) -> str:
    """A version in any spelling that PEP 440 allows."""
    number = st.sampled_from(["", "0", "1", "2", "07", "10", "2026"])
    separator = st.sampled_from(["", ".", "-", "_"])
    text = draw(st.sampled_from(["", "", "v"])) + draw(st.sampled_from(["", "", "0!", "1!", "2!"]))
    text += ".".join(
        draw(st.lists(st.sampled_from(["0", "00", "1", "2", "9", "10", "20261128"]), min_size=1, max_size=4))
    )
    if draw(st.booleans()):
        words = ["a", "alpha", "b", "beta", "c", "rc", "pre", "preview"]
        text += draw(separator) + draw(st.sampled_from(words)) + draw(separator) + draw(number)
    if draw(st.booleans()):
        named = draw(separator) + draw(st.sampled_from(["post", "rev", "r"])) + draw(separator) + draw(number)
        text += draw(st.sampled_from([named, "-1", "-0", "-12"]))
    if draw(st.booleans()):
        text += draw(separator) + "dev" + draw(separator) + draw(number)
    text += draw(st.sampled_from(["", "", "+cpu", "+cu118", "+1.local_2-x"]))
    return draw(st.sampled_from(["{}", "{}", " {}\n"])).format(draw(st.sampled_from([text, text.upper()])))
