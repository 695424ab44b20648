#!/bin/sh
# /init of the kernel that is to panic for a raw vmcore: fills its memory with pages of every kind, then panics.
# vda: an empty ext4 file system. vdb: a raw disk that the capture kernel copies /proc/vmcore to.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
echo 1 > /proc/sys/kernel/panic_on_oops
fail() { echo "lab: failed: $*"; poweroff -f; }
while read -r module; do insmod "/modules/$module" || fail "insmod $module"; done < /modules.order

# Page cache: clean and dirty, of a real file system; private pages with buffer heads come from its journal.
mount -t ext4 /dev/vda /mnt || fail "mount vda"
dd if=/dev/urandom of=/mnt/random bs=1M count=150 2>/dev/null || fail "write random"
i=0; while [ $i -lt 40 ]; do cat /proc/kallsyms > /mnt/text.$i; i=$((i + 1)); done
sync
cat /mnt/random /mnt/text.* > /dev/null
dd if=/dev/urandom of=/mnt/dirty bs=1M count=20 2>/dev/null
# tmpfs (swap-backed page cache), and slab: tens of thousands of inodes and directory entries.
mount -t tmpfs -o size=200m tmpfs /tmp
dd if=/dev/urandom of=/tmp/blob bs=1M count=60 2>/dev/null
i=0; while [ $i -lt 100 ]; do
    mkdir "/tmp/d$i"; ( cd "/tmp/d$i"; seq 200 | sed 's/^/a-name-long-enough-to-be-allocated-by-itself-/' | xargs touch )
    i=$((i + 1))
done
# A hugetlb pool, half of it in use, half free.
echo 24 > /proc/sys/vm/nr_hugepages
for what in 'text 120' 'text 60' 'random 100' 'zero 40' 'huge 64' 'hugetlb 24'; do
    hold $what > /tmp/held &
    i=0; until grep -q held /tmp/held 2>/dev/null; do sleep 0.2; i=$((i + 1)); [ $i -lt 300 ] || fail "hold $what"; done
    rm /tmp/held
done
sleep 10000 &
( while :; do :; done ) &
# QEMU's part: the host works the monitor while this waits for its word on the second serial port.
if grep -q lab.monitor /proc/cmdline; then
    exec 3< /dev/ttyS1
    echo "lab: monitor now"
    read -r word <&3
    [ "$word" = go ] || fail "the host said '$word'"
fi
free -m; grep -i huge /proc/meminfo; ps

# A capture kernel that adds a DIMM by itself, as its ACPI driver does, cannot read it as old memory any more.
arm /crash/vmlinuz /crash/capture.img "console=ttyS0 panic=5 nr_cpus=1 reset_devices irqpoll acpi_no_memhotplug" || fail "arm"
[ "$(cat /sys/kernel/kexec_crash_loaded)" = 1 ] || fail "the crash kernel is not loaded"
echo "lab: panic now"
echo c > /proc/sysrq-trigger
fail "sysrq c returned"
