#include "market/workload.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "model/layout.h"

namespace dcx::market {

namespace {

constexpr std::uint64_t kMagic = 0x4D45'4257'5F30'3031;
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kMaxRecords = std::size_t{1} << 27;
// The public files are packed with a long window (zstd --long=27).
constexpr int kWindowLog = 27;

struct FileHeader {
    std::uint64_t magic{};
    std::uint32_t version{};
    std::uint32_t count{};
};
struct FileRecord {
    std::uint8_t type{};
    std::uint8_t side{};
    std::uint8_t ioc{};
    std::uint8_t pad{};
    std::uint32_t quantity{};
    std::uint64_t sequence{};
    std::uint64_t order_id{};
    std::int64_t price{};
    std::int64_t reserved{};
};
static_assert(FixedLayout<FileHeader> && sizeof(FileHeader) == 16);
static_assert(FixedLayout<FileRecord> && sizeof(FileRecord) == 40);

constexpr std::size_t kMaxFileSize = sizeof(FileHeader) + kMaxRecords * sizeof(FileRecord);

// What is wrong with a record, or nothing.
const char* fault_of(const FileRecord& r, std::size_t index) {
    if (r.type > 2) return "type is not 0, 1 or 2";
    if (r.side > 1) return "side is not 0 or 1";
    if (r.ioc > 1) return "ioc is not 0 or 1";
    if (r.pad != 0 || r.reserved != 0) return "reserved bytes are not zero";
    if (r.sequence != index) return "sequence is not the record's index";
    if (r.order_id == 0) return "order_id is 0";
    if (r.type == 1) return nullptr;
    if (r.quantity == 0) return "quantity is 0";
    if (r.price < 1 || r.price > kMaxPrice) return "price is not in 1 .. 2^62";
    return nullptr;
}

std::expected<std::string, std::string> unpack(const std::string& packed) {
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
    if (!context || ZSTD_isError(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLog)))
        return std::unexpected("zstd cannot be started");
    std::string result;
    std::vector<char> chunk(ZSTD_DStreamOutSize());
    ZSTD_inBuffer in{.src = packed.data(), .size = packed.size(), .pos = 0};
    std::size_t left = 1;
    while (in.pos < in.size) {
        ZSTD_outBuffer out{.dst = chunk.data(), .size = chunk.size(), .pos = 0};
        left = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(left)) return std::unexpected(std::string("zstd: ") + ZSTD_getErrorName(left));
        result.append(chunk.data(), out.pos);
        if (result.size() > kMaxFileSize) return std::unexpected("unpacks to more than a workload may hold");
    }
    // What was left in the decoder when the input ended.
    for (bool full = left != 0; full;) {
        ZSTD_outBuffer out{.dst = chunk.data(), .size = chunk.size(), .pos = 0};
        left = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(left)) return std::unexpected(std::string("zstd: ") + ZSTD_getErrorName(left));
        result.append(chunk.data(), out.pos);
        full = left != 0 && out.pos == out.size;
    }
    if (left != 0) return std::unexpected("the zstd stream ends too early");
    return result;
}

}  // namespace

std::expected<std::vector<WorkloadMessage>, std::string> parse_workload(std::string_view bytes) {
    FileHeader header;
    if (bytes.size() < sizeof(header)) return std::unexpected("shorter than its header of 16 bytes");
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.magic != kMagic) return std::unexpected("not a workload: wrong magic number");
    if (header.version != kVersion)
        return std::unexpected("version " + std::to_string(header.version) + " of the format, only 1 is known");
    if (header.count > kMaxRecords) return std::unexpected("more than 2^27 records");
    if (bytes.size() != sizeof(header) + header.count * sizeof(FileRecord))
        return std::unexpected("has " + std::to_string(bytes.size()) + " bytes, but its " +
                               std::to_string(header.count) + " records need " +
                               std::to_string(sizeof(header) + header.count * sizeof(FileRecord)));
    std::vector<WorkloadMessage> messages(header.count);
    for (std::size_t i = 0; i < messages.size(); ++i) {
        FileRecord r;
        std::memcpy(&r, bytes.data() + sizeof(header) + i * sizeof(r), sizeof(r));
        if (const char* fault = fault_of(r, i)) return std::unexpected("record " + std::to_string(i) + ": " + fault);
        messages[i] = {.order_id = r.order_id,
                       .price = r.price,
                       .quantity = r.quantity,
                       .type = static_cast<MessageType>(r.type),
                       .side = r.side == 0 ? Side::buy : Side::sell,
                       .ioc = r.ioc == 1};
    }
    return messages;
}

std::expected<std::vector<WorkloadMessage>, std::string> read_workload(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::unexpected(path + ": cannot be opened");
    std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad()) return std::unexpected(path + ": cannot be read");
    constexpr std::string_view packed_magic = "\x28\xB5\x2F\xFD";
    if (bytes.starts_with(packed_magic)) {
        auto unpacked = unpack(bytes);
        if (!unpacked) return std::unexpected(path + ": " + unpacked.error());
        bytes = std::move(*unpacked);
    }
    auto messages = parse_workload(bytes);
    if (!messages) return std::unexpected(path + ": " + messages.error());
    return messages;
}

std::string workload_bytes(const std::vector<WorkloadMessage>& messages) {
    const FileHeader header{.magic = kMagic, .version = kVersion, .count = static_cast<std::uint32_t>(messages.size())};
    std::string bytes(sizeof(header) + messages.size() * sizeof(FileRecord), '\0');
    std::memcpy(bytes.data(), &header, sizeof(header));
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const WorkloadMessage& m = messages[i];
        const FileRecord r{.type = static_cast<std::uint8_t>(m.type),
                           .side = m.side == Side::sell,
                           .ioc = m.ioc,
                           .quantity = m.quantity,
                           .sequence = i,
                           .order_id = m.order_id,
                           .price = m.price};
        std::memcpy(bytes.data() + sizeof(header) + i * sizeof(r), &r, sizeof(r));
    }
    return bytes;
}

}  // namespace dcx::market
