"""Options that commands of ingest share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contract.nearby import FOUND

Territory = Annotated[
    Path | None,
    typer.Option("--territory", "-t", envvar="ECOVIV_TERRITORY", help=f"The territory file; {FOUND}"),
]
StoreUrl = Annotated[
    str | None, typer.Option("--store", envvar="ECOVIV_STORE", help=f"The store, as sqlite:store.db; {FOUND}")
]
NewStoreUrl = Annotated[
    str, typer.Option("--store", envvar="ECOVIV_STORE", help="The store, such as sqlite:ecoviv.db.")
]
"""Of commands that make a store: where new data go is not guessed."""
BrokerUrl = Annotated[
    str, typer.Option("--broker", envvar="ECOVIV_BROKER", help="Broker, such as mqtt://127.0.0.1:1883.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
