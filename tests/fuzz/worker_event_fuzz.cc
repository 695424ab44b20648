// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever a dying worker writes, kdump-capture reads it line by line and goes on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "initramfs/plan/protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kdump::protocol;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  LineReader reader;
  for (const std::string& line : reader.feed(bytes)) {
    const kdump::Result<Event> event = event_from_line(line);
    if (!event) continue;
    // What was understood once must be understood again.
    const std::string again = to_line(*event);
    const kdump::Result<Event> second = event_from_line(std::string_view(again).substr(0, again.size() - 1));
    if (!second || second->kind != event->kind || second->number != event->number) abort();
  }
  [[maybe_unused]] const kdump::Result<Request> request = request_from_json(bytes);
  return 0;
}
