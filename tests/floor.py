"""Proposals for the floor, from botocore's models: `python -m tests.floor`; fails where a sensitive answer is new.

Printed are operations that take a role, write tags of what exists, or change who may use something, and are not on the
list. A sensitive answer has to be on the list, or be one that is only masked: what `MASKED` says, by its name.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, StructureShape

from bot.aws import models
from bot.aws.conditions import phrases
from bot.aws.floor import Class, Entry, entries, named_as_read, standing

SECRET = ("password", "secret", "token", "credential", "passphrase", "plaintext", "jwt", "otp", "wallet")
SECRET += ("signature", "private", "material", "auth", "pem", "binary", "accesskey", "apikey", "presigned", "qr", "url")
SECRET += ("session", "key", "psk", "code", "cookie")
MASKED = {
    "what AWS echoes of a configuration; masked": """
        password masteruserpassword fsxadminpassword accountpassword asmpassword authpassword saslpassword
        sslclientkeypassword associatedtranscriptspassword botlocaleexportpassword basicauthcredentials sharedsecret
        clientsecret runtimeenvironmentsecrets repositorycredentials presharedkey securitytoken masteruserpassword
        mediaurisecretarn secretid passphrase streamkey activationkey solutionkey vsankey activationcode webhooksecret
        oauth2credentials usernamepassword managedendpointcredentials credentials connectioncredentials credentialpair
        secret apikey devicespecifickey appserverprivatekey authenticationmaterial inlinepem loginwithamazon
        cookiesynchronizationconfiguration accesskeyid claimcertificateprivatekey trustedcacertificates""",
    "a page's address, or a name that only has the word; masked": """
        nexttoken postalcode countrycode code code2 code3 currencycode key keys url websiteurl imageurl imageiconurl
        smallimageiconurl billingpostalcode mailingpostalcode shippingpostalcode postalcodeplus4 postalcodetype
        zipcode zipclassificationcode recordtypecode universalproductcode accounturl ecruri profileurl weburl
        privateipaddress privatelinkvpceid kmskeyarn kmskeyid kmsmasterkeyid ssekmskeyid keyid keyvalue keyprefix
        tagkey partitionkey objectkey itemkey publickey applicationserverpublickey sshpublickeys s3objecturl
        oauthauthorizationendpointurl oauthtokenendpointurl maxtokenstosample clientsessionid sessionattributes
        sessionspans gamesessiondata codegenconfigurationnodes connectionfunctioncode functioncode sourceurl mediaurl
        mediadownloadurl importmanifesturl jobdetailsurl testdetailsurl blockedurls exempturls globalexempturls
        tunnelrestrictioncode""",
    "one use, one thing, or a step of logging in that fits nobody else; masked": """
        session devicetoken voipdevicetoken jointoken associateinprogresstoken tasktoken token tokenvalue
        uploadpolicysignature authorizationurl oauthauthorizationurl attachmentdownloadurl attachmentpresignedurl
        documentpresignedurl presignedurl downloadurl uploadurl s3url oauthtoken secretcode qrcodepng cwid""",
}


@cache
def operations() -> tuple[str, ...]:
    """Every operation of every service."""
    return tuple(f"{name}:{each}" for name in sorted(models.services()) for each in _model(name).operation_names)


def classified(operation: str) -> bool:
    """Whether a line is about it, to put it on the floor or to leave it off; lines about every service do not count."""
    held = any(entry.always or not entry.pattern.startswith("*:") for entry in standing(operation).entries)
    return held or any(each.names(operation) and _left_off(each) for each in entries())


def unreviewed() -> list[str]:
    """Operations whose answer holds what may be a secret, and that nobody has looked at."""
    harmless = {name for names in MASKED.values() for name in names.split()}
    return [
        f"{operation} {' '.join(sorted(left))}"
        for operation in operations()
        if (left := {name for name in sensitive(operation) if _secret(name) and name.lower() not in harmless})
        and not classified(operation)
    ]


def sensitive(operation: str) -> frozenset[str]:
    """The members of an operation's answer that its model marks as sensitive."""
    return frozenset(name for name, shape in _members(_operation(operation).output_shape) if _marked(shape))


def roles() -> Iterator[str]:
    for operation in operations():
        if named_as_read(operation):
            continue
        members = _members(_operation(operation).input_shape)
        names = {name for name, shape in members if "role" in phrases(name) and shape.type_name != "boolean"}
        free = {name for name in names if not _held(operation, name)}
        if free:
            yield f"{operation} {' '.join(sorted(free))}"


def tags() -> Iterator[str]:
    made = ("Create", "Run", "Register", "Start", "Import", "Copy", "Request", "Allocate", "Restore", "Purchase")
    for operation in operations():
        verb = operation.split(":")[1]
        names = {name for name, _ in _members(_operation(operation).input_shape) if name.lower() in ("tags", "tagkeys")}
        if names and not named_as_read(operation) and not verb.startswith(made) and not _kinds(operation, Class.TAGS):
            yield operation


def policies() -> Iterator[str]:
    for operation in operations():
        verb = operation.split(":")[1]
        words = phrases(verb)
        about = words & {"resourcepolicy", "permission", "accesspolicy", "share", "grant"}
        if about and not named_as_read(operation) and not classified(operation):
            yield operation


def figures() -> dict[Class, tuple[int, int]]:
    """How many operations each class holds: whatever their parameters, and with some."""
    always: Counter[Class] = Counter()
    some: Counter[Class] = Counter()
    for operation in operations():
        found = standing(operation).entries
        sure = {entry.kind for entry in found if entry.always}
        always.update(sure)
        some.update({entry.kind for entry in found if entry.pattern != "*:*"} - sure)
    return {kind: (always[kind], some[kind]) for kind in Class}


def _held(operation: str, member: str) -> bool:
    met = standing(operation).met({member: "x"})
    return any(entry.kind in (Class.RIGHTS, Class.CREDENTIALS) for entry in met)


def _kinds(operation: str, *kinds: Class) -> bool:
    return any(entry.kind in kinds for entry in standing(operation).entries)


def _left_off(entry: Entry) -> bool:
    return entry.kind is Class.OPEN and entry.always


def _secret(name: str) -> bool:
    return not phrases(name).isdisjoint(SECRET)


def _marked(shape: Any) -> bool:
    return bool(shape.metadata.get("sensitive"))


def _members(shape: Any) -> Iterator[tuple[str, Any]]:
    """Every member at any depth, each shape once; what is in a list or a map goes by the name of the list or map."""
    seen: set[str] = set()
    waiting: list[tuple[str, Any]] = [("", shape)]
    while waiting:
        name, each = waiting.pop()
        if each is None or each.name in seen:
            continue
        seen.add(each.name)
        inner = [(name, each.member)] if isinstance(each, ListShape) else []
        inner = [(name, each.value)] if isinstance(each, MapShape) else inner
        inner = list(each.members.items()) if isinstance(each, StructureShape) else inner
        yield from inner
        waiting += inner


def _operation(operation: str) -> OperationModel:
    service, _, name = operation.partition(":")
    return _model(service).operation_model(name)


@cache
def _model(service: str) -> ServiceModel:
    return ServiceModel(models._loader().load_service_model(service, "service-2"), service)


def main() -> int:
    new = unreviewed()
    sys.stdout.writelines(f"{line}\n" for line in (*proposals(), *(f"sensitive, not reviewed: {each}" for each in new)))
    answers = sum(1 for each in operations() if sensitive(each))
    held = sum(1 for each in operations() if sensitive(each) and classified(each))
    sys.stdout.write(f"{answers} answers are sensitive: {held} on the list, {len(new)} not reviewed, the rest masked\n")
    return 1 if new else 0


def proposals() -> Iterator[str]:
    for title, found in (("takes a role", roles()), ("writes tags", tags()), ("changes who may", policies())):
        yield from (f"{title}: {each}" for each in found)
    for kind, (always, some) in figures().items():
        yield f"{kind}: {always} operations whatever their parameters, {some} more with some"


if __name__ == "__main__":
    sys.exit(main())
