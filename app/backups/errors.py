"""BackupError
├── BackupRefused   nothing was changed; the message says what to set or to install
└── BackupFailed    it began, and did not succeed
    └── DamagedBackup
"""

from __future__ import annotations


class BackupError(Exception):
    """The message is one sentence for the operator."""

    status = 1


class BackupRefused(BackupError):
    status = 2


class BackupFailed(BackupError):
    status = 1


class DamagedBackup(BackupFailed):
    """A backup lacks a part, or a part is not the one that was stored."""
