// dcx proof inclusion, consistency, receipt, liability: the files that dcx verify checks.
#include <charconv>
#include <cstdio>
#include <stdexcept>

#include "app/data_folder.h"
#include "app/logged_command.h"
#include "app/proof_commands.h"
#include "app/proof_keys.h"
#include "client/key_file.h"
#include "proof/proof_maker.h"

namespace dcx::app {
namespace {

template <class T>
T value(std::expected<T, proof::ProofError> result) {
    if (!result) throw std::runtime_error(result.error().text());
    return std::move(*result);
}

proof::ProofMaker maker(const DataFolder& folder) { return {folder.proofs(), folder.published()}; }

int print(const std::string& json) {
    std::fputs(json.c_str(), stdout);
    return kDone;
}

std::uint64_t checkpoint_of(const ProofOptions& options, const proof::ProofMaker& maker) {
    return options.checkpoint ? *options.checkpoint
                              : value(maker.first_with(Sequence{options.sequence})).checkpoint.number;
}

std::optional<std::uint32_t> number_of(const std::string& text) {
    std::uint32_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

AccountId account_of(const DataFolder& folder, const std::string& text) {
    if (const auto number = number_of(text)) return AccountId{*number};
    const auto key = client::read_key_file(folder.key(text));
    if (!key) throw std::runtime_error(key.error());
    return key->account;
}

}  // namespace

int proof_inclusion(const ProofOptions& options) {
    const proof::ProofMaker proofs = maker(DataFolder(options.tool.data));
    return print(proof::inclusion_json(
        value(proofs.inclusion(Sequence{options.sequence}, options.event, checkpoint_of(options, proofs)))));
}

int proof_consistency(const ProofOptions& options) {
    return print(
        proof::consistency_json(value(maker(DataFolder(options.tool.data)).consistency(options.from, options.to))));
}

int proof_receipt(const ProofOptions& options) {
    using proof::ProofMaker;
    const DataFolder folder(options.tool.data);
    const FoundCommand found = find_command(folder, options.archive, Sequence{options.sequence});
    const auto file = value(maker(folder).receipt(
        {.command = found.command, .events = found.events, .batch = found.batch, .epoch = found.epoch},
        proof_keys_of(options, folder),
        {.opened = options.all ? ProofMaker::Opened::all : ProofMaker::Opened::session,
         .session = SessionId{options.session},
         .checkpoint = options.checkpoint}));
    return print(proof::receipt_json(file));
}

int proof_liability(const ProofOptions& options) {
    const DataFolder folder(options.tool.data);
    const proof::ProofMaker proofs = maker(folder);
    const proof::ProofKeys keys = proof_keys_of(options, folder);
    const AccountId account = account_of(folder, options.account);
    const proof::Checkpoint checkpoint = value(proofs.published().checkpoint(*options.checkpoint)).checkpoint;
    std::vector<proof::LiabilityFile> found;
    for (const proof::LiabilitiesLine& line : checkpoint.liabilities) {
        const bool asked = options.asset == line.symbol.view() || options.asset == std::to_string(line.asset.value);
        if (!options.asset.empty() && !asked) continue;
        auto file = value(proofs.liability(account, line.asset, checkpoint.number, keys));
        if (options.asset.empty() && file.proof.amount.value == 0) continue;
        found.push_back(std::move(file));
    }
    if (found.empty())
        throw std::runtime_error(options.asset.empty()
                                     ? "it had nothing then; --asset names the asset of which to prove that"
                                     : "the checkpoint has no asset " + options.asset);
    return print(proof::liabilities_json(found));
}

}  // namespace dcx::app
