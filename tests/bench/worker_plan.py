# SPDX-License-Identifier: GPL-2.0-or-later
"""What the capture kernel's worker is told, for benches that run it outside of one (initramfs/plan/)."""


def plan(collector, *targets):
    """A plan.json for dumps to these targets."""
    return {"version": 1, "toolchain_version": "", "kernel_release": "", "hostname": "", "utc_offset_seconds": 0, "modules": [],
            "targets": targets, "collector": collector, "final_action": "reboot", "failure_action": "reboot", "min_free": 0,
            "deadlines": {"device": 60, "mount": 60, "network": 60, "connect": 30, "overall": 0, "hook": 60, "sync": 120},
            "network": {"interfaces": [], "routes": [], "name_servers": [], "search": []}, "watchdogs": [],
            "hooks": {"pre": "", "pre_d": [], "post_d": [], "post": "", "emergency_d": [], "emergency": ""}, "rootfs": []}


def target(kind, **keys):
    """A target with these keys, and with nothing for the others."""
    return {"kind": kind, "device": {"uuid": "", "label": "", "partuuid": "", "devname": ""}, "fstype": "", "mount_options": "",
            "server": {"host": "", "addresses": [], "port": 0}, "ssh": {"user": "", "key": "", "known_hosts": ""},
            "nfs": {"path": "", "client": "libnfs", "versions": [], "mount_options": ""}, "directory": "/", "stall": 120} | keys


def request(plan_path, vmcore, directory):
    """A dump to the plan's first target."""
    return {"mode": "dump", "if_full": "smaller", "target": 0, "plan": plan_path, "config": "/dev/null", "vmcore": vmcore, "directory": directory,
            "dump_directory": "", "result": ""}
