// dcx anchor verify N: whether the digest of a checkpoint is where its anchors say, asked of those places. Needs no
// venue: the folder's public part, or the checkpoint's file and the anchor's transaction.
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/config.h"
#include "app/data_folder.h"
#include "app/exit_code.h"
#include "chain/anchor_store.h"
#include "chain/decoin_anchor.h"
#include "chain/decoin_node.h"
#include "chain/digest_file.h"
#include "chain/evm_anchor.h"
#include "chain/evm_transaction.h"
#include "chain/transaction.h"
#include "platform/system_clock.h"
#include "proof/published.h"
#include "proof/whole_file.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;
using chain::Anchor;

constexpr const char* kRewritten =
    "a DeCoin chain's history can be rewritten, and a node forgets it at a start: this node has it now, which does not "
    "say since when";

struct Wanted {
    std::uint64_t number{};
    Digest digest{};
    std::string signature;  // what is known of it
};

// The checkpoint's own text says its number, and its hash is what was published.
Wanted wanted_of(const AnchorOptions& options, const DataFolder& folder) {
    if (options.checkpoint.empty()) {
        const auto signed_one = proof::Published(folder.published()).checkpoint(options.number);
        if (!signed_one) throw std::runtime_error(signed_one.error().text());
        return {.number = options.number, .digest = signed_one->hash, .signature = "by the key of this folder"};
    }
    const auto file = proof::read_whole(options.checkpoint, 1 << 20);
    if (!file) throw std::runtime_error(file.error().text());
    const auto note = proof::parse_note(*file);
    if (!note) throw std::runtime_error(note.error().text());
    const auto checkpoint = proof::parse_checkpoint(note->text);
    if (!checkpoint) throw std::runtime_error(checkpoint.error().text());
    if (options.number != 0 && checkpoint->number != options.number)
        throw std::runtime_error(options.checkpoint + " is checkpoint " + std::to_string(checkpoint->number));
    return {.number = checkpoint->number,
            .digest = Sha256::of(std::as_bytes(std::span{note->text})),
            .signature = "not looked at"};
}

class Verifying {
  public:
    Verifying(const AnchorOptions& options, const Config& config, Wanted wanted)
        : options_(options), config_(config), wanted_(std::move(wanted)) {
        std::string url = options.url;
        std::string genesis = options.genesis;
        if (url.empty()) {
            url = config.anchor.decoin.url;
            genesis = config.anchor.decoin.genesis;
        }
        if (!url.empty())
            node_ = std::make_unique<chain::DecoinNode>(
                chain::DecoinNodeOptions{.url = url, .genesis = genesis, .limits = {}});
    }

    void anchor(const Anchor& anchor) {
        Json line{{"place", std::string{chain::to_string(anchor.place)}}, {"attempt", anchor.attempt}};
        if (anchor.digest != wanted_.digest) return tell(line, false, "was made for another digest");
        // What was found in a contract was never sent by this queue.
        if (anchor.body.empty() && anchor.place != AnchorPlace::evm) return tell(line, false, "not sent yet");
        switch (anchor.place) {
            case AnchorPlace::decoin: return decoin(line, anchor);
            case AnchorPlace::digest_file: return digest_file(line, anchor);
            case AnchorPlace::evm: return evm(line);
        }
    }

    // Of which only the hash is known: what the node says stands there is believed.
    void transaction(const std::string& hash) {
        Json line{{"place", "decoin"}, {"transaction", hash}};
        Digest wanted{};
        if (!from_hex(hash, wanted)) throw std::runtime_error("a transaction is named by 64 hexadecimal digits");
        if (node_ == nullptr) throw std::runtime_error("which node? --url, or --config of the venue");
        const auto found = node_->transaction(wanted);
        if (!found) return tell(line, false, std::string{to_string(found.error().kind)} + ": " + found.error().seen);
        if (!says_anchor(*found, wanted_.number, wanted_.digest))
            return tell(line, false, "the transaction says something else");
        if (!found->height) return tell(line, false, "waits for a block");
        line["height"] = *found->height;
        tell(line, true, std::string{"as the node tells it; "} + kRewritten);
    }

    int finish() {
        const std::string result = found_ ? "the checkpoint's digest was published" : "no place has it";
        if (options_.tool.json)
            std::printf("%s\n", Json{{"checkpoint", wanted_.number},
                                     {"digest", to_hex(wanted_.digest)},
                                     {"signature", wanted_.signature},
                                     {"places", places_},
                                     {"holds", found_}}
                                    .dump()
                                    .c_str());
        else
            std::printf("checkpoint %llu\ndigest %s\nsignature %s\n%s%s\n",
                        static_cast<unsigned long long>(wanted_.number), to_hex(wanted_.digest).c_str(),
                        wanted_.signature.c_str(), text_.c_str(), result.c_str());
        return found_ ? kDone : kFailed;
    }

  private:
    void tell(Json line, bool there, const std::string& what) {
        found_ = found_ || there;
        line["there"] = there;
        line["says"] = what;
        std::string height;
        if (line.contains("height")) height = " in block " + line["height"].dump();
        text_ +=
            line["place"].get<std::string>() + ": " + (there ? "there" : "not there") + height + " (" + what + ")\n";
        places_.push_back(std::move(line));
    }

    void decoin(Json line, const Anchor& anchor) {
        line["transaction"] = to_hex(anchor.tx_hash);
        // The hash covers what it says: that needs no node.
        const auto body = chain::parse_post_body(anchor.body);
        if (!body || transaction_hash(body->transaction) != anchor.tx_hash ||
            body->transaction.metadata != chain::anchor_metadata(wanted_.number, wanted_.digest))
            return tell(line, false, "what was sent says something else");
        if (node_ == nullptr) return tell(line, false, "no node to ask: --url, or --config of the venue");
        const auto found = node_->transaction(anchor.tx_hash);
        if (!found) return tell(line, false, std::string{to_string(found.error().kind)} + ": " + found.error().seen);
        if (!found->height) return tell(line, false, "waits for a block");
        line["height"] = *found->height;
        tell(line, true, std::string{"its hash covers the digest; "} + kRewritten);
    }

    void digest_file(Json line, const Anchor& anchor) {
        if (config_.anchor.digest_file.empty()) return tell(line, false, "no file to look at: --config of the venue");
        chain::DigestFile file(config_.anchor.digest_file, clock_);
        const auto found = file.look(anchor);
        if (!found) return tell(line, false, found.error().text());
        const bool there = found->state == chain::AnchorSighting::State::there;
        tell(line, there,
             there ? "a line of " + config_.anchor.digest_file + ": worth what its time stamps are"
                   : "no line of " + config_.anchor.digest_file);
    }

    // The contract keeps one digest for each number, so it needs no transaction.
    void evm(Json line) {
        const Config::Anchor::Evm& config = config_.anchor.evm;
        const auto contract = chain::parse_evm_address(config.contract);
        if (config.url.empty() || !contract) return tell(line, false, "no node to ask: --config of the venue");
        chain::EvmAnchor place(
            {.url = config.url, .contract = *contract, .chain_id = static_cast<std::uint64_t>(config.chain_id)},
            nullptr);
        const auto digest = place.digest_of(wanted_.number);
        if (!digest) return tell(line, false, digest.error().text());
        line["contract"] = config.contract;
        if (*digest == Digest{}) return tell(line, false, "the contract has nothing under this number");
        if (*digest != wanted_.digest) return tell(line, false, "the contract has another digest under this number");
        tell(line, true, "in the contract " + config.contract + ", as this node tells it");
    }

    const AnchorOptions& options_;
    const Config& config_;
    Wanted wanted_;
    platform::SystemClock clock_;
    std::unique_ptr<chain::Node> node_;
    Json places_ = Json::array();
    std::string text_;
    bool found_ = false;
};

}  // namespace

int anchor_verify(const AnchorOptions& options) {
    const DataFolder folder(options.tool.data);
    Config config = Config::defaults();
    if (!options.config.empty()) {
        auto read = read_config(options.config);
        if (!read) throw StartRefused(ExitCode::config_refused, read.error().text);
        config = std::move(*read);
    }
    const Wanted wanted = wanted_of(options, folder);
    Verifying verifying(options, config, wanted);
    if (!options.transaction.empty()) {
        verifying.transaction(options.transaction);
        return verifying.finish();
    }
    chain::AnchorStore store(folder.anchors(), chain::AnchorStore::Access::read);
    for (const Anchor& anchor : store.of_checkpoint(wanted.number)) verifying.anchor(anchor);
    return verifying.finish();
}

}  // namespace dcx::app
