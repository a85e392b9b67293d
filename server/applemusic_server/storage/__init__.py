"""What outlives the process."""

from applemusic_server.domain.imports import imported_in_name_only

# SQLAlchemy's asynchronous package loads its object mapper, which nothing here uses.
with imported_in_name_only("sqlalchemy.ext.asyncio.scoping", "sqlalchemy.ext.asyncio.session"):
    import sqlalchemy.ext.asyncio  # noqa: F401 - for those who import it later
