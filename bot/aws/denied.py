"""Which of AWS's own policies said no, where AWS says so: from its words, or from a decoded authorization message.

Source: "Troubleshoot access denied error messages" in the IAM user guide, and STS's DecodeAuthorizationMessage.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_KINDS = (
    "identity-based policy",
    "resource-based policy",
    "permissions boundary",
    "session policy",
    "service control policy",
    "resource control policy",
    "VPC endpoint policy",
)
_OWNERS: Mapping[str, str] = {
    "identity-based policy": "Whoever owns the bot's role can change that.",
    "resource-based policy": "Whoever owns the resource can change that.",
    "permissions boundary": "Whoever set the role's permissions boundary can change that.",
    "session policy": "Whoever runs the bot can change that.",
    "service control policy": "Whoever manages the AWS organization can change that.",
    "resource control policy": "Whoever manages the AWS organization can change that.",
    "VPC endpoint policy": "Whoever owns the VPC endpoint can change that.",
}
_KIND = "|".join(map(re.escape, _KINDS))
_DENIED = re.compile(rf"with an explicit deny in an? ({_KIND})", re.IGNORECASE)
_MISSING = re.compile(rf"because no ({_KIND}) allows", re.IGNORECASE)
_ENCODED = re.compile(r"Encoded authorization failure message:\s*(\S+)", re.IGNORECASE)
_SHOWN = 120


def encoded(message: str) -> str:
    """Return the encoded authorization message in AWS's words, or nothing. It is opaque, and for STS alone to read."""
    found = _ENCODED.search(message)
    return found[1] if found else ""


def which_policy(message: str) -> str:
    """Say which kind of policy refused, and who can change it, from AWS's own words; nothing where they do not say."""
    for pattern, words in ((_DENIED, "an explicit deny in its {}"), (_MISSING, "no {} allows it")):
        found = pattern.search(message)
        if found:
            kind = next(each for each in _KINDS if each.lower() == found[1].lower())
            return f"AWS says: {words.format(kind)}. {_OWNERS[kind]}"
    return ""


def decoded(about: Mapping[str, Any]) -> str:
    """Say what a decoded authorization message tells: who was refused, and whether a statement denied it."""
    context = about.get("context") or {}
    action, resource = (str(context.get(each) or "")[:_SHOWN] for each in ("action", "resource"))
    what = " on ".join(filter(None, (action, resource.rpartition(":")[2])))
    items = (about.get("matchedStatements") or {}).get("items") or ()
    named = [str(each.get("statementId"))[:_SHOWN] for each in items if each.get("statementId")]
    if about.get("explicitDeny"):
        by = f" (statement {', '.join(named)})" if named else ""
        return f"AWS says: an explicit deny{by} refuses {what or 'it'}. Whoever owns that policy can change it."
    return f"AWS says: no policy allows {what or 'it'}. Whoever owns the bot's role can change that."
