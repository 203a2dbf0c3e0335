"""views.*: modals and Home tabs. https://docs.slack.dev/reference/methods/views.open"""

from typing import Any

from local.sandbox.slack import views
from local.sandbox.slack.call import Call
from local.sandbox.slack.people import user_row
from local.sandbox.slack.refusal import Refused
from local.sandbox.slack.triggers import Trigger


def _view(call: Call, kind: str) -> dict[str, Any]:
    view = call.structure("view")
    if view is None:
        raise Refused("invalid_arguments", "missing required field: view")
    return views.checked(view, kind)


def _trigger(call: Call) -> Trigger:
    trigger_id = call.text("trigger_id") or call.text("interactivity_pointer")
    if not trigger_id:
        raise Refused("invalid_arguments", "missing required field: trigger_id")
    if call.workspace.box.faults.take("slack", "expired_trigger", call.method):
        raise Refused("expired_trigger_id")
    return call.workspace.triggers.exchange(trigger_id)


async def open_view(call: Call) -> dict[str, Any]:
    body = _view(call, "modal")
    trigger = _trigger(call)
    return {"view": views.shape(views.open_view(call.workspace, trigger.user, body))}


async def push(call: Call) -> dict[str, Any]:
    body = _view(call, "modal")
    trigger = _trigger(call)
    open_now = views.stack(call.workspace, trigger.user)
    if not open_now or trigger.view is None:
        raise Refused("not_found")
    if len(open_now) >= views.STACK:
        raise Refused("push_limit_reached")
    pushed = views.open_view(call.workspace, trigger.user, body, on=open_now[-1]["id"])
    return {"view": views.shape(pushed)}


async def update(call: Call) -> dict[str, Any]:
    if call.get("view_id"):
        found = views.row(call.workspace, call.text("view_id"))
    else:
        found = views.by_external_id(call.workspace, call.need("external_id"))
    body = _view(call, found["kind"])
    views.match_hash(found, call.get("hash"))
    return {"view": views.shape(views.change(call.workspace, found, body))}


async def publish(call: Call) -> dict[str, Any]:
    user = call.need("user_id")
    user_row(call.workspace.store, user)
    body = _view(call, "home")
    return {"view": views.shape(views.publish(call.workspace, user, body, call.get("hash")))}
