"""The digest of each prompt's text by version. `python -m tests.pipeline.prompt_versions` records new versions; it
refuses a text that changed under a version it knows, since rows of that version would no longer say how they came."""

import hashlib
import json
import sys
from pathlib import Path

from pipeline.jobs.arms import prompt_versions
from pipeline.jobs.prompt import FOLDER, prompt

RECORDED = Path(__file__).with_suffix(".json")


def digests() -> dict[str, str]:
    """By version, such as `write_email/1`."""
    plain = [prompt(path.stem) for path in sorted(FOLDER.glob("*.md")) if "." not in path.stem]
    texts = {one.version: one.text for one in plain}
    texts |= {one.version: one.text for one in prompt_versions().values()}
    return {version: hashlib.sha256(text.encode()).hexdigest() for version, text in sorted(texts.items())}


def recorded() -> dict[str, str]:
    return json.loads(RECORDED.read_text()) if RECORDED.exists() else {}


def main() -> int:
    known, now = recorded(), digests()
    changed = [version for version, digest in now.items() if known.get(version, digest) != digest]
    if changed:
        print(
            f"Changed without a new version: {', '.join(changed)}. Raise the number in the file's first line."
        )
        return 1
    RECORDED.write_text(json.dumps(known | now, indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
