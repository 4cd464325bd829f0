"""What an answer to an open question is worth: values that may come, what they settle, what the advice then is."""

from __future__ import annotations
