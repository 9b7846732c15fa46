"""What a service says on stderr: one line a sentence, and nothing that moves a terminal."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import logging
from contract.line.voice import speak
speak("ingest 100%-sure")
log = logging.getLogger("ecoviv.ingest")
log.debug("not this")
log.info("%s has its own credential now", "soil-1")
log.warning("the clip %s is not there", "a\\x1b[2J\\nb\\u202ec.wav")
logging.getLogger("paho").info("nor this")
logging.getLogger("paho").warning("a library warns")
"""


def test_each_sentence_is_one_line_with_its_speaker_and_moves_no_terminal() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "ingest 100%-sure: soil-1 has its own credential now",
        r"ingest 100%-sure: the clip a\x1b[2J\nb\u202ec.wav is not there",
        "ingest 100%-sure: a library warns",
    ]
