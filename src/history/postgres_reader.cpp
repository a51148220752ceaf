#include "history/postgres_reader.h"

#include <array>
#include <bit>
#include <cstring>

#include "history/copy_encoder.h"
#include "history/postgres_numeric.h"
#include "history/postgres_schema.h"
#include "history/postgres_store.h"

namespace dcx::history {

namespace {

// Types by their numbers in every PostgreSQL.
enum : Oid {
    kBytea = 17,
    kInt8 = 20,
    kInt2 = 21,
    kInt4 = 23,
    kText = 25,
    kVarchar = 1043,
    kDate = 1082,
    kNumeric = 1700,
    kUuid = 2950,
};

template <class Number>
Number read_big(const char* from) {
    std::array<char, sizeof(Number)> bytes;
    for (std::size_t i = 0; i < sizeof(Number); ++i) bytes[i] = from[sizeof(Number) - 1 - i];
    return std::bit_cast<Number>(bytes);
}

class PostgresCells : public Cells {
  public:
    explicit PostgresCells(const PGresult* result) : result_(result) {}

    std::int64_t integer(std::size_t place) override {
        const std::string_view raw = cell(place);
        switch (type(place)) {
            case kInt2: return read_big<std::int16_t>(sized(place, raw, 2));
            case kInt4: return read_big<std::int32_t>(sized(place, raw, 4));
            case kInt8: return read_big<std::int64_t>(sized(place, raw, 8));
            case kDate: return std::int64_t{read_big<std::int32_t>(sized(place, raw, 4))} + kPostgresEpochDay;
            // A sum of integers.
            case kNumeric: return steps(place, 1, 0);
            default: refuse(place, "is no integer");
        }
    }
    std::int64_t steps(std::size_t place, std::int64_t mantissa, std::uint8_t scale) override {
        if (type(place) != kNumeric) refuse(place, "is no numeric");
        const std::optional<std::int64_t> read = read_numeric(cell(place), mantissa, scale);
        if (!read) refuse(place, "is no whole number of its market's or asset's steps");
        return *read;
    }
    std::string_view bytes(std::size_t place) override {
        const Oid of = type(place);
        if (of != kText && of != kBytea && of != kUuid && of != kVarchar) refuse(place, "is neither text nor bytes");
        return cell(place);
    }

  private:
    [[nodiscard]] Oid type(std::size_t place) const { return PQftype(result_, static_cast<int>(place)); }
    [[nodiscard]] std::string_view cell(std::size_t place) const {
        const int column = static_cast<int>(place);
        if (column >= PQnfields(result_)) refuse(place, "was not asked for");
        if (PQgetisnull(result_, 0, column) != 0) refuse(place, "is NULL");
        return {PQgetvalue(result_, 0, column), static_cast<std::size_t>(PQgetlength(result_, 0, column))};
    }
    const char* sized(std::size_t place, std::string_view raw, std::size_t size) const {
        if (raw.size() != size) refuse(place, "has another length than its type");
        return raw.data();
    }
    [[noreturn]] void refuse(std::size_t place, const std::string& what) const {
        const char* const name = PQfname(result_, static_cast<int>(place));
        throw HistoryError(
            ErrorCode::damaged,
            "a value of the column " + (name == nullptr ? std::to_string(place) : std::string(name)) + " " + what);
    }

    const PGresult* result_;
};

// What must be sorted before its first row comes may take long.
constexpr std::int64_t kSilenceNs = 120'000'000'000;

// The reader that has a connection of its own. It connects again by itself, outside of snapshots.
class OwnReader final : public PostgresReader {
  public:
    explicit OwnReader(const StoreOptions& options)
        : PostgresReader(connection_), connection_(options.url, options.stop, {.silence_ns = kSilenceNs}) {
        prepare_connection();
    }

  private:
    void prepare_connection() override {
        if (connection_.connected()) return;
        connection_.connect();
        set_up_reader(connection_);
    }

    PostgresConnection connection_;
};

}  // namespace

void PostgresReader::select(std::string_view sql, std::span<const Parameter> parameters,
                            const std::function<void(Cells&)>& row) {
    if (!in_snapshot_) prepare_connection();
    PostgresParameters bound;
    std::vector<std::array<char, 16>> values(parameters.size());
    const auto put = [&](char* to, auto number) {
        for (std::size_t i = 0; i < sizeof(number); ++i)
            to[i] = static_cast<char>(number >> (8 * (sizeof(number) - 1 - i)));
    };
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        char* const to = values[i].data();
        if (const auto* number = std::get_if<std::int64_t>(&parameters[i])) {
            bound.types.push_back(kInt8);
            put(to, static_cast<std::uint64_t>(*number));
            bound.add(to, 8);
        } else if (const auto* day = std::get_if<Day>(&parameters[i])) {
            bound.types.push_back(kDate);
            put(to, static_cast<std::uint32_t>(day->value - kPostgresEpochDay));
            bound.add(to, 4);
        } else {
            const TransferId id = std::get<TransferId>(parameters[i]);
            bound.types.push_back(kUuid);
            put(to, id.high);
            put(to + 8, id.low);
            bound.add(to, 16);
        }
    }
    connection_.stream(std::string(sql), bound, [&](const PGresult* result) {
        PostgresCells cells(result);
        row(cells);
    });
}

void PostgresReader::begin_snapshot() {
    prepare_connection();
    connection_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    in_snapshot_ = true;
}

void PostgresReader::end_snapshot() {
    in_snapshot_ = false;
    // One whose connection was lost has ended already.
    if (!connection_.connected()) return;
    try {
        connection_.run("COMMIT");
    } catch (const HistoryError&) {
        // All that was asked has been read; the next question connects again, or says why it can't.
    }
}

std::unique_ptr<StoreReader> open_postgres_reader(const StoreOptions& options) {
    return std::make_unique<OwnReader>(options);
}

}  // namespace dcx::history
