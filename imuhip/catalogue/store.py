"""Opening a catalogue on SQLite or PostgreSQL: checked, brought up to date, one writer at a time.

Writers wait for one another (SQLite's own lock; an advisory lock on PostgreSQL), so two processes
that file at once lose nothing. A catalogue of a newer version is refused before anything of it is
changed; an older one is copied first, then changed in one transaction.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import platformdirs
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.orm import Session

from imuhip.catalogue import file as catalogue_file
from imuhip.catalogue.tables import VERSION_TABLE, Base
from imuhip.core.errors import CatalogueError, RecordingError
from imuhip.core.files import read_file
from imuhip.core.toml_text import parse_toml

SCRIPTS: Path = Path(__file__).parent / "migrations"
"""The steps from version to version."""


class Store:
    """An open catalogue.

    Parameters
    ----------
    location
        A path (SQLite, made when it is not there) or a URL such as
        ``postgresql+pg8000://user@host/database``; None for the user's own, see
        `default_location`.
    on_created
        Called with a new SQLite catalogue and its path before anybody else can see it.

    Attributes
    ----------
    path
        Of the SQLite file; None on PostgreSQL.
    backup
        The copy that was made before an older catalogue was changed, if one was.

    Raises
    ------
    CatalogueError
        When it is no catalogue, is damaged, of a newer version, or cannot be reached. It is then
        as it was.
    """

    def __init__(
        self,
        location: str | Path | None = None,
        on_created: Callable[[Session, Path], None] = lambda _, __: None,
    ) -> None:
        location = default_location() if location is None else location
        self.location = str(location)
        self.path: Path | None = None
        self.backup: Path | None = None
        if "://" in self.location:
            self._engine = _server_engine(_parsed(self.location))
            try:
                self._open_server()
            except CatalogueError:
                self.close()
                raise
        else:
            _refuse_mistyped(self.location)
            self.path = Path(location).absolute()
            self._open_file(self.path, on_created)
            self._engine = _file_engine(self.path)

    @property
    def shown(self) -> str:
        """Where it is, as it may be printed: without a password."""
        return _shown(self.location)

    def close(self) -> None:
        """Let go of the file or the server."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the catalogue, whatever others write meanwhile."""
        options = {} if self.path else {"isolation_level": "REPEATABLE READ"}
        with (
            self._errors_in_words(),
            Session(self._engine.execution_options(**options)) as session,
        ):
            try:
                yield session
            except (ValueError, TypeError, LookupError) as error:  # a text that is no date …
                raise CatalogueError(
                    f"the catalogue {_shown(self.location)} is damaged: a row is not valid "
                    f"({error}); {catalogue_file.MEND}"
                ) from error

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that is alone in writing; it commits at the end, or changes nothing."""
        engine = self._engine.execution_options(imuhip_writes=True)
        with (
            self._errors_in_words(),
            Session(engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.connection()  # begins at once, and so waits for other writers at once
            yield session
            session.flush()

    def version(self) -> str:
        """Version of the tables."""
        with self.reading() as session:
            return _version(session.connection()) or ""

    def scrub(self) -> bool:
        """Overwrite what was deleted, also in the log; False while another program hinders it."""
        if self.path is None:
            outside = self._engine.execution_options(isolation_level="AUTOCOMMIT")
            with self._errors_in_words(), outside.connect() as connection:
                connection.connection.rollback()  # what looked whether it lives left one open
                connection.exec_driver_sql("VACUUM")
            return True
        with self._errors_in_words(), self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("VACUUM")
            busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy

    @contextmanager
    def _errors_in_words(self) -> Iterator[None]:
        """Turn what the engine says into something a person can act on."""
        try:
            yield
        except StatementError as error:  # DBAPIError among them
            hint = (
                "is the disk full or read-only, or is another program writing?"
                if self.path
                else "is the server running?"
            )
            raise CatalogueError(
                f"the catalogue {_shown(self.location)} failed: {_first_line(error.orig)}; {hint}"
            ) from error

    def _open_file(self, path: Path, on_created: Callable[[Session, Path], None]) -> None:
        """Make, check or bring up to date a SQLite file."""
        if not path.exists():
            with catalogue_file.new_file(path) as temporary, self._errors_in_words():
                engine = _file_engine(temporary, keys=False)
                _migrate(engine)
                with Session(engine) as session, session.begin():
                    on_created(session, path)
        found = catalogue_file.looked_at(path, VERSION_TABLE)
        if _is_old(found, self.location):
            self.backup = catalogue_file.back_up(path, found)
            with self._errors_in_words():
                _migrate(_file_engine(path, keys=False))

    def _open_server(self) -> None:
        """Make, check or bring up to date the tables on a server."""
        try:
            with self._engine.connect() as connection:
                # In this order: another process may be making them right now.
                foreign = set(inspect(connection).get_table_names()) & set(Base.metadata.tables)
                found = _version(connection)
        except (DBAPIError, InterfaceError, OSError) as error:
            cause = getattr(error, "orig", None) or error
            raise CatalogueError(
                f"the catalogue {_shown(self.location)} cannot be reached: {_first_line(cause)}; "
                "check its address, and that the server runs"
            ) from error
        if found is None and foreign:
            raise CatalogueError(
                f"the database {_shown(self.location)} holds tables of something else "
                f"({', '.join(sorted(foreign))}) and was not touched; give the catalogue a "
                "database of its own"
            )
        if found is None or _is_old(found, self.location):
            with self._errors_in_words():
                _migrate(self._engine.execution_options(imuhip_writes=True))


def default_location() -> str:
    """Return where this user's catalogue is: what the settings say, else the data folder.

    The settings are ``settings.toml`` in the configuration folder, with an entry such as
    ``catalogue = "postgresql+pg8000://user@host/database"``.
    """
    path = platformdirs.user_config_path("imuhip") / "settings.toml"
    try:
        settings = parse_toml(read_file(path).decode()) if path.exists() else {}
    except (RecordingError, ValueError) as error:
        raise CatalogueError(f"The settings are not valid TOML: {error}", path=path) from error
    location = settings.get("catalogue", str(data_folder() / "catalogue.db"))
    if not isinstance(location, str):
        raise CatalogueError(
            'Write the catalogue\'s place as: catalogue = "a path or a URL"', path=path
        )
    return location


def data_folder() -> Path:
    """Return where this user's catalogue, recordings and results lie."""
    return platformdirs.user_data_path("imuhip")


_SETTINGS: Final = {"unix_sock"}
"""What a URL may say behind its question mark: the socket of a server on this machine."""


def _parsed(location: str) -> URL:
    try:
        url = make_url(location)
    except ArgumentError:
        url = None
    if url is not None and set(url.query) - _SETTINGS:
        raise CatalogueError(
            "The catalogue's URL has settings behind a question mark. Leave them out; a password "
            "belongs before the host: postgresql+pg8000://user:password@host/database"
        )
    if url is None or url.drivername != "postgresql+pg8000":
        raise CatalogueError(
            f"{_shown(location)} is no catalogue. Give a path, or a URL "
            "postgresql+pg8000://user@host/database"
        )
    return url


def _file_engine(path: Path, *, keys: bool = True) -> Engine:
    """An engine on a SQLite file; while tables are changed, `keys` must not be watched."""
    # As many connections as there are callers, none of them kept: an open one keeps the log alive.
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": WAIT_S, "check_same_thread": False},
        poolclass=NullPool,
    )

    @event.listens_for(engine, "connect")
    def _connected(raw: Any, _: Any) -> None:
        raw.isolation_level = None  # transactions are begun below, DDL included
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"foreign_keys={'ON' if keys else 'OFF'}",
            "secure_delete=ON",
            "trusted_schema=OFF",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("imuhip_writes", not keys)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _server_engine(url: URL) -> Engine:
    """An engine on PostgreSQL, whose writers wait for one another too."""
    engine = create_engine(url, pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("imuhip_writes"):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    return engine


def _migrate(engine: Engine) -> None:
    """Bring the tables to the present version, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id={catalogue_file.APPLICATION_ID}")
    engine.dispose()


def _is_old(found: str, location: str) -> bool:
    """Whether a catalogue must be brought up to date; CatalogueError when it is newer."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    if found not in known:
        raise CatalogueError(
            f"the catalogue {_shown(location)} is of version {found}, made by a newer imuhip; this "
            f"one knows versions up to {scripts.get_current_head()} and did not touch it – "
            "install the newer imuhip, or name another catalogue with --catalogue"
        )
    return found != scripts.get_current_head()


def _version(connection: Connection) -> str | None:
    """Version of the tables behind a connection; None where there are none of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).first()  # noqa: S608 - our own constant
    return None if row is None else str(row[0])


def _refuse_mistyped(location: str) -> None:
    """Raise CatalogueError for a URL that would be taken for a path; it may hold a password."""
    if _NEARLY_A_URL.search(location) and not Path(location).exists():
        raise CatalogueError(
            "The catalogue's address looks like a mistyped URL, and no file has that name. Write "
            "postgresql+pg8000://user@host/database, or name a file."
        )


def _shown(location: str) -> str:
    """A location as it may be printed: without a password, wherever in it that stands."""
    try:
        if "://" not in location:
            return location
        return make_url(location).set(query={}).render_as_string()
    except (ArgumentError, SQLAlchemyError):
        return "that was given"


def _first_line(cause: object) -> str:
    """What an engine said, in one line; PostgreSQL's answers are tables."""
    arguments = getattr(cause, "args", ())
    if arguments and isinstance(arguments[0], dict):
        return str(arguments[0].get("M", arguments[0]))
    return str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__


WAIT_S: Final = 30.0
"""How long a writer waits for another one."""

_NEARLY_A_URL: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.]+:|:[^/]*@")

_LOCK: Final = 5281362374
