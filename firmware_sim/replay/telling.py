"""What a replay says at its end: counts to stdout, what was left out, unread or unheard to stderr."""

from __future__ import annotations

from contract.errors import ConfigurationError, UnreachableError
from contract.places import Territory
from contract.terminal import say, show, show_json, show_json_with
from firmware_sim.replay.replay import Replayed
from firmware_sim.replay.strangers import territory_lines

_SHOWN = 20


def print_replayed(replayed: Replayed, territory: Territory | None, as_json: bool) -> int:
    """Counts to stdout, what could not be read to stderr; the exit code: 4 where a clip was not
    heard, 3 for unknown serials, 1 for what could not be read, else 0."""
    for report in replayed.files:
        findings = report.findings
        for sentence in findings.problems[:_SHOWN]:
            say(sentence)
        if findings.unread > len(findings.problems[:_SHOWN]):
            rest = findings.unread - len(findings.problems[:_SHOWN])
            say(f"{report.path}: {rest} more that could not be read")
        for sentence, count in findings.notes.items():
            say(f"{report.path}: {count} × {sentence}")
        for warning in findings.header.warnings if findings.header else ():
            if "_disagrees" in warning:
                say(f"{report.path}: {warning}")
    for stranger in replayed.strangers:
        say(stranger.sentence())
    if lines := territory_lines(replayed.strangers, territory):
        say("Add to the territory file:")
        say("")
        for line in lines.splitlines():
            say(line)
    if as_json:
        if replayed.values is None:
            show_json(replayed.to_json())
        else:
            show_json_with(replayed.to_json(), "values", replayed.values)
    else:
        for report in replayed.files:
            names = ["/".join(pair) for pair in sorted(report.devices)]
            whose = names[0] if len(names) == 1 else f"{len(names)} devices"
            show(f"{report.path}  {report.reader}  {whose}  {report.messages} messages")
        sent = replayed.sent
        show(f"{sent.messages} messages, {sent.readings} readings, {sent.clips} clips")
        if replayed.hearing is not None and replayed.hearing.clips:
            show(f"heard {replayed.hearing.heard} of {len(replayed.hearing.clips)} clips")
    if replayed.hearing is not None and (replayed.unsent or replayed.hearing.unheard()):
        return UnreachableError.exit_code
    if replayed.strangers:
        return ConfigurationError.exit_code
    return 1 if replayed.unread else 0


def say_heard(replayed: Replayed, wait_s: float) -> None:
    """What became of the clips, to stderr: nothing where all were heard."""
    hearing = replayed.hearing
    if hearing is None:
        if replayed.sent.clips:
            say(f"{replayed.sent.clips} clips sent; --no-wait-heard: not waited until they were heard")
        return
    unheard = hearing.unheard()
    for one in unheard[:_SHOWN]:
        say(f"not heard: {one['name']} of {one['device']}, {one['state']}")
    if len(unheard) > _SHOWN:
        say(f"not heard: {len(unheard) - _SHOWN} more; --json lists all")
    for path in replayed.unsent[:_SHOWN]:
        say(f"not sent: {path}, the ring is full of clips that nobody has heard")
    if len(replayed.unsent) > _SHOWN:
        say(f"not sent: {len(replayed.unsent) - _SHOWN} more; --json lists all")
    if unheard or replayed.unsent:
        say(hearing.why(wait_s))
