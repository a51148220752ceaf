// The PostgreSQL store beside a bare binary COPY, in one program that takes turns: each batch is committed by the
// store, then the rows that it added are copied as they will be in the end (so the bare side never changes one),
// encoded before the clock starts, in one transaction, into tables with the same columns, keys, indices and partitions
// of the same server. Rates count these final rows on both sides: what the store spends on rows that it writes more
// than once is its own loss.
//
// Beside a private server, or in the database that DCX_POSTGRES_URL names: it makes the schemas dcx_bench_store and
// dcx_bench_bare there, and drops them. DCX_HISTORY_ROWS: how many rows (1,000,000); DCX_HISTORY_BATCH: of one batch
// (50,000).
#include <benchmark/benchmark.h>
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "beside_servers.h"
#include "history/copy_encoder.h"
#include "history/postgres_store.h"
#include "history/row_reader.h"
#include "history_flow.h"

namespace dcx {
namespace {

using history::RowBatch;

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double median(std::vector<double> all) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2), all.end());
    return all[all.size() / 2];
}

std::size_t number_of(const char* name, std::size_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Bare {
  public:
    explicit Bare(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
        if (PQstatus(connection_) != CONNECTION_OK) std::abort();
        PQsetNoticeReceiver(connection_, [](void*, const PGresult*) {}, nullptr);
    }
    ~Bare() { PQfinish(connection_); }
    Bare(const Bare&) = delete;
    Bare& operator=(const Bare&) = delete;

    std::string run(const std::string& sql) {
        PGresult* const result = PQexec(connection_, sql.c_str());
        const ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN) {
            std::fprintf(stderr, "%s\n", PQresultErrorMessage(result));
            std::abort();
        }
        std::string value = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "";
        PQclear(result);
        return value;
    }
    void copy(const std::string& sql, std::string_view bytes) {
        run(sql);
        constexpr std::size_t kChunk = 64 * 1024;
        for (std::size_t at = 0; at < bytes.size(); at += kChunk)
            PQputCopyData(connection_, bytes.data() + at, static_cast<int>(std::min(kChunk, bytes.size() - at)));
        PQputCopyEnd(connection_, nullptr);
        while (PGresult* const result = PQgetResult(connection_)) {
            if (PQresultStatus(result) != PGRES_COMMAND_OK) {
                std::fprintf(stderr, "%s\n", PQresultErrorMessage(result));
                std::abort();
            }
            PQclear(result);
        }
    }

  private:
    PGconn* connection_;
};

// COPY statements with their bytes.
using Copies = std::vector<std::pair<std::string, std::string>>;

template <class Row>
void encode(const std::vector<Row>& rows, const history::Units& units, Copies& copies) {
    if (rows.empty()) return;
    history::CopyEncoder encoder(units);
    encoder.begin();
    for (const Row& row : rows) encoder.row(row);
    encoder.end();
    copies.emplace_back(
        "COPY " + std::string(Row::table) + " (" + history::column_names<Row>() + ") FROM STDIN (FORMAT binary)",
        std::string(encoder.bytes()));
}

// Every row as it is in the end, in the batch that made it.
class FinalRows {
  public:
    explicit FinalRows(std::size_t rows, std::size_t batch_rows) {
        HistoryFlow flow;
        for (std::size_t done = 0; done < rows; ++batches_) {
            const RowBatch& batch = flow.next(batch_rows);
            done += batch.rows();
            for (const auto& order : batch.new_orders) orders_[order.order_id.value] = order;
            for (const auto& order : batch.changed_orders) orders_[order.order_id.value] = order;
            std::apply([&](const auto&... rows_of) { (keep(rows_of), ...); }, RowBatch::state_tables(batch));
        }
    }
    [[nodiscard]] std::size_t batches() const { return batches_; }
    // The rows that `batch` added, in their final form.
    RowBatch of(const RowBatch& batch) {
        RowBatch result = batch;
        result.changed_orders.clear();
        for (auto& order : result.new_orders) order = orders_.at(order.order_id.value);
        std::apply([&](auto&... rows_of) { (finish(rows_of), ...); }, RowBatch::state_tables(result));
        return result;
    }

  private:
    // By their keys' bytes.
    template <class Row>
    static std::string key_of(const Row& row) {
        static const history::Units kNone;
        history::CopyEncoder encoder(kNone);
        encoder.row(row);
        std::string key(Row::table);
        std::size_t left = Row::key_columns;
        history::for_each_field(encoder.bytes(), [&](const char* value, int length) {
            if (left == 0) return;
            --left;
            key.append(value, static_cast<std::size_t>(length));
        });
        return key;
    }
    template <class Row>
    void keep(const std::vector<Row>& rows) {
        for (const Row& row : rows) {
            history::CopyEncoder encoder(none_);
            std::string key = key_of(row);
            auto& stored = std::get<std::unordered_map<std::string, Row>>(state_);
            stored[key] = row;
        }
    }
    template <class Row>
    void finish(std::vector<Row>& rows) {
        std::vector<Row> fresh;
        auto& stored = std::get<std::unordered_map<std::string, Row>>(state_);
        for (const Row& row : rows)
            if (const auto found = stored.find(key_of(row)); found != stored.end()) {
                fresh.push_back(found->second);
                stored.erase(found);
            }
        rows = std::move(fresh);
    }

    template <class... Rows>
    static std::tuple<std::unordered_map<std::string, Rows>...> maps_of(std::tuple<const std::vector<Rows>&...>);

    history::Units none_;
    std::size_t batches_ = 0;
    std::unordered_map<std::uint64_t, history::OrderRow> orders_;
    decltype(maps_of(RowBatch::state_tables(std::declval<const RowBatch&>()))) state_;
};

void commits_beside_copy(benchmark::State& state) {
    const char* const url = std::getenv("DCX_POSTGRES_URL");
    if (url == nullptr) {
        state.SkipWithError("no DCX_POSTGRES_URL");
        return;
    }
    const std::size_t batch_rows = number_of("DCX_HISTORY_BATCH", 50'000);
    FinalRows final_rows(number_of("DCX_HISTORY_ROWS", 1'000'000), batch_rows);
    Bare bare(url);
    bare.run("DROP SCHEMA IF EXISTS dcx_bench_store, dcx_bench_bare CASCADE");
    bare.run("CREATE SCHEMA dcx_bench_store; CREATE SCHEMA dcx_bench_bare");
    const std::string schema_url =
        std::string(url) + (std::string_view(url).find("://") == std::string_view::npos
                                ? " options='-c search_path=dcx_bench_store'"
                                : std::string(std::string_view(url).find('?') == std::string_view::npos ? "?" : "&") +
                                      "options=-csearch_path%3Ddcx_bench_store");
    const auto store = history::make_postgres_store({.kind = "postgresql", .url = schema_url, .stop = nullptr});
    store->open();

    std::vector<double> ours;
    std::vector<double> theirs;
    double our_time = 0;
    double their_time = 0;
    std::size_t added = 0;
    std::size_t written = 0;
    for (auto _ : state) {
        HistoryFlow flow;
        for (std::size_t i = 0; i < final_rows.batches(); ++i) {
            const RowBatch& batch = flow.next(batch_rows);
            const RowBatch told = final_rows.of(batch);
            Copies copies;
            std::apply([&](const auto&... rows) { (encode(rows, flow.units(), copies), ...); },
                       RowBatch::told_tables(told));
            std::apply([&](const auto&... rows) { (encode(rows, flow.units(), copies), ...); },
                       RowBatch::state_tables(told));
            encode(told.new_orders, flow.units(), copies);

            double start = seconds();
            store->commit(batch, flow.units());
            const double our_seconds = seconds() - start;

            if (i == 0) {
                // The same tables and indices beside it.
                bare.run("SET search_path = dcx_bench_bare");
                bare.run(
                    "DO $$ DECLARE t record; BEGIN FOR t IN SELECT relname, relkind FROM pg_class WHERE relnamespace = "
                    "'dcx_bench_store'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition LOOP "
                    "EXECUTE format('CREATE TABLE %I (LIKE dcx_bench_store.%I INCLUDING ALL)%s', t.relname, t.relname, "
                    "CASE t.relkind WHEN 'p' THEN ' PARTITION BY RANGE (day)' ELSE '' END); END LOOP; END $$");
            }
            bare.run(
                "DO $$ DECLARE t record; BEGIN FOR t IN SELECT c.relname, p.relname parent, "
                "pg_get_expr(c.relpartbound, c.oid) bound FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                "JOIN pg_class p ON p.oid = i.inhparent WHERE c.relkind = 'r' AND c.relnamespace = "
                "'dcx_bench_store'::regnamespace AND to_regclass('dcx_bench_bare.' || c.relname) IS NULL LOOP "
                "EXECUTE format('CREATE TABLE %I PARTITION OF %I %s', t.relname, t.parent, t.bound); END LOOP; END $$");
            start = seconds();
            bare.run("BEGIN");
            for (const auto& [sql, bytes] : copies) bare.copy(sql, bytes);
            bare.run("COMMIT");
            const double their_seconds = seconds() - start;

            const std::size_t rows = told.rows();
            added += rows;
            written += batch.rows();
            our_time += our_seconds;
            their_time += their_seconds;
            ours.push_back(static_cast<double>(rows) / our_seconds);
            theirs.push_back(static_cast<double>(rows) / their_seconds);
            if (std::getenv("DCX_HISTORY_TRACE") != nullptr)
                std::fprintf(stderr, "%zu: %zu rows, %zu new: %.0f %.0f ms\n", i, batch.rows(), rows, our_seconds * 1e3,
                             their_seconds * 1e3);
        }
    }
    for (const char* table : {"orders", "executions", "trades", "ledger_transfers", "balances", "candles"})
        if (bare.run("SELECT count(*) FROM dcx_bench_store." + std::string(table)) !=
            bare.run("SELECT count(*) FROM dcx_bench_bare." + std::string(table)))
            state.SkipWithError("the two sides hold different numbers of rows");
    state.counters["rows_per_s"] = median(ours);
    state.counters["copy_rows_per_s"] = median(theirs);
    state.counters["ratio_of_medians"] = median(ours) / median(theirs);
    state.counters["ratio_of_totals"] = their_time / our_time;
    state.counters["rows"] = static_cast<double>(added);
    state.counters["rows_written"] = static_cast<double>(written);
    bare.run("DROP SCHEMA dcx_bench_store, dcx_bench_bare CASCADE");
}
BENCHMARK(commits_beside_copy)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace dcx

int main(int argc, char** argv) {
    dcx::beside_server("postgres", argv);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
