"""What outlives the process."""

from applemusic_server.domain.imports import imported_as_empty

# SQLAlchemy's asynchronous package loads its object mapper, which nothing here uses.
with imported_as_empty(
    "sqlalchemy.ext.asyncio.scoping", "sqlalchemy.ext.asyncio.session", with_any_name=True
):
    import sqlalchemy.ext.asyncio  # noqa: F401 - for those who import it later
