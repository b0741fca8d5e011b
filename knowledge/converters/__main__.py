"""Reads the document on standard input and writes what it holds as JSON.

The answer has `title`, `summary`, `language`, `body` (Markdown) and `hidden`, a list of texts that
were left out, or `problem`: a word.
"""

import importlib
import json
import logging
import resource
import sys

from knowledge.converters.result import UnreadableError

_MEMORY = 1024 * 1024 * 1024
_CPU_SECONDS = 50
_MAX_OUTPUT = 4 * 1024 * 1024
_MAX_HIDDEN = 200


def main(kind: str, *arguments: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable()
    content = sys.stdin.buffer.read()
    converter = importlib.import_module(f"knowledge.converters.{kind}")
    try:
        result = converter.convert(content, *arguments)
        answer = {
            "title": result.title,
            "summary": result.summary,
            "language": result.language,
            "body": result.body[:_MAX_OUTPUT],
            "hidden": [words[:_MAX_HIDDEN] for words in result.hidden[:_MAX_HIDDEN]],
        }
    except UnreadableError as error:
        answer = {"problem": error.problem}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    if sys.argv[1] not in ("docx", "html", "pdf"):
        raise SystemExit(f"No such kind: {sys.argv[1]}")
    main(*sys.argv[1:])
