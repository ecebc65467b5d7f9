"""The key that sessions and tickets are signed with: made once, kept, told to nobody."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def keep_secret(data_dir: Path) -> str:
    """The secret of this copy, from ``data_dir/secret_key``; made on the first start, mode 0600."""
    file = data_dir / "secret_key"
    if not file.exists():
        draft = data_dir / f"secret_key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(f"{secrets.token_urlsafe(48)}\n")
            new.flush()
            os.fsync(new.fileno())
        try:
            os.link(draft, file)  # whole or not at all, and never over one that is there
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return file.read_text().strip()
