// Any text is refused, or a proof file that is written back to one with the same answer.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proof/liability_file.h"
#include "proof/proof_file.h"

namespace {

using namespace dcx::proof;

// As if everybody had signed everything: what comes behind the signatures must stand any text too.
std::expected<void, ProofError> anybody(const SignedNote&, std::uint64_t) { return {}; }

template <class Parse, class Write, class Check>
void try_one(std::string_view text, Parse parse, Write write, Check check) {
    const auto file = parse(text);
    if (!file) return;
    const bool right = check(*file, anybody).has_value();
    const auto again = parse(write(*file));
    if (!again || check(*again, anybody).has_value() != right || write(*again) != write(*file)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try_one(text, parse_inclusion_file, inclusion_json, check_inclusion_file);
    try_one(text, parse_consistency_file, consistency_json, check_consistency_file);
    try_one(text, parse_receipt_file, receipt_json, check_receipt);
    try_one(text, parse_liability_file, liability_json,
            [](const LiabilityFile& file, const CheckNote& check) { return check_liability_file(file, {}, check); });
    return 0;
}
