"""The VM lab: cached kernels, guest images, QEMU machines, and the runs made of them."""
