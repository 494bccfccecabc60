"""What an instance's serial console shows: the boot of a small Linux server, coloured as systemd colours it."""

from __future__ import annotations

from moto.ec2.models.instances import Instance

BOOT = """\
[    0.000000] Linux version 6.1.158-178.288.amzn2023.x86_64 (gcc 11.5.0) #1 SMP PREEMPT_DYNAMIC
[    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.158 root=LABEL=root ro console=tty0 console=ttyS0,115200n8
[    0.004000] DMI: Amazon EC2 {type}/, BIOS 1.0 10/16/2017
[    1.412233] systemd[1]: Detected virtualization amazon.
[    1.498410] systemd[1]: Hostname set to <{host}>.
[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39msshd.service\x1b[0m - OpenSSH server daemon.
[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mnetwork-online.target\x1b[0m - Network is Online.
[    9.731055] cloud-init[1587]: Cloud-init v. 22.2.2 running 'modules:final' in {region}. Up 9.62 seconds.
[\x1b[0;32m  OK  \x1b[0m] Started \x1b[0;1;39mtidewater.service\x1b[0m - Tidewater application.

Amazon Linux 2023
Kernel 6.1.158-178.288.amzn2023.x86_64 on an x86_64 (-)

{host} login: """


def console_output(instance: Instance) -> str:
    """Nothing before the first boot and after termination, as in EC2."""
    if instance.state in {"pending", "shutting-down", "terminated"}:
        return ""
    host = instance.private_dns_name
    return BOOT.format(type=instance.instance_type, host=host, region=instance.region_name).replace("\n", "\r\n")
