"""What listeners answered, a JSON line each: files of them travel, and merge by being read together.

1. ``Label`` is one answer of one listener to one detection; ``NotHeard`` says why there was nothing to hear.
2. ``read_labels`` takes any number of files; the same line twice is one.  A listener who answers twice
   differently is refused by name: only the listener knows which is meant.
3. ``outcomes`` makes one of all answers to a detection.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from contract.errors import ConfigurationError, EcoVivError
from contract.instant import parse_instant

Answer = Literal["yes", "no", "unsure"]
Why = Literal["gone", "altered", "withheld"]
Outcome = Literal["yes", "no", "unsure", ""]
MOST_OFFSET_S = 1e6
"""No recording is longer: eleven days [s]."""
Key = tuple[str, int, str]
"""(SHA-256 of the clip, offset [ms], taxon): one detection."""


class _Line(BaseModel):
    """One line about one detection."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    clip: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the whole recording"""
    offset_s: float = Field(ge=0, le=MOST_OFFSET_S)
    """of the detection in the recording [s]"""
    taxon: str = Field(min_length=1, max_length=200)
    at: str
    """ISO 8601 with a zone"""

    @field_validator("at")
    @classmethod
    def _zoned(cls, text: str) -> str:
        try:
            parse_instant(text)
        except EcoVivError as error:
            raise ValueError(str(error)) from error
        return text

    @property
    def key(self) -> Key:
        """Which detection."""
        return self.clip, round(self.offset_s * 1000), self.taxon


class Label(_Line):
    """Whether a listener hears the taxon there."""

    listener: str = Field(min_length=1, max_length=100)
    answer: Answer


class NotHeard(_Line):
    """Why nobody could listen: the clip is not there, has other bytes, or holds a voice."""

    unheard: Why


LINE: TypeAdapter[Label | NotHeard] = TypeAdapter(Label | NotHeard)
"""One line of a file of answers."""


def read_labels(paths: Sequence[Path]) -> tuple[list[Label], list[NotHeard]]:
    """All lines of all files, each once, sorted; errors name file and line."""
    labels: dict[tuple[Key, str], Label] = {}
    unheard: dict[Key, NotHeard] = {}
    for path in paths:
        for number, line in enumerate(_lines(path), start=1):
            if not line.strip():
                continue
            one = _line(line, f"{path}, line {number}")
            if isinstance(one, NotHeard):
                unheard.setdefault(one.key, one)
                continue
            earlier = labels.setdefault((one.key, one.listener), one)
            if earlier.answer != one.answer:
                raise ConfigurationError(
                    f"{path}, line {number}: {one.listener} answers {one.answer!r} to {one.taxon} at "
                    f"{one.offset_s:g} s of {one.clip[:12]}, and elsewhere {earlier.answer!r}",
                    help="Ask that listener which is meant, and take the other line out",
                )
    return [labels[key] for key in sorted(labels)], [unheard[key] for key in sorted(unheard)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}", help="Check the path of this file of answers"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path} is not text in UTF-8", help="Give the file that the listening page saved"
        ) from error


def _line(text: str, where: str) -> Label | NotHeard:
    try:
        return LINE.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][1:])
        raise ConfigurationError(
            f"{where}: {f'{key}: ' if key else ''}{first['msg']}",
            help='A line is {"clip", "offset_s", "taxon", "listener", "answer": "yes|no|unsure", "at"}',
        ) from error


def written(lines: Iterable[Label | NotHeard]) -> str:
    """The lines as files hold them."""
    return "".join(
        json.dumps(one.model_dump(mode="json"), sort_keys=True, ensure_ascii=False) + "\n" for one in lines
    )


def outcomes(labels: Iterable[Label]) -> dict[Key, Outcome]:
    """What all listeners together say of each detection that anybody heard."""
    given: dict[Key, list[Answer]] = {}
    for label in labels:
        given.setdefault(label.key, []).append(label.answer)
    return {key: settle(answers) for key, answers in given.items()}


def settle(answers: Iterable[Answer]) -> Outcome:
    """What all listeners together say: the majority of those who decided, ``unsure`` where there is none.

    The empty text where nobody answered.
    """
    given = list(answers)
    if not given:
        return ""
    yes, no = given.count("yes"), given.count("no")
    if yes == no:
        return "unsure"
    return "yes" if yes > no else "no"
