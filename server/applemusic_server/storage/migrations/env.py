"""What Alembic runs: the migrations, inside the transaction that the server holds."""

from alembic import context

from applemusic_server.storage.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
