#!/bin/sh
# /init of the guest's first initrd: loads the disk's driver, mounts the root file system, goes there.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module"; done < /modules.order
i=0; until [ -b /dev/vda ] || [ $i -gt 100 ]; do sleep 0.1; i=$((i + 1)); done
mount -t ext4 /dev/vda /new-root || echo "lab: failed: cannot mount /dev/vda"
umount /dev
exec switch_root /new-root /sbin/init
