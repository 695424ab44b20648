#!/bin/sh
# /init of the capture kernel that copies /proc/vmcore to vdb as it is, and says its length on the console.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
fail() { echo "lab: failed: $*"; reboot -f; }
while read -r module; do insmod "/modules/$module" || fail "insmod $module"; done < /modules.order
dd if=/proc/vmcore of=/dev/vdb bs=1M || fail "copy of /proc/vmcore"
sync
echo "lab: vmcore bytes: $(stat -c %s /proc/vmcore)"
poweroff -f
