// Assets and markets that dcx.toml names and the venue lacks, listed through order entry by the operator, as any later
// one would be.
#pragma once

#include "app/config.h"
#include "client/key_file.h"
#include "net/socket.h"

namespace dcx::app {

// At every start, so that a first start that was cut short is completed. Throws std::runtime_error with a text.
void list_configured(const Config& config, const net::Endpoint& order_entry, const client::ClientKey& operator_key);

}  // namespace dcx::app
