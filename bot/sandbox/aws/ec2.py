"""EC2 as EC2 behaves, where moto does not: states that take time, ids that are checked, batches that are whole.

Everything not overridden here is moto's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from weakref import WeakKeyDictionary

from moto.core.responses import ActionResult, EmptyResult
from moto.core.types import Base64EncodedString
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
from moto.ec2.models.instances import Instance, Reservation
from moto.ec2.responses import EC2Response

from bot.sandbox.aws.console import console_output
from bot.sandbox.aws.lifecycle import CODES, MEMORY, Lifecycle, Moved
from bot.sandbox.aws.selection import chosen, hibernates, page, regrouped

WELL_FORMED: Final = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
GONE: Final = {"shutting-down", "terminated"}
OTHER_ARGUMENTS: Final = (
    "Arguments on this idempotent request are inconsistent with arguments used in previous request(s)."
)

_asked: WeakKeyDictionary[Reservation, list[tuple[str, str]]] = WeakKeyDictionary()
"""The parameters each reservation was asked with, to know a repeated request from a changed one."""


class Ec2(EC2Response):
    """One EC2 request; `lifecycle` decides when states arrive."""

    RESPONSE_KEY_PATH_TO_TRANSFORMER = {  # noqa: RUF012  # moto's own attribute, only read
        path: change
        for path, change in EC2Response.RESPONSE_KEY_PATH_TO_TRANSFORMER.items()
        if not path.startswith("RunInstances.")  # a repeated launch shows the state it has by now
    }

    def __init__(self, lifecycle: Lifecycle) -> None:
        super().__init__()
        self.lifecycle = lifecycle

    def answer(self, request: Any, url: str, headers: Any) -> Any:
        """Moto's road, one request at a time, after whatever was due has happened."""
        with MEMORY:
            self.lifecycle.settle()
            return self._dispatch(request, url, headers)

    def call_action(self) -> Any:
        try:
            self._check_ids()
        except EC2ClientError as refused:
            status, headers, body = self.serialized(ActionResult(refused))
            return status, *self._enrich_response(headers, body)
        return super().call_action()

    def stop_instances(self) -> ActionResult:
        hibernate = bool(self._get_param("Hibernate", if_none=False))
        instances = self._instances()
        for instance in instances:
            self._check_stop(instance, hibernate=hibernate)
        force = bool(self._get_param("Force", if_none=False))
        moved = [self.lifecycle.stop(i, hibernate=hibernate, force=force) for i in instances]
        return changes("StoppingInstances", moved)

    def start_instances(self) -> ActionResult:
        instances = self._instances()
        for instance in instances:
            if instance.state in {*GONE, "stopping"}:
                raise wrong_state(f"The instance '{instance.id}' is not in a state from which it can be started.")
        return changes("StartingInstances", [self.lifecycle.start(i) for i in instances])

    def reboot_instances(self) -> ActionResult:
        for instance in self._instances():
            if instance.state != "running":
                raise wrong_state(f"The instance '{instance.id}' is not in a state from which it can be rebooted.")
        return EmptyResult()

    def terminate_instances(self) -> ActionResult:
        """A protected instance saves the others of its Availability Zone; those of other zones go (EC2's rule)."""
        instances = self._instances()
        protected = [i for i in instances if i.disable_api_termination and i.state not in GONE]
        saved = {i.availability_zone for i in protected}
        moved = [self.lifecycle.terminate(i) for i in instances if i.availability_zone not in saved]
        if protected:
            raise may_not(protected[0], "terminated", "disableApiTermination")
        return changes("TerminatingInstances", moved)

    def run_instances(self) -> ActionResult:
        """Launch up to MaxCount; the same ClientToken with the same parameters gives the same reservation."""
        token = self._get_param("ClientToken")
        earlier = self._earlier(token) if token else None
        if earlier:
            return ActionResult(earlier)
        self._check_launch()
        self.params["MinCount"] = self._get_param("MaxCount", if_none=1)  # moto launches MinCount
        self.params.setdefault("ClientToken", "")
        result = super().run_instances()
        reservation = result.result
        assert isinstance(reservation, Reservation)
        _asked[reservation] = self._arguments()
        for instance in reservation.instances:
            self.lifecycle.launch(instance)
        return result

    def describe_instances(self) -> ActionResult:
        self.error_on_dryrun()
        pairs, token = page(self._matching(), *self._page_asked())
        return ActionResult({"Reservations": regrouped(pairs), "NextToken": token})

    def describe_instance_status(self) -> ActionResult:
        """Only running instances unless IncludeAllInstances."""
        self.error_on_dryrun()
        everyone = bool(self._get_param("IncludeAllInstances", if_none=False))
        found = [i for _, i in self._matching() if everyone or i.state == "running"]
        shown, token = page(found, *self._page_asked())
        return ActionResult({"InstanceStatuses": shown, "NextToken": token})

    def get_console_output(self) -> ActionResult:
        self.error_on_dryrun()
        instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
        output = Base64EncodedString.from_raw_string(console_output(instance))
        return ActionResult({"InstanceId": instance.id, "Timestamp": instance.launch_time, "Output": output})

    def _instances(self) -> list[Instance]:
        """The instances named, each once; EC2 checks ids before a dry run and states after it."""
        ids = list(dict.fromkeys(self._get_param("InstanceIds", [])))
        if not ids:
            raise EC2ClientError("InvalidParameterCombination", "No instances specified")
        self.error_on_dryrun()
        known = {i.id: i for _, i in chosen(self.ec2_backend, ids, {})}
        return [known[one] for one in ids]

    def _check_ids(self) -> None:
        ids = [*self._get_param("InstanceIds", []), *filter(None, [self._get_param("InstanceId")])]
        for one in ids:
            if not WELL_FORMED.fullmatch(one):
                hint = "" if one.startswith("i-") else ' (expecting "i-...")'
                raise EC2ClientError("InvalidInstanceID.Malformed", f'Invalid id: "{one}"{hint}')
        known = {i.id for _, i in chosen(self.ec2_backend, ids, {})} if ids else set()
        missing = [one for one in dict.fromkeys(ids) if one not in known]
        if missing:
            raise not_found(missing)

    def _check_stop(self, instance: Instance, *, hibernate: bool) -> None:
        if instance.state in GONE:
            raise wrong_state(f"This instance '{instance.id}' is not in a state from which it can be stopped.")
        if instance.state == "pending" and not self.lifecycle.has_run(instance):
            words = f"Instance '{instance.id}' cannot be stopped as it has never reached the 'running' state."
            raise wrong_state(words)
        if hibernate and not hibernates(instance):
            words = "The instance can't be hibernated because it was not configured at launch for hibernation"
            raise EC2ClientError("UnsupportedHibernationConfiguration", f"{words}: {instance.id}")
        if instance.disable_api_stop:
            raise may_not(instance, "stopped", "disableApiStop")

    def _check_launch(self) -> None:
        image, kind, key = (self._get_param(name) for name in ("ImageId", "InstanceType", "KeyName"))
        if image and not re.fullmatch(r"ami-([0-9a-f]{8}|[0-9a-f]{17})", image):
            raise EC2ClientError("InvalidAMIID.Malformed", f'Invalid id: "{image}"')
        if image and image not in self.ec2_backend.amis:
            raise EC2ClientError("InvalidAMIID.NotFound", f"The image id '[{image}]' does not exist")
        offered = {offer["InstanceType"] for offer in INSTANCE_TYPE_OFFERINGS["region"].get(self.region, [])}
        if kind and kind not in offered:
            raise EC2ClientError("InvalidParameterValue", f"Invalid value '{kind}' for InstanceType.")
        if key and key not in self.ec2_backend.key_pairs:
            raise EC2ClientError("InvalidKeyPair.NotFound", f"The key pair '{key}' does not exist")

    def _earlier(self, token: str) -> Reservation | None:
        for reservation in self.ec2_backend.reservations.values():
            if reservation.instances[0].client_token == token and reservation in _asked:
                if _asked[reservation] != self._arguments():
                    raise EC2ClientError("IdempotentParameterMismatch", OTHER_ARGUMENTS)
                if any(i.state == "terminated" for i in reservation.instances):
                    words = "The client token you have provided is associated with a terminated instance."
                    raise EC2ClientError("IdempotentInstanceTerminated", words)
                return reservation  # type: ignore[no-any-return]
        return None

    def _arguments(self) -> list[tuple[str, str]]:
        pairs = ((name, str(value)) for name, value in self.querystring.items())
        return sorted(pair for pair in pairs if pair[0] not in {"ClientToken", "DryRun"})

    def _matching(self) -> list[tuple[Reservation, Instance]]:
        filters: dict[str, Any] = self._filters_from_querystring()
        return chosen(self.ec2_backend, self._get_param("InstanceIds", []), filters)

    def _page_asked(self) -> tuple[int | None, str | None]:
        size = self._get_param("MaxResults")
        if size is not None and self._get_param("InstanceIds", []):
            words = "The parameter instancesSet cannot be used with the parameter maxResults"
            raise EC2ClientError("InvalidParameterCombination", words)
        return (None if size is None else int(size)), self._get_param("NextToken")


def changes(name: str, moved: Iterable[Moved]) -> ActionResult:
    return ActionResult(
        {
            name: [
                {
                    "InstanceId": one.instance.id,
                    "PreviousState": {"Code": CODES[one.before], "Name": one.before},
                    "CurrentState": {"Code": CODES[one.after], "Name": one.after},
                }
                for one in moved
            ]
        }
    )


def wrong_state(words: str) -> EC2ClientError:
    return EC2ClientError("IncorrectInstanceState", words)


def not_found(ids: list[str]) -> EC2ClientError:
    """EC2 names every id it does not know."""
    named = f"ID '{ids[0]}' does" if len(ids) == 1 else f"IDs '{', '.join(ids)}' do"
    return EC2ClientError("InvalidInstanceID.NotFound", f"The instance {named} not exist")


def may_not(instance: Instance, done: str, attribute: str) -> EC2ClientError:
    words = f"Modify its '{attribute}' instance attribute and try again."
    return EC2ClientError("OperationNotPermitted", f"The instance '{instance.id}' may not be {done}. {words}")
