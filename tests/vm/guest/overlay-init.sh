#!/lab/busybox sh
# First process of a capture image that the lab has changed (rdinit=/lab/init): does what /lab/hook says to the
# unpacked image or to the machine, then becomes the image's own /init, as if nothing had been before.
/lab/busybox mkdir -p /lab/bin /proc /sys /dev
/lab/busybox --install -s /lab/bin
export PATH=/lab/bin:/lab
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

# For hooks: waits in the background until the dump is being written, then calls its arguments with the worker's pid.
when_dumping() {
    (
        until ls /kdumproot/var/crash/*/vmcore-incomplete > /dev/null 2>&1; do usleep 5000; done
        "$@" "$(pidof kdump-capture-worker | cut -d' ' -f1)"
    ) &
}
. /lab/hook
umount -l /dev /sys /proc
exec /init
