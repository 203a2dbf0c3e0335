"""What the scripted model answers to a request: structured, from tool outputs, or by a plan."""

import json
import re

from local.sandbox.context import Sandbox
from local.sandbox.openai import answers, obedient, tasks
from local.sandbox.openai.conversation import Answer, Call, Called, Request, Returned
from local.sandbox.openai.intents import understand
from local.sandbox.openai.memory import parsed, recall
from local.sandbox.openai.phrases import bare, clean
from local.sandbox.openai.plans import Outputs, Plan, Sentence, Step

_SECTION = re.compile(r"<(?P<name>[a-z_]+)>\n(?P<text>.*?)\n</(?P=name)>", re.DOTALL)
SPOKEN = ("message", "question", "request", "user_message")  # sections that hold the person's own words


def think(box: Sandbox, request: Request) -> Answer:
    if request.schema_name or request.json_mode:
        return tasks.written(request, is_obedient=box.obedient)
    if box.obedient and (demanded := obedient.calls(request)):
        return Answer("As you wish.", demanded)
    answer = _answer(request)
    return obedient.adorned(answer, request) if box.obedient else answer


def _answer(request: Request) -> Answer:
    said = sentence(request)
    plan = understand(said) or answers.lost()
    called = [turn for turn in request.since if isinstance(turn, Called)]
    if not called:
        return _begin(request, plan)
    more = tuple(
        step for step in _following(request, plan) if step.tool not in {call.name for call in called}
    )
    if more and all(request.tool(step.tool) for step in more):
        return Answer(calls=_calls(request, more))
    return Answer(answers.from_outputs(request, plan))


def sentence(request: Request) -> Sentence:
    """The person's last words, without the data that stands around them."""
    words = request.question
    spoken = [match["text"] for match in _SECTION.finditer(words) if match["name"] in SPOKEN]
    whole = clean(spoken[-1] if spoken else _SECTION.sub(" ", words))
    return Sentence(bare(whole), whole, recall(request))


def _begin(request: Request, plan: Plan) -> Answer:
    missing = sorted({step.tool for step in plan.steps if request.tool(step.tool) is None})
    if missing:
        return Answer(answers.not_offered(missing))
    return Answer(plan.says, _calls(request, plan.steps))


def _calls(request: Request, steps: tuple[Step, ...]) -> tuple[Call, ...]:
    return tuple(
        Call(step.tool, json.dumps(tool.filled(step.arguments), ensure_ascii=False))
        for step in steps
        if (tool := request.tool(step.tool))
    )


def _following(request: Request, plan: Plan) -> tuple[Step, ...]:
    if plan.then is None:
        return ()
    names = {turn.call_id: turn.name for turn in request.since if isinstance(turn, Called)}
    outputs: Outputs = {
        names[turn.call_id]: parsed(turn.output) for turn in request.since if isinstance(turn, Returned)
    }
    return plan.then(outputs)
