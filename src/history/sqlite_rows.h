// How a row type lies in memory, column by column, so that one loop binds any of them; and the statements that are made
// of its columns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "history/rows.h"
#include "history/sqlite_connection.h"

namespace dcx::history {

struct SqliteColumn {
    enum class Kind : std::uint8_t {
        unsigned_8,
        signed_32,
        unsigned_16,
        unsigned_32,
        bits_64,
        uuid,
        bytes,
        padded,
        text
    };
    std::string_view name;
    Kind kind{};
    std::uint32_t offset{};  // in the row
    std::uint32_t size{};    // of bytes and padded texts
};

// A visitor of a row that notes where its columns are.
class SqliteLayout {
  public:
    explicit SqliteLayout(const void* row) : row_(static_cast<const std::byte*>(row)) {}
    std::vector<SqliteColumn> columns;

    void small(std::string_view name, const auto& value) { add(name, value); }
    void integer(std::string_view name, const auto& value) { add(name, value); }
    void number(std::string_view name, const auto& value) { add(name, value); }
    void day(std::string_view name, const Day& value) { add(name, value); }
    void time(std::string_view name, const Time& value) { add(name, value); }
    void price(std::string_view name, const Price& value, InstrumentId) { add(name, value); }
    void quantity(std::string_view name, const Quantity& value, InstrumentId) { add(name, value); }
    void amount(std::string_view name, const Amount& value, AssetId) { add(name, value); }
    void uuid(std::string_view name, const TransferId& id) { note(name, SqliteColumn::Kind::uuid, &id, 16); }
    template <std::size_t N>
    void bytes(std::string_view name, const std::array<std::byte, N>& value) {
        note(name, SqliteColumn::Kind::bytes, &value, N);
    }
    template <std::size_t N>
    void text(std::string_view name, const FixedString<N>& value) {
        note(name, SqliteColumn::Kind::padded, &value, N);
    }
    void text(std::string_view name, const std::string& value) { note(name, SqliteColumn::Kind::text, &value, 0); }

  private:
    template <class T>
    void add(std::string_view name, const T& value) {
        if constexpr (requires { typename T::rep; }) {
            add(name, value.value);
        } else if constexpr (std::is_enum_v<T>) {
            add(name, reinterpret_cast<const std::underlying_type_t<T>&>(value));
        } else if constexpr (sizeof(T) == 8) {
            note(name, SqliteColumn::Kind::bits_64, &value, 8);
        } else if constexpr (sizeof(T) == 4) {
            note(name, std::is_signed_v<T> ? SqliteColumn::Kind::signed_32 : SqliteColumn::Kind::unsigned_32, &value,
                 4);
        } else if constexpr (sizeof(T) == 2) {
            static_assert(std::is_unsigned_v<T>);
            note(name, SqliteColumn::Kind::unsigned_16, &value, 2);
        } else {
            static_assert(sizeof(T) == 1 && std::is_unsigned_v<T>);
            note(name, SqliteColumn::Kind::unsigned_8, &value, 1);
        }
    }
    void note(std::string_view name, SqliteColumn::Kind kind, const void* value, std::size_t size) {
        const std::ptrdiff_t offset = static_cast<const std::byte*>(value) - row_;
        columns.push_back({name, kind, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size)});
    }

    const std::byte* row_;
};

template <class Row>
[[nodiscard]] const std::vector<SqliteColumn>& sqlite_columns() {
    static const std::vector<SqliteColumn> kColumns = [] {
        const Row row{};
        SqliteLayout layout(&row);
        Row::columns(row, layout);
        return layout.columns;
    }();
    return kColumns;
}

template <class T>
[[nodiscard]] T sqlite_load(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

// Calls integer(number), blob(pointer, size) or text(view) of `to` with the column's value.
template <class To>
void sqlite_value(const SqliteColumn& column, const void* row, To&& to) {
    const std::byte* at = static_cast<const std::byte*>(row) + column.offset;
    switch (column.kind) {
        case SqliteColumn::Kind::unsigned_8: return to.integer(static_cast<std::int64_t>(*at));
        case SqliteColumn::Kind::unsigned_16: return to.integer(sqlite_load<std::uint16_t>(at));
        case SqliteColumn::Kind::signed_32: return to.integer(sqlite_load<std::int32_t>(at));
        case SqliteColumn::Kind::unsigned_32: return to.integer(sqlite_load<std::uint32_t>(at));
        case SqliteColumn::Kind::bits_64: return to.integer(sqlite_load<std::int64_t>(at));
        case SqliteColumn::Kind::uuid: {
            const auto id = sqlite_load<TransferId>(at);
            const std::array<std::uint64_t, 2> words{__builtin_bswap64(id.high), __builtin_bswap64(id.low)};
            return to.passing_blob(words.data(), sizeof words);
        }
        case SqliteColumn::Kind::bytes: return to.blob(at, column.size);
        case SqliteColumn::Kind::padded: {
            const char* text = reinterpret_cast<const char*>(at);
            return to.text(std::string_view(text, ::strnlen(text, column.size)));
        }
        case SqliteColumn::Kind::text: return to.text(*reinterpret_cast<const std::string*>(at));
    }
}

// The columns' values at the places from 1 on.
inline void sqlite_bind(SqliteStatement& statement, const std::vector<SqliteColumn>& columns, const void* row) {
    struct To {
        SqliteStatement& statement;
        int place = 1;
        void integer(std::int64_t value) { statement.bind(place++, value); }
        void blob(const void* bytes, std::size_t size) { statement.bind_blob(place++, bytes, size); }
        // Of bytes that are gone when we return.
        void passing_blob(const void* bytes, std::size_t size) {
            ::sqlite3_bind_blob64(statement.get(), place++, bytes, size, SQLITE_TRANSIENT);
        }
        void text(std::string_view text) { statement.bind_text(place++, text); }
    } to{statement};
    for (const SqliteColumn& column : columns) sqlite_value(column, row, to);
}

}  // namespace dcx::history
