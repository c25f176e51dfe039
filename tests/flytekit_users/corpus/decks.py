"""Decks: pages of one's own, renderers of frames and text, a renderer of one's own, published early."""

import pandas as pd

import flytekit
from flytekit import Deck, task, workflow
from flytekit.deck import TopFrameRenderer
from flytekit.deck.renderer import MarkdownRenderer

try:
    from typing import Annotated
except ImportError:
    from typing_extensions import Annotated


class Loud:
    def to_html(self, text: str) -> str:
        return f"<h1>{text.upper()}</h1>"


@task(enable_deck=True)
def text_deck(name: str) -> str:
    flytekit.Deck("greeting", MarkdownRenderer().to_html(f"## Hello, {name}"))
    deck = Deck("loud")
    deck.append(Loud().to_html(name))
    flytekit.current_context().default_deck.append("<p>by default</p>")
    Deck.publish()
    return " ".join(each.name for each in flytekit.current_context().decks if each.name in ("greeting", "loud"))


@task(enable_deck=True)
def top_frame() -> Annotated[pd.DataFrame, TopFrameRenderer(10)]:
    return pd.DataFrame(data={"col1": [1, 2], "col2": [3, 4]})


@task(disable_deck=False)
def older_option() -> int:
    flytekit.current_context().default_deck.append("text")
    return 1


@workflow
def pipeline(name: str = "you") -> pd.DataFrame:
    text_deck(name=name)
    older_option()
    return top_frame()


html = TopFrameRenderer(1).to_html(pd.DataFrame({"a": [1, 2]}))
assert "<table" in html
assert "Hello" in MarkdownRenderer().to_html("**Hello**")
assert text_deck(name="me") == "greeting loud"
assert pipeline()["col2"].tolist() == [3, 4]
