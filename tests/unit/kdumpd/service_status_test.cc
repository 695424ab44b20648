// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/service_status.h"

#include <gtest/gtest.h>

#include "kdumpd/daemon.h"

namespace kdump::service {
namespace {

TEST(ServiceStatusJson, RoundTrip) {
  ServiceStatus status{.armed = ArmedState::previous,
                       .loaded = LoadedImage{"6.1", "/k", "/i", "a=\"b c\""},
                       .target = "t",
                       .reserved_bytes = 1,
                       .image_bytes = 2,
                       .errors = {"e"},
                       .warnings = {"w"},
                       .updated = "now"};
  const ServiceStatus read = status_from_json(to_json(status)).value();
  EXPECT_EQ(read.armed, status.armed);
  EXPECT_EQ(read.loaded, status.loaded);
  EXPECT_EQ(read.target, "t");
  EXPECT_EQ(read.reserved_bytes, 1U);
  EXPECT_EQ(read.image_bytes, 2U);
  EXPECT_EQ(read.errors, status.errors);
  EXPECT_EQ(read.warnings, status.warnings);
  EXPECT_EQ(read.updated, "now");
}

TEST(Daemon, OnlyAStopDisarms) {
  EXPECT_TRUE(stop_disarms("stop"));
  EXPECT_FALSE(stop_disarms("restart"));
  EXPECT_FALSE(stop_disarms("try-restart"));
  EXPECT_FALSE(stop_disarms(std::nullopt));
}

TEST(Daemon, StatusLines) {
  EXPECT_EQ(status_line({.armed = ArmedState::wanted,
                         .loaded = {},
                         .target = "T",
                         .errors = {},
                         .warnings = {},
                         .updated = {}}),
            "Kdump is operational; dumps go to T");
  EXPECT_EQ(status_line({.armed = ArmedState::previous,
                         .loaded = {},
                         .target = {},
                         .errors = {"E"},
                         .warnings = {},
                         .updated = {}}),
            "Kdump is operational, armed with the previous image: E");
  EXPECT_EQ(status_line({.armed = ArmedState::nothing,
                         .loaded = {},
                         .target = {},
                         .errors = {"E"},
                         .warnings = {},
                         .updated = {}}),
            "Kdump is not operational: E");
}

}  // namespace
}  // namespace kdump::service
