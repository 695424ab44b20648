// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/service_status.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <nlohmann/json.hpp>

#include "common/bytes.h"
#include "common/file.h"

namespace kdump::service {
namespace {

using nlohmann::json;

constexpr int kVersion = 2;
constexpr std::string_view kArmedNames[] = {"nothing", "wanted", "previous"};

std::string now_iso() {
  const time_t now = time(nullptr);
  tm local{};
  char text[40];
  if (localtime_r(&now, &local) == nullptr) return {};
  return {text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local)};
}

json json_of(const LoadedImage& image) {
  return {{"kernel_release", image.kernel_release},
          {"kernel", image.kernel},
          {"initrd", image.initrd},
          {"command_line", image.command_line}};
}

// A value of the right type, or the error that names its key. No exception of the library gets past it.
template <typename T>
Status get(const json& object, const char* key, T& value) {
  const auto found = object.find(key);
  if (found == object.end()) return fail(ErrorKind::corrupt, "\"{}\" is missing", key);
  try {
    found->get_to(value);
  } catch (const json::exception&) {
    return fail(ErrorKind::corrupt, "\"{}\" has the wrong type", key);
  }
  return {};
}

json json_of(const TargetStatus& target) {
  json object{{"described", target.described}, {"problem", target.problem}};
  object["free_bytes"] = target.free_bytes ? json(*target.free_bytes) : json(nullptr);
  return object;
}

Result<TargetStatus> target_of(const json& object) {
  TargetStatus target;
  if (!object.is_object()) return fail(ErrorKind::corrupt, "not an object");
  TRY(get(object, "described", target.described));
  TRY(get(object, "problem", target.problem));
  const auto free = object.find("free_bytes");
  if (free == object.end()) return fail(ErrorKind::corrupt, "\"free_bytes\" is missing");
  if (free->is_null()) return target;
  if (!free->is_number_unsigned()) return fail(ErrorKind::corrupt, "\"free_bytes\" has the wrong type");
  target.free_bytes = free->get<uint64_t>();
  return target;
}

Result<std::vector<TargetStatus>> targets_of(const json& object) {
  const auto found = object.find("targets");
  if (found == object.end() || !found->is_array()) return fail(ErrorKind::corrupt, "\"targets\" is no list");
  std::vector<TargetStatus> targets;
  for (const json& target : *found) targets.push_back(TRY(with_context(target_of(target), "\"targets\"")));
  return targets;
}

Result<ArmedState> armed_of(const std::string& name) {
  const auto* const found = std::ranges::find(kArmedNames, name);
  if (found == std::end(kArmedNames)) return fail(ErrorKind::corrupt, "\"armed\": unknown word \"{}\"", name);
  return static_cast<ArmedState>(found - std::begin(kArmedNames));
}

Result<LoadedImage> loaded_of(const json& object) {
  LoadedImage image;
  TRY(get(object, "kernel_release", image.kernel_release));
  TRY(get(object, "kernel", image.kernel));
  TRY(get(object, "initrd", image.initrd));
  TRY(get(object, "command_line", image.command_line));
  return image;
}

Status check_version(const json& object) {
  int version = 0;
  TRY(get(object, "version", version));
  if (version != kVersion)
    return fail(ErrorKind::corrupt, "\"version\" is {}, this program knows {}", version, kVersion);
  return {};
}

}  // namespace

std::string to_json(const ServiceStatus& status) {
  json object{{"version", kVersion},
              {"operational", status.armed != ArmedState::nothing},
              {"armed", kArmedNames[static_cast<size_t>(status.armed)]},
              {"target", status.target},
              {"reserved_bytes", status.reserved_bytes},
              {"image_bytes", status.image_bytes},
              {"errors", status.errors},
              {"warnings", status.warnings},
              {"updated", status.updated}};
  object["targets"] = json::array();
  for (const TargetStatus& target : status.targets) object["targets"].push_back(json_of(target));
  if (status.loaded) object["loaded"] = json_of(*status.loaded);
  // A path may hold any bytes; what is not UTF-8 is shown as such instead of failing the whole status.
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Result<ServiceStatus> status_from_json(std::string_view text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return fail(ErrorKind::corrupt, "not a JSON object");
  ServiceStatus status;
  std::string armed;
  TRY(check_version(object));
  TRY(get(object, "armed", armed));
  TRY(get(object, "target", status.target));
  TRY(get(object, "reserved_bytes", status.reserved_bytes));
  TRY(get(object, "image_bytes", status.image_bytes));
  TRY(get(object, "errors", status.errors));
  TRY(get(object, "warnings", status.warnings));
  TRY(get(object, "updated", status.updated));
  status.targets = TRY(targets_of(object));
  status.armed = TRY(armed_of(armed));
  if (const auto loaded = object.find("loaded"); loaded != object.end())
    status.loaded = TRY(with_context(loaded_of(*loaded), "\"loaded\""));
  return status;
}

ServiceStatus read_status(const Host& host) {
  const auto text = host.read(places::kStatus);
  if (!text) return {};
  return status_from_json(*text).value_or(ServiceStatus{});
}

Status write_status(const Host& host, ServiceStatus status) {
  status.updated = now_iso();
  const std::string path = host.at(places::kStatus);
  TRY(make_directories(directory_of(path), 0755));
  return replace_file(path, bytes_of(std::string_view(to_json(status))), 0644);
}

}  // namespace kdump::service
