// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "kdumpd/machine/host.h"
#include "kdumpd/target/probes.h"
#include "kdumpd/target/proof.h"

namespace kdump::service {

struct Patience {
  std::chrono::milliseconds all{180'000};  // for everything that is asked, from the first wait on
  std::chrono::milliseconds pause{2'000};
};

// That of a machine which boots; none for one that is up for longer: there a network that is missing stays
// so.
Patience patience_of(const Host& host);

using Prove =
    std::function<Result<Proof>(const ResolvedTarget& target, const std::vector<std::string>& collector)>;

// Makes the questions wait for a network that may not be there yet: what that could change is asked again,
// and whoever looks on is told that it is waited for. Other errors come at once.
void make_patient(Probes& probes, Prove& prove, Announce announce, Patience patience);

}  // namespace kdump::service
