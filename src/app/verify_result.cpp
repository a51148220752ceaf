#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "app/commands.h"
#include "app/verify_commands.h"
#include "proof/published.h"
#include "proof/whole_file.h"

namespace dcx::app {
namespace {

constexpr std::size_t kMaxProofFile = std::size_t{16} << 20;
constexpr std::size_t kMaxKeyFile = std::size_t{1} << 20;

}  // namespace

std::string proof_text(const std::string& path) {
    auto text = proof::read_whole(path, kMaxProofFile);
    if (!text) throw std::runtime_error(text.error().text());
    return std::move(*text);
}

proof::CheckNote check_by_keys(const std::string& key_file) {
    const auto text = proof::read_whole(key_file, kMaxKeyFile);
    if (!text) throw std::runtime_error(text.error().text());
    auto keys = proof::parse_key_list(*text);
    if (!keys) throw std::runtime_error(key_file + ": " + keys.error().text());
    return [keys = std::move(*keys)](const proof::SignedNote& note,
                                     std::uint64_t checkpoint) -> std::expected<void, proof::ProofError> {
        if (checkpoint != 0) return proof::check_signature(note, proof::key_for(keys, checkpoint).key);
        // A receipt is as good by the key that the venue had when it was made.
        std::expected<void, proof::ProofError> last;
        for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
            last = proof::check_signature(note, key->key);
            if (last) return last;
        }
        return last;
    };
}

proof::CheckNote note_check(const VerifyOptions& o) {
    if (!o.key.empty()) return check_by_keys(o.key);
    return [](const proof::SignedNote&, std::uint64_t) -> std::expected<void, proof::ProofError> { return {}; };
}

void refuse_without_key(const VerifyOptions& o, VerifyResult& result) {
    if (o.key.empty())
        result.refuse({proof::ProofErrorKind::unknown_key,
                       "no signature was checked: give the venue's key.txt, which you have from another place than "
                       "this file, with --key"});
}

void VerifyResult::tell(const std::string& name, const std::string& text) { lines_.push_back({name, text, false}); }
void VerifyResult::tell(const std::string& name, std::uint64_t number) {
    lines_.push_back({name, std::to_string(number), true});
}
void VerifyResult::refuse(const proof::ProofError& error) {
    if (!error_) error_ = error;
}

int VerifyResult::finish(const std::string& right) {
    if (options_.json) {
        nlohmann::ordered_json json{{"holds", !error_.has_value()}};
        for (const Line& line : lines_) {
            if (line.number)
                json[line.name] = std::stoull(line.text);
            else
                json[line.name] = line.text;
        }
        if (error_)
            json["error"] = {{"number", static_cast<unsigned>(error_->kind)},
                             {"kind", proof::to_string(error_->kind)},
                             {"seen", error_->seen}};
        std::printf("%s\n", json.dump().c_str());
    } else {
        for (const Line& line : lines_) std::printf("%-12s %s\n", line.name.c_str(), line.text.c_str());
        if (error_)
            std::fprintf(stderr, "dcx: %s: %s\n", options_.path.c_str(), error_->text().c_str());
        else
            std::printf("%s\n", right.c_str());
    }
    return error_ ? kFailed : kDone;
}

}  // namespace dcx::app
