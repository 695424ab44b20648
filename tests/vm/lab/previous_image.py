"""A load that the kernel refuses when it has already freed the image before: the machine stays armed with that one.

IMA is told to want a hash on kernel images of one owner. It looks when kexec_file_load(2) reads the file, which is after
the call has freed the loaded crash image (kernel/kexec_file.c: kimage_free, then kimage_file_alloc_init), and no check
that a program can make beforehand tells.
"""

from pathlib import Path

from . import cache, crashrun, dumpdir, guest, kernels

POLICY = "appraise func=KEXEC_KERNEL_CHECK fowner=4242"
REFUSED = "/boot/vmlinuz-refused"
LOADED = "cat /sys/kernel/kexec_crash_loaded"

# Commands in the guest, one after the other: the exit status, and words that the answer must have.
STEPS = (
    ("systemctl start kdump", 0, ""),
    (f"echo '{POLICY}' > /sys/kernel/security/ima/policy", 0, ""),
    (f"cp /boot/vmlinuz-$(uname -r) {REFUSED} && chown 4242 {REFUSED} && ln -s $(uname -r) /usr/lib/modules/refused", 0, ""),
    # Against kexec alone, with the image of the machine.
    (f"kexec -p -s {REFUSED} --initrd=/var/lib/kdump/$(uname -r)/initramfs.img --reuse-cmdline", 255,
     "the previous image is loaded again"),
    (LOADED, 0, "1"),
    ("kdumpctl status", 0, "Kdump is operational"),
    # Against the service, with an image of its own for the refused kernel.
    ("echo KDUMP_KERNELVER=refused >> /etc/sysconfig/kdump; kdumpctl restart", 1, "armed with the previous image"),
    (LOADED, 0, "1"),
    ("kdumpctl status", 0, "armed with the previous image"),
    ("test -s /var/lib/kdump/refused/initramfs.img", 0, ""),
    ("kdumpctl reload", 1, "armed with the previous image"),
    (LOADED, 0, "1"),
)


def check(folder: Path) -> None:
    """Raise what is wrong: a GuestError of the steps, dumpdir.Incomplete of the dump that the image before makes."""
    kernel = kernels.get("6.1")
    machine = guest.make(kernel, folder)
    log = cache.path("logs", "previous-image.log")
    log.unlink(missing_ok=True)
    with crashrun.booted(machine, log) as run:
        for command, status, words in STEPS:
            run.expect(command, status, words)
        run.panic(300)
        run.power_off()
    guest.extract(machine.disk, "/var/crash", folder)
    dumpdir.verified(dumpdir.only_one_in(folder / "crash"))
