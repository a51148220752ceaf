// SignerClient: a signer behind a Unix socket (`dcx signer serve`). It connects when it is asked something and comes
// back after a failure with the next question. Every call is bounded in time; when the answer is lost, the signer may
// have signed, and asked the same again it gives the same. One thread.
#pragma once

#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "chain/signer.h"

namespace dcx::chain {

class SignerClient final : public Signer {
  public:
    explicit SignerClient(std::string socket, int wait_ms = 5'000) : path_(std::move(socket)), wait_ms_(wait_ms) {}

    std::expected<std::string, std::string> address(const KeyPath& path) override;
    std::expected<SignedTransfer, std::string> sign(const TransferRequest& request) override;
    std::expected<EvmSignature, std::string> sign_evm(const KeyPath& path, const std::string& unsigned_rlp) override;
    std::expected<std::array<std::byte, 20>, std::string> evm_address(const KeyPath& path) override;

  private:
    std::expected<std::string, std::string> ask(std::string_view request);
    std::expected<std::string, std::string> exchange(std::string_view request);
    bool connect();
    bool read_exactly(std::byte* into, std::size_t count, std::int64_t end_ns);
    bool write_all(std::string_view bytes, std::int64_t end_ns);

    std::string path_;
    int wait_ms_;
    Descriptor socket_;
};

}  // namespace dcx::chain
