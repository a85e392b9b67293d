"""How the database got its present shape; Alembic runs them in order."""
