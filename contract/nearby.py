"""Where territory and store are, when nobody named them: in what `init`, `up` or `demo` made.

1. What was named, by an option or in the environment, is taken as it is.
2. What was not is looked for beside what was, else in a folder, as a rule the current one:
   in itself, then in the folders in it, then in those of `ecoviv-demo`.  The first of
   these levels that holds one is taken; two on one level are a question to the person.
3. What was found is said on stderr, so that nobody reads figures of another territory.

    territory.toml                                   a territory
    store.db, ecoviv.db or ecoviv-state/store.db     its store
    gateway-state or ecoviv-state/gateway            what its gateway keeps
    ecoviv-state/station.json                        the station that `up` runs
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contract.errors import ConfigurationError
from contract.terminal import say

FOUND = "found by itself in what init, up or demo made."
"""How the help of an option says so."""
TERRITORY = "territory.toml"
STORES = ("store.db", "ecoviv.db", "ecoviv-state/store.db")
"""As the demo, `ecoviv ingest run` and `ecoviv up` write them."""
GATEWAYS = ("gateway-state", "ecoviv-state/gateway")
"""As `ecoviv gateway run` and `ecoviv up` make them."""
_STATION = "ecoviv-state/station.json"
_LEVELS = ("*", "ecoviv-demo/*")
_HERE = Path()


def find_territory(named: Path | None, *, folder: Path = _HERE) -> Path:
    """The territory file ``named``, else the nearest below ``folder``.

    ``ConfigurationError`` where there is none, or more than one as near.
    """
    if named is not None:
        return named
    return _said(_only(_levels(folder, (TERRITORY,)), TERRITORY, "territory", folder), "territory")


def find_store(named: str | None, *, folder: Path = _HERE) -> str:
    """The store ``named``, else the URL of the nearest below ``folder``.

    ``ConfigurationError`` where there is none, or more than one as near.
    """
    if named is not None:
        return named
    levels = _levels(folder, STORES)
    return f"sqlite:{_said(_only(levels, ', '.join(STORES), 'store', folder), 'store')}"


def find_both(territory: Path | None, store: str | None, *, folder: Path = _HERE) -> tuple[Path, str]:
    """Territory file and store; the one that is not named is first looked for beside the other.

    ``ConfigurationError`` where one is lacking, or two are as near.
    """
    if store is None:
        place = find_territory(territory, folder=folder)
        return place, store_beside(place, folder=folder)
    beside = _beside(store) if territory is None else None
    return (_said(beside, "territory") if beside else find_territory(territory, folder=folder)), store


def store_beside(territory: Path, *, folder: Path = _HERE) -> str:
    """The store in the folder of the file ``territory``, else that which `up` made in ``folder``.

    ``ConfigurationError`` where there is none, or more than one.
    """
    places = (territory.parent, folder)
    levels = ([place / name for name in STORES if (place / name).is_file()] for place in places)
    where = f"{territory.parent.resolve()} and {folder.resolve()}"
    return f"sqlite:{_said(_chosen(levels, ', '.join(STORES), 'store', where), 'store')}"


def find_gateway(named: Path | None, *, folder: Path = _HERE) -> Path:
    """The folder of a gateway, ``named`` or the nearest; `gateway-state` where there is none.

    ``ConfigurationError`` where two are as near.
    """
    if named is not None:
        return named
    levels = _levels(folder, [f"{name}/spool.db" for name in GATEWAYS])
    near = next((found for found in levels if found), None)
    if near is None:
        return folder / GATEWAYS[0]
    return _said(_chosen([near], "spool.db", "state", str(folder)).parent, "state")


def find_station(folder: Path = _HERE) -> Path | None:
    """The note of the nearest station that `up` runs; ``ConfigurationError`` where two are as near."""
    near = next((found for found in _levels(folder, [_STATION]) if found), None)
    return None if near is None else _chosen([near], _STATION, "broker", str(folder))


def _levels(folder: Path, names: Iterable[str]) -> Iterable[list[Path]]:
    """What is called one of ``names``, nearest first: a list for each level."""
    wanted = list(names)
    yield [folder / name for name in wanted if (folder / name).is_file()]
    for pattern in _LEVELS:
        yield sorted({path for name in wanted for path in folder.glob(f"{pattern}/{name}") if path.is_file()})


def _only(levels: Iterable[list[Path]], names: str, what: str, folder: Path) -> Path:
    where = f"{folder.resolve()}, the folders in it, and those in its ecoviv-demo"
    return _chosen(levels, names, what, where)


def _chosen(levels: Iterable[list[Path]], names: str, what: str, where: str) -> Path:
    for found in levels:
        if len(found) > 1:
            raise ConfigurationError(
                f"No {what} is named, and more than one is near: {', '.join(map(str, found))}",
                help=f"Name one: {_option(what)}",
            )
        if found:
            return found[0]
    raise ConfigurationError(
        f"No {what} is named, and none was found: looked for {names} in {where}",
        help=f"Name it: {_option(what)}; or go to the folder that `ecoviv init`, `up` or `demo` made",
    )


def _said(found: Path, what: str) -> Path:
    say(f"Using the {what} {found}; {_option(what)} names another")
    return found


def _option(what: str) -> str:
    if what == "state":
        return "--state"
    return f"--{what} or ECOVIV_{what.upper()}"


def _beside(store: str) -> Path | None:
    """The territory file beside a store of this machine, if there is one."""
    engine, _, place = store.partition(":") if ":" in store else ("sqlite", "", store)
    if engine not in ("sqlite", "local"):
        return None
    folder = Path(place.partition("?")[0].removeprefix("//")).parent
    folders = (folder, folder.parent) if folder.resolve().name == "ecoviv-state" else (folder,)
    return next((one / TERRITORY for one in folders if (one / TERRITORY).is_file()), None)
