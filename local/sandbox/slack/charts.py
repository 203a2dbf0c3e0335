"""Block Kit validation of `data_visualization`: bar, line, area and pie charts."""

from typing import Any

from local.sandbox.slack.check import Check

CARTESIAN = ("line", "bar", "area")
SERIES = 6
POINTS = 20


def chart(check: Check, block: dict[str, Any], at: str) -> None:
    """https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block"""
    check.string(block.get("title"), f"{at}/title", 50)
    drawn = block.get("chart")
    if not check.object(drawn, f"{at}/chart"):
        return
    kind = drawn.get("type")
    if kind == "pie":
        _pie(check, drawn, f"{at}/chart")
    elif kind in CARTESIAN:
        _cartesian(check, drawn, f"{at}/chart")
    else:
        check.add(f"unsupported type: {kind}", f"{at}/chart/type")


def _pie(check: Check, drawn: dict[str, Any], at: str) -> None:
    segments = drawn.get("segments")
    if check.array(segments, f"{at}/segments", SERIES, least=1):
        for number, segment in enumerate(segments):
            _point(check, segment, f"{at}/segments/{number}", positive=True)


def _cartesian(check: Check, drawn: dict[str, Any], at: str) -> None:
    axis = drawn.get("axis_config")
    categories = axis.get("categories") if check.object(axis, f"{at}/axis_config") else None
    if not check.array(categories, f"{at}/axis_config/categories", POINTS, least=1):
        return
    series = drawn.get("series")
    if not check.array(series, f"{at}/series", SERIES, least=1):
        return
    names: set[str] = set()
    for number, line in enumerate(series):
        here = f"{at}/series/{number}"
        if not check.object(line, here):
            continue
        check.string(line.get("name"), f"{here}/name", 20)
        if str(line.get("name")) in names:
            check.add(f"`name` already exists: {line.get('name')}", f"{here}/name")
        names.add(str(line.get("name")))
        _points(check, line.get("data"), categories, f"{here}/data")


def _points(check: Check, points: Any, categories: list[Any], at: str) -> None:
    if not check.array(points, at, POINTS, least=1):
        return
    for number, point in enumerate(points):
        _point(check, point, f"{at}/{number}")
    labels = [point.get("label") for point in points if isinstance(point, dict)]
    if sorted(map(str, labels)) != sorted(map(str, categories)):
        check.add("must have one data point for each category", at)


def _point(check: Check, point: Any, at: str, positive: bool = False) -> None:
    if not check.object(point, at):
        return
    check.string(point.get("label"), f"{at}/label", 20)
    value = point.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        check.add("must provide a number", f"{at}/value")
    elif positive and value <= 0:
        check.add("must be greater than 0", f"{at}/value")
