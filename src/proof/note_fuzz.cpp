// Any text is refused, or a note (checkpoint, receipt, verifier key) that is written back as exactly this text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proof/receipt.h"

namespace {

void need(bool right) {
    if (!right) std::abort();
}

void check(std::string_view text) {
    using namespace dcx::proof;
    if (const auto note = parse_note(text)) {
        need(note_text(*note) == text);
        static const VerifierKey key = verifier_key("x", {});
        (void)check_signature(*note, key);
    }
    if (const auto checkpoint = parse_checkpoint(text)) need(checkpoint_text(*checkpoint) == text);
    if (const auto receipt = parse_receipt(text)) need(receipt_text(*receipt) == text);
    if (const auto key = parse_verifier(text)) {
        if (text.ends_with('\n')) text.remove_suffix(1);
        need(verifier_text(*key) == text);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(text);
    // What stands in a note.
    if (const auto note = dcx::proof::parse_note(text)) check(note->text);
    return 0;
}
