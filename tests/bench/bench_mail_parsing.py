"""How well incoming mail is understood: over the committed mails, or a folder of labelled ones.

`python -m tests.bench.bench_mail_parsing [FOLDER]`: the folder holds messages and a `labels.json` that maps a file's
name without its ending to what is true of it: `kind` (human, auto_reply, dsn, opt_out), and where it applies `weight`
(hard, soft, null), `address`, `returns_on`, `gone`, `words`. Each figure stands beside a plain baseline: a bounce is a
multipart/report or comes from mailer-daemon, hard if a code of class 5 is in it; an automatic answer says so in
Auto-Submitted; a person's words end at the first line that begins with `>` or ends with "wrote:"; a wish to be left
alone has the word "unsubscribe" or "stop" in them.
"""

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.rules import mime
from pipeline.rules.reply import parse_inbound
from tests.bench.figures import quantile, show, show_machine, verdict

COMMITTED = Path(__file__).parent / "mails"
RECEIVED = date(2026, 3, 3)
TARGET = 0.95
_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+\w")


@dataclass(frozen=True, slots=True)
class Understood:
    kind: str
    weight: str | None = None
    addresses: tuple[str, ...] = ()
    returns_on: str | None = None
    gone: bool = False
    words: str = ""


def ours(raw: bytes) -> Understood:
    found = parse_inbound(raw, received_on=RECEIVED)
    bounce, away = found.bounce, found.away
    named = [one.address for one in bounce.recipients] + list(bounce.delayed) if bounce else []
    back = away.returns_on.isoformat() if away and away.returns_on else None
    weight = bounce.weight if bounce else None
    return Understood(found.kind.value, weight, tuple(named), back, bool(away and away.gone), found.words)


def baseline(raw: bytes) -> Understood:
    message = mime.parse(raw)
    text = mime.text_of(message).plain
    if message.get_content_type() == "multipart/report" or "mailer-daemon" in str(message["From"]).lower():
        address = next((one for one in _ADDRESS.findall(text) if "mx.example" not in one), "")
        return Understood(
            "dsn", "hard" if re.search(r"\b5\.\d\.\d|\b55\d", raw.decode("latin-1")) else "soft", (address,)
        )
    if message["Auto-Submitted"]:
        back = re.search(r"\d{4}-\d\d-\d\d", text)
        return Understood("auto_reply", returns_on=back.group() if back else None)
    kept: list[str] = []
    for line in text.split("\n"):
        if line.startswith(">") or line.rstrip().endswith("wrote:"):
            break
        kept.append(line)
    words = "\n".join(kept).strip()
    asks = re.search(r"\b(?:unsubscribe|stop)\b", words, re.IGNORECASE)
    return Understood("opt_out" if asks else "human", words=words)


def _same_words(one: str, other: str) -> bool:
    return one.split() == other.split()


def _score(label: dict[str, Any], found: Understood, tally: Counter[tuple[str, str]]) -> list[str]:
    """Adds to the tally; says what is wrong."""
    wrong: list[str] = []
    for kind in ("dsn", "auto_reply", "opt_out", "human"):
        is_it, says_it = label["kind"] == kind, found.kind == kind
        tally[
            kind, "hit" if is_it and says_it else "missed" if is_it else "false" if says_it else "rest"
        ] += 1
    if found.kind != label["kind"]:
        wrong.append(f"kind {found.kind}, should be {label['kind']}")
    checks: dict[str, bool] = {}
    if "weight" in label:
        checks["weight"] = found.weight == label["weight"]
    if "address" in label and label.get("weight"):
        checks["address"] = label["address"].lower() in found.addresses
    if "returns_on" in label:
        checks["returns_on"] = found.returns_on == label["returns_on"]
    if "gone" in label:
        checks["gone"] = found.gone == label["gone"]
    if "words" in label:
        checks["words"] = _same_words(found.words, label["words"])
    for name, right in checks.items():
        tally[name, "right" if right else "wrong"] += 1
        if not right:
            wrong.append(f"{name}: {getattr(found, name, found.addresses)!r}, should be {label[name]!r}")
    return wrong


def measure(
    folder: Path, read: Callable[[bytes], Understood]
) -> tuple[Counter[tuple[str, str]], list[str], list[float]]:
    """The tally, what is wrong with which file, and the seconds each took."""
    labels: dict[str, dict[str, Any]] = json.loads((folder / "labels.json").read_text("utf-8"))
    files = {path.stem: path for path in folder.iterdir() if path.name != "labels.json"}
    tally: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    seconds: list[float] = []
    for name, label in sorted(labels.items()):
        raw = files[name].read_bytes()
        began = time.perf_counter()
        found = read(raw)
        seconds.append(time.perf_counter() - began)
        wrong += [f"{name}: {what}" for what in _score(label, found, tally)]
    return tally, wrong, seconds


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} = {part / whole:.1%}" if whole else "none"


def _lines(tally: Counter[tuple[str, str]]) -> dict[str, str]:
    lines: dict[str, str] = {}
    for kind in ("dsn", "auto_reply", "opt_out", "human"):
        hit, missed, false = (tally[kind, one] for one in ("hit", "missed", "false"))
        lines[f"{kind}: recall"] = _share(hit, hit + missed)
        lines[f"{kind}: precision"] = _share(hit, hit + false)
    for name in ("weight", "address", "returns_on", "gone", "words"):
        lines[f"{name}: right"] = _share(tally[name, "right"], tally[name, "right"] + tally[name, "wrong"])
    return lines


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else COMMITTED
    show_machine()
    tally, wrong, seconds = measure(folder, ours)
    plain, _, _ = measure(folder, baseline)
    beside = _lines(plain)
    for name, figure in _lines(tally).items():
        show(name, f"{figure:<22} baseline {beside[name]}")
    show("a mail", f"p50 {quantile(seconds, 0.5) * 1000:.1f} ms  p99 {quantile(seconds, 0.99) * 1000:.1f} ms")
    for what in wrong:
        print(f"    {what}")
    right = sum(tally[kind, "hit"] for kind in ("dsn", "auto_reply", "opt_out", "human"))
    verdict(f"kind right ≥ {TARGET:.0%}", right >= TARGET * len(seconds))


if __name__ == "__main__":
    main()
