#include "history/row_reader.h"

namespace dcx::history {

Units StoreReader::units() {
    Units units;
    select("SELECT asset_id, scale FROM assets", {}, [&](Cells& cells) {
        units.set_asset(AssetId{static_cast<std::uint32_t>(cells.integer(0))},
                        static_cast<std::uint8_t>(cells.integer(1)));
    });
    select("SELECT market_id, base_asset, quote_asset, tick_mantissa, tick_scale, lot_mantissa, lot_scale FROM markets",
           {}, [&](Cells& cells) {
               units.set_market(InstrumentId{static_cast<std::uint32_t>(cells.integer(0))},
                                {.base = AssetId{static_cast<std::uint32_t>(cells.integer(1))},
                                 .quote = AssetId{static_cast<std::uint32_t>(cells.integer(2))},
                                 .tick_mantissa = cells.integer(3),
                                 .lot_mantissa = cells.integer(5),
                                 .tick_scale = static_cast<std::uint8_t>(cells.integer(4)),
                                 .lot_scale = static_cast<std::uint8_t>(cells.integer(6))});
           });
    return units;
}

Cursor StoreReader::cursor() {
    Cursor cursor;
    select("SELECT venue_id, sequence, event_hash, time FROM history_cursor", {}, [&](Cells& cells) {
        const std::string_view venue = cells.bytes(0);
        if (venue.size() != cursor.venue_id.size())
            throw HistoryError(ErrorCode::damaged, "the cursor's venue is not 16 bytes");
        std::memcpy(cursor.venue_id.data(), venue.data(), venue.size());
        cursor.sequence = Sequence{static_cast<std::uint64_t>(cells.integer(1))};
        cursor.event_hash = static_cast<std::uint64_t>(cells.integer(2));
        cursor.time = Time{cells.integer(3)};
    });
    return cursor;
}

}  // namespace dcx::history
