// dcx signer evm-address: the owner of the anchor contract of an EVM chain.
#pragma once

#include "app/commands.h"

namespace dcx::app {

int signer_evm_address(const SignerOptions& options);

}  // namespace dcx::app
