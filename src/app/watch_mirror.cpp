#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/data_folder.h"
#include "app/watch.h"
#include "app/watch_screen.h"
#include "app/watch_text.h"
#include "client/mirror_reader.h"

namespace dcx::app {

namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// The mirror's file: the one that is named, or that of the venue which runs on the folder.
std::expected<std::string, std::string> mirror_file(const std::string& named) {
    struct stat status{};
    if (::stat(named.c_str(), &status) == 0 && S_ISREG(status.st_mode)) return named;
    std::ifstream in(DataFolder(named).ready());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (!in.is_open() || !parsed.is_object())
        return std::unexpected("no venue runs on " + named + " (start one: dcx serve --data " + named + ")");
    if (!parsed.contains("mirror") || !parsed["mirror"].is_string())
        return std::unexpected("the venue on " + named + " has no book mirror (mirror.enabled of dcx.toml)");
    return parsed["mirror"].get<std::string>();
}

class MirrorWatcher {
  public:
    MirrorWatcher(const WatchOptions& options, const WatchOutput& output, const client::MirrorReader& reader,
                  std::size_t book, const std::string& file)
        : options_(options), output_(output), reader_(reader), place_(book), file_(file), picture_(options.market) {}

    int run() {
        std::unique_ptr<Screen> screen;
        if (output_.terminal && !options_.json) screen = std::make_unique<Screen>(output_.out);
        const auto end = Steady::now() + std::chrono::seconds(options_.seconds);
        std::string error;
        while (!output_.stop() && (options_.seconds == 0 || Steady::now() < end) && !done_) {
            const auto writer = reader_.writer();
            look();
            if (writer == client::MirrorWriterState::gone) error = "the venue has stopped, or was killed";
            if (!error.empty()) break;
            if (screen) draw(*screen, writer);
            std::this_thread::sleep_for(screen ? 100ms : 1ms);
        }
        screen.reset();
        if (!error.empty()) std::fprintf(output_.errors, "dcx: %s: %s\n", file_.c_str(), error.c_str());
        return error.empty() ? kDone : kFailed;
    }

  private:
    void look() {
        if (guard_ == reader_.guard(place_) || !reader_.read(place_, book_)) return;
        guard_ = book_.head.guard;
        picture_.show(book_, reader_.epoch());
        if (output_.terminal && !options_.json) return;
        if (options_.json)
            write(book_json(picture_));
        else
            write_top();
        if (picture_.new_trades() > 0) {
            const PictureTrade& trade = picture_.trades().front();
            write(options_.json ? trade_json(picture_, trade) : trade_line(trade));
        }
    }
    // A line per change of what it tells, as of the feed's.
    void write_top() {
        const std::string line = book_line(picture_);
        std::string top = line.substr(line.find(' '));
        if (top == top_) return;
        top_ = std::move(top);
        write(line);
    }
    void draw(Screen& screen, client::MirrorWriterState writer) {
        const PictureStatus status{.text = file_ + "  " + std::string(client::to_string(writer))};
        const PictureStyle style{.levels = screen.levels(), .color = true, .unicode = is_utf8_terminal()};
        screen.draw(ladder_text(picture_, status, style));
    }
    void write(const std::string& line) {
        std::fprintf(output_.out, "%s\n", line.c_str());
        // Nobody reads any more.
        if (std::fflush(output_.out) != 0) done_ = true;
    }

    const WatchOptions& options_;
    const WatchOutput& output_;
    const client::MirrorReader& reader_;
    std::size_t place_;
    const std::string& file_;
    MarketPicture picture_;
    client::MirrorBook book_;
    std::uint64_t guard_ = 1;  // no state's
    std::string top_;
    bool done_ = false;
};

int refused(const WatchOutput& output, const std::string& why) {
    std::fprintf(output.errors, "dcx: %s\n", why.c_str());
    return kFailed;
}

}  // namespace

int watch_mirror(const WatchOptions& options, const WatchOutput& output) {
    const auto file = mirror_file(options.mirror);
    if (!file) return refused(output, file.error());
    const auto reader = client::MirrorReader::open(*file);
    if (!reader) return refused(output, reader.error());
    const auto book = reader->find(options.market);
    if (book) return MirrorWatcher(options, output, *reader, *book, *file).run();
    std::string known = "no market " + options.market + "; known:";
    client::MirrorBook other;
    for (std::size_t i = 0; i < reader->books(); ++i)
        if (reader->read(i, other)) known += " " + std::string(other.head.symbol.view());
    return refused(output, known);
}

}  // namespace dcx::app
