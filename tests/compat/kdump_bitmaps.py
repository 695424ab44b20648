# SPDX-License-Identifier: GPL-2.0-or-later
"""What a kdump-compressed file holds, page by page."""
import struct
import sys


def bitmaps(path):
    """max_mapnr and both bitmaps of a kdump-compressed file, as integers (bit n is pfn n)."""
    with open(path, "rb") as dump:
        header = dump.read(464)
        if header[:8] != b"KDUMP   ":
            sys.exit(f"{path}: no kdump-compressed dump")
        block_size, sub_hdr_size, bitmap_blocks, max_mapnr = struct.unpack_from("<iiII", header, 428)
        dump.seek((1 + sub_hdr_size) * block_size)
        both = dump.read(bitmap_blocks * block_size)
    half = len(both) // 2
    return max_mapnr, int.from_bytes(both[:half], "little"), int.from_bytes(both[half:], "little")
