"""Staff, their roles and scopes, and signing in."""
