#include "proof/liability_file.h"

#include <algorithm>

#include "proof/base64.h"
#include "proof/json_fields.h"
#include "proof/text_lines.h"

namespace dcx::proof {
namespace {

constexpr std::uint64_t kVersion = 1;

std::unexpected<ProofError> wrong(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

// As text: a number of this size would lose digits in other people's JSON.
bool take_amount(JsonFields& fields, const char* name, Amount& amount) {
    return plain_number(fields.text(name), amount.value);
}
bool take_number(JsonFields& fields, const char* name, std::uint32_t& number) {
    const std::uint64_t wide = fields.number(name);
    number = static_cast<std::uint32_t>(wide);
    return number == wide;
}

bool parse_siblings(const ProofJson& list, std::vector<SumNode>& siblings) {
    if (!list.is_array() || list.size() > kMaxSumTreeDepth) return false;
    bool right = true;
    for (const ProofJson& element : list) {
        JsonFields fields(element);
        SumNode& node = siblings.emplace_back();
        node.hash = fields.base64("hash");
        right &= take_amount(fields, "sum", node.sum);
        right &= fields.ended();
    }
    return right;
}

ProofJson json_of(const LiabilityFile& file) {
    const LiabilityProof& proof = file.proof;
    ProofJson json{{"dcx", "liability"}, {"version", kVersion}};
    json["venue"] = to_hex(proof.tree.venue_id);
    json["checkpoint_number"] = proof.tree.checkpoint;
    json["asset"] = proof.tree.asset.value;
    json["account"] = proof.account.value;
    json["amount"] = std::to_string(proof.amount.value);
    json["key"] = to_hex(proof.key);
    json["place"] = proof.place;
    json["siblings"] = ProofJson::array();
    for (const SumNode& node : proof.siblings)
        json["siblings"].push_back({{"hash", to_base64(node.hash)}, {"sum", std::to_string(node.sum.value)}});
    json["checkpoint"] = note_text(file.checkpoint);
    return json;
}

std::expected<LiabilityFile, ProofError> file_of(const ProofJson& json) {
    JsonFields fields(json);
    LiabilityFile file;
    LiabilityProof& proof = file.proof;
    fields.expect("dcx", "liability");
    bool right = fields.number("version") == kVersion;
    fields.hex("venue", proof.tree.venue_id);
    proof.tree.checkpoint = fields.number("checkpoint_number");
    right &= take_number(fields, "asset", proof.tree.asset.value);
    right &= take_number(fields, "account", proof.account.value);
    right &= take_amount(fields, "amount", proof.amount);
    fields.hex("key", proof.key);
    right &= take_number(fields, "place", proof.place);
    right &= parse_siblings(fields.field("siblings"), proof.siblings);
    auto note = parse_note(fields.text("checkpoint"));
    if (!right || !fields.ended() || !note) return wrong(ProofErrorKind::malformed, "no proof of a liability");
    file.checkpoint = std::move(*note);
    return file;
}

}  // namespace

std::string liability_json(const LiabilityFile& file) { return json_of(file).dump(1) + '\n'; }

std::expected<LiabilityFile, ProofError> parse_liability_file(std::string_view text) {
    return file_of(parse_proof_json(text));
}

std::string liabilities_json(std::span<const LiabilityFile> files) {
    if (files.size() == 1) return liability_json(files.front());
    ProofJson list = ProofJson::array();
    for (const LiabilityFile& file : files) list.push_back(json_of(file));
    return list.dump(1) + '\n';
}

std::expected<std::vector<LiabilityFile>, ProofError> parse_liability_files(std::string_view text) {
    const ProofJson json = parse_proof_json(text);
    std::vector<LiabilityFile> files;
    const auto add = [&](const ProofJson& element) -> std::expected<void, ProofError> {
        auto file = file_of(element);
        if (!file) return std::unexpected(file.error());
        files.push_back(std::move(*file));
        return {};
    };
    if (json.is_array() && !json.empty()) {
        for (const ProofJson& element : json)
            if (const auto added = add(element); !added) return std::unexpected(added.error());
    } else if (const auto added = add(json); !added) {
        return std::unexpected(added.error());
    }
    return files;
}

std::expected<CheckedLiability, ProofError> check_liability_file(const LiabilityFile& file, const OwnerSays& owner,
                                                                 const CheckNote& check) {
    auto checkpoint = parse_checkpoint(file.checkpoint.text);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    if (auto right = check(file.checkpoint, checkpoint->number); !right) return std::unexpected(right.error());
    const LiabilityProof& proof = file.proof;
    const auto line = std::find_if(checkpoint->liabilities.begin(), checkpoint->liabilities.end(),
                                   [&](const LiabilitiesLine& l) { return l.asset == proof.tree.asset; });
    if (line == checkpoint->liabilities.end())
        return wrong(ProofErrorKind::other_asset,
                     "the checkpoint has no asset " + std::to_string(proof.tree.asset.value));
    // All levels of a tree stand in its hashes: a root has paths of one length alone (liabilities.h).
    const auto depth = static_cast<unsigned>(std::min<std::size_t>(proof.siblings.size(), kMaxSumTreeDepth));
    const auto right = check_liability(
        proof, {.venue_id = checkpoint->venue_id, .checkpoint = checkpoint->number, .asset = line->asset},
        owner.account.value_or(proof.account), depth, {.hash = line->root, .sum = line->sum});
    if (!right) return std::unexpected(right.error());
    if (owner.amount && *owner.amount != proof.amount)
        return wrong(ProofErrorKind::wrong_amount, "the proof is of " + std::to_string(proof.amount.value));
    LiabilitiesLine signed_line = *line;
    return CheckedLiability{.checkpoint = std::move(*checkpoint), .line = signed_line};
}

}  // namespace dcx::proof
