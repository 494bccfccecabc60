"""What has been left lying about in Tidewater's accounts, for `report hygiene` to find."""

from __future__ import annotations

from datetime import timedelta

from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends

from bot.sandbox.aws.names import DEV, REGION

OLD_KEY_DAYS = 412
VOLUME = "vol-0a1b2c3d4e5f60021"
ADDRESS = "203.0.113.50"
USER = "deploy-2024"
OLD_KEY = "AKIATIDEWATERDEPLOY1"


def seed_leftovers() -> None:
    """An unattached volume, an address without use or tags, and a user whose access key is over a year old."""
    ec2 = ec2_backends[DEV][REGION]
    volume = ec2.create_volume(size=200, zone_name=f"{REGION}a")
    del ec2.volumes[volume.id]
    volume.id = VOLUME
    ec2.volumes[VOLUME] = volume
    volume.add_tags({"Name": "old-web-data", "team": "web"})
    ec2.allocate_address("vpc", ADDRESS)
    iam = iam_backends[DEV]["aws"]
    iam.create_user(REGION, USER)
    key = iam.create_access_key(USER)
    del iam.access_keys[key.access_key_id]
    key.access_key_id, key.create_date = OLD_KEY, utcnow() - timedelta(days=OLD_KEY_DAYS)
    iam.access_keys[OLD_KEY] = key
