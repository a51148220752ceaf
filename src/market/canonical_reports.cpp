#include "market/canonical_reports.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "base/sha256.h"

namespace dcx::market {

namespace {

template <class Number>
void append(std::string& text, Number value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text.append(digits.data(), end);
}
template <class Number, class... Numbers>
void append(std::string& text, Number first, Numbers... others) {
    append(text, first);
    text += ',';
    append(text, others...);
}

}  // namespace

void CanonicalReports::sort() {
    const auto before = [](const Report& x, const Report& y) {
        return x.seq != y.seq ? x.seq < y.seq : x.kind < y.kind;
    };
    if (!std::is_sorted(reports_.begin(), reports_.end(), before))
        std::stable_sort(reports_.begin(), reports_.end(), before);
}

void CanonicalReports::append_line(std::string& text, const Report& r) {
    const int kind = static_cast<int>(r.kind);
    const int side = r.side == Side::sell;
    switch (r.kind) {
        case Kind::acknowledged:
        case Kind::modified: return append(text, kind, r.seq, side, r.a, r.price, r.quantity);
        case Kind::traded: return append(text, kind, r.seq, r.price, r.quantity, r.a, r.b);
        case Kind::canceled: return append(text, kind, r.seq, side, r.a, r.price);
        case Kind::cancel_rejected:
        case Kind::modify_rejected: return append(text, kind, r.seq, r.a);
    }
}

std::string CanonicalReports::text() {
    sort();
    std::string result;
    for (const Report& report : reports_) {
        if (!result.empty()) result += '\n';
        append_line(result, report);
    }
    return result;
}

std::string CanonicalReports::hash() {
    sort();
    Sha256 sha;
    std::string piece;
    bool first = true;
    for (const Report& report : reports_) {
        if (!first) piece += '\n';
        first = false;
        append_line(piece, report);
        if (piece.size() < 1 << 16) continue;
        sha.update(std::as_bytes(std::span{piece}));
        piece.clear();
    }
    sha.update(std::as_bytes(std::span{piece}));
    return to_hex(sha.finish());
}

}  // namespace dcx::market
