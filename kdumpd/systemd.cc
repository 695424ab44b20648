// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/systemd.h"

#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "common/error.h"

namespace kdump::service {
namespace {

constexpr const char* kManager = "org.freedesktop.systemd1";
constexpr uint64_t kPatienceMicroseconds = 5'000'000;

struct BusDeleter {
  void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};
using Bus = std::unique_ptr<sd_bus, BusDeleter>;

struct MessageDeleter {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, MessageDeleter>;

// The manager's own socket works without a bus daemon, and late in a shutdown.
Bus open_private_socket() {
  sd_bus* raw = nullptr;
  if (sd_bus_new(&raw) < 0) return nullptr;
  Bus bus(raw);
  const bool started =
      sd_bus_set_address(raw, "unix:path=/run/systemd/private") >= 0 && sd_bus_start(raw) >= 0;
  return started ? std::move(bus) : nullptr;
}

Bus open_bus() {
  Bus bus = open_private_socket();
  if (bus == nullptr) {
    sd_bus* raw = nullptr;
    if (sd_bus_open_system(&raw) < 0) return nullptr;
    bus.reset(raw);
  }
  sd_bus_set_method_call_timeout(bus.get(), kPatienceMicroseconds);
  return bus;
}

std::optional<std::string> own_unit(sd_bus* bus) {
  sd_bus_message* raw = nullptr;
  const int called =
      sd_bus_call_method(bus, kManager, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
                         "GetUnitByPID", nullptr, &raw, "u", static_cast<uint32_t>(getpid()));
  const Message reply(raw);
  const char* path = nullptr;
  if (called < 0 || sd_bus_message_read(raw, "o", &path) < 0) return std::nullopt;
  return path;
}

std::optional<std::string> job_of(sd_bus* bus, const std::string& unit) {
  sd_bus_message* raw = nullptr;
  const int called = sd_bus_get_property(bus, kManager, unit.c_str(), "org.freedesktop.systemd1.Unit", "Job",
                                         nullptr, &raw, "(uo)");
  const Message reply(raw);
  uint32_t id = 0;
  const char* path = nullptr;
  if (called < 0 || sd_bus_message_read(raw, "(uo)", &id, &path) < 0 || id == 0) return std::nullopt;
  return path;
}

std::optional<std::string> type_of(sd_bus* bus, const std::string& job) {
  char* type = nullptr;
  if (sd_bus_get_property_string(bus, kManager, job.c_str(), "org.freedesktop.systemd1.Job", "JobType",
                                 nullptr, &type) < 0)
    return std::nullopt;
  std::string text(type);
  std::free(type);
  return text;
}

}  // namespace

void notify_manager(const std::string& state) { sd_notify(0, state.c_str()); }

std::optional<std::string> running_job() {
  const Bus bus = open_bus();
  if (bus == nullptr) return std::nullopt;
  const auto unit = own_unit(bus.get());
  const auto job = unit ? job_of(bus.get(), *unit) : std::nullopt;
  return job ? type_of(bus.get(), *job) : std::nullopt;
}

// systemd.exec(5), $JOURNAL_STREAM: device and inode of the stream, so that an inherited variable does not
// count for another standard error.
bool logs_to_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat info{};
  return stream != nullptr && fstat(STDERR_FILENO, &info) == 0 &&
         fmt::format("{}:{}", info.st_dev, info.st_ino) == stream;
}

}  // namespace kdump::service
