#include "history/reading/reading_store.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace dcx::reading {
namespace {

std::string environment(const char* name) {
    const char* const set = std::getenv(name);
    return set == nullptr ? "" : set;
}

}  // namespace

ReadingStore::ReadingStore() {
    options_.kind = environment("DCX_STORE_KIND");
    options_.url = environment("DCX_STORE_URL");
    if (options_.kind.empty() || options_.url.empty()) {
        std::string name = (std::filesystem::temp_directory_path() / "dcx-reading-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = name;
        options_.kind = "sqlite";
        options_.url = folder_ + "/history.sqlite";
    }
    store_ = history::make_store(options_);
    store_->open();
    store_->wipe();
}

ReadingStore::~ReadingStore() {
    store_.reset();
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

}  // namespace dcx::reading
