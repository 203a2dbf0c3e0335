"""The scripted model with the product's own tools: it is offered them, and its arguments fit them."""

import importlib
import json
import pkgutil
from typing import Any

import pytest

import bot.tools
from bot.tools.base import TOOLS, offered
from local.sandbox.openai.conversation import Tool
from local.sandbox.openai.strictness import check_schema
from tests.local import openai_model
from tests.local.openai_model import ask
from tests.local.test_openai_sentences import DOCUMENTED, LISTED, MORE, PERSONAL, people

for module in pkgutil.iter_modules(bot.tools.__path__):
    importlib.import_module(f"bot.tools.{module.name}")

OFFERED = tuple(Tool(tool.name, tool.parameters) for tool in offered())
SENTENCES = [sentence for sentence, *_ in (*DOCUMENTED, *MORE)]


def fits(*turns: Any) -> None:
    answer = ask(*turns, offered=OFFERED)

    assert answer.calls
    for call in answer.calls:
        TOOLS[call.name].arguments.model_validate_json(call.arguments)
        wanted = TOOLS[call.name].schema.parameters["required"]
        assert set(json.loads(call.arguments)) == set(wanted)


def test_every_tool_of_the_contract_is_offered() -> None:
    assert set(openai_model.TOOLS) <= {tool.name for tool in OFFERED}


@pytest.mark.parametrize("tool", OFFERED, ids=[tool.name for tool in OFFERED])
def test_every_tools_schema_passes_the_vendors_checks(tool: Tool) -> None:
    check_schema(tool.parameters, f"function '{tool.name}'", "tools[0].parameters")


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_arguments_fit_the_products_tools(sentence: str) -> None:
    fits(sentence)


@pytest.mark.parametrize("sentence", [one[0] for one in PERSONAL])
def test_the_arguments_about_anybody_fit(sentence: str) -> None:
    name, first, firm, mail = people(3, 1)[0]
    fits(sentence.format(name=name, first=first, firm=firm, mail=mail))


@pytest.mark.parametrize(
    "sentence",
    ["Add those leads to my priority list", "research them", "schedule a campaign for those leads"],
)
def test_the_arguments_about_those_leads_fit(sentence: str) -> None:
    fits("Which leads are new?", *LISTED, sentence)
