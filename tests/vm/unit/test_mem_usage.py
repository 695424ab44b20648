import struct
import unittest

from lab import mem_usage
from lab.mem_usage import Different, image_pages, table

TABLE = "TYPE\tPAGES\n" + "".join(f"{name}\t{number}   \tyes\n" for number, name in enumerate(mem_usage.ROWS))


def load(vaddr: int, paddr: int, memsz: int) -> bytes:
    return struct.pack("<IIQQQQQQ", mem_usage.PT_LOAD, 7, 0, vaddr, paddr, memsz, memsz, 4096)


class MemUsageTest(unittest.TestCase):
    def test_a_table_is_read_by_the_rows_names(self):
        self.assertEqual(table(TABLE), {name: number for number, name in enumerate(mem_usage.ROWS)})

    def test_a_row_that_is_missing_is_an_error(self):
        with self.assertRaisesRegex(Different, "no USER in"):
            table(TABLE.replace("USER", "UZER"))

    def test_the_image_is_what_the_highest_addresses_map(self):
        loads = [load(0xffffc90000000000, mem_usage.NOT_MAPPED, 1 << 45), load(0xffffffffa0000000, 0x1000000, 3 << 20),
                 load(0xffffffffc0000000, mem_usage.NOT_MAPPED, 1 << 20), load(0xffff888000100000, 0x100000, 1 << 30)]
        header = bytearray(64)
        struct.pack_into("<H", header, 56, len(loads))
        self.assertEqual(image_pages(bytes(header) + b"".join(loads)), 768)

    def test_numbers_far_from_each_other_are_an_error(self):
        mem_usage._hold({"FREE": (10000, 11000)}, "test")
        with self.assertRaisesRegex(Different, "FREE: 10000 pages, by test 20000"):
            mem_usage._hold({"FREE": (10000, 20000)}, "test")
