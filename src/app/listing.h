// Assets and markets that dcx.toml names and the venue lacks, listed through order entry by the operator, as any later
// one would be; with dual control by proposals that both founding keys approve.
#pragma once

#include <span>

#include "app/config.h"
#include "client/key_file.h"
#include "net/socket.h"

namespace dcx::app {

// At every start, so that a first start that was cut short is completed: a market that has no limits at all gets those
// of the configuration. Nothing is sent when nothing is missing. Throws std::runtime_error with a text.
void list_configured(const Config& config, const net::Endpoint& order_entry,
                     std::span<const client::ClientKey> operators);

}  // namespace dcx::app
