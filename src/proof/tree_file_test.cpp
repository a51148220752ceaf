#include "proof/tree_file.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "proof/event_index.h"
#include "proof/test_tree.h"

namespace dcx::proof {
namespace {

using Kind = ProofErrorKind;

struct TreeFolder {
    TreeFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "dcx_tree_XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path = pattern;
    }
    ~TreeFolder() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string file(unsigned level) const { return tree_file_path(path, "t", level); }

    std::string path;
};

// Opens a tree that must open.
TreeFile opened(const TreeFolder& folder, std::uint64_t size) {
    auto tree = TreeFile::open(folder.path, "t", size);
    REQUIRE(tree);
    return std::move(*tree);
}

TEST_CASE("a tree on disk has the definition's root at every size, also after it was opened again at that size") {
    const TreeFolder folder;
    Random random(11);
    const auto leaves = random_digests(random, 1500);
    MerkleRoot plain;
    TreeFile tree = opened(folder, 0);
    CHECK(tree.root() == empty_root());
    for (std::size_t size = 0; size < leaves.size();) {
        const std::size_t count = std::min<std::size_t>(1 + random.below(90), leaves.size() - size);
        tree.append(std::span{leaves}.subspan(size, count));
        for (std::size_t i = 0; i < count; ++i) plain.append(leaves[size + i]);
        size += count;
        REQUIRE(tree.size() == size);
        REQUIRE(tree.root() == plain.root());
        REQUIRE(MerkleRoot(size, tree.subtrees()).root() == plain.root());
        if (random.chance(50)) {
            REQUIRE(tree.flush());
            tree = opened(folder, size);
            REQUIRE(tree.root() == plain.root());
        }
    }
    CHECK(tree.root() == naive_root(leaves));
}

TEST_CASE("roots and proofs of every size come from a few reads of the files") {
    const TreeFolder folder;
    Random random(12);
    // Two levels of kept hashes.
    const auto leaves = random_digests(random, 256 * 256 + 1000);
    TreeFile tree = opened(folder, 0);
    tree.append(leaves);
    REQUIRE(tree.flush());
    CHECK(std::filesystem::file_size(folder.file(0)) == leaves.size() * 32);
    CHECK(std::filesystem::file_size(folder.file(1)) == leaves.size() / 256 * 32);
    CHECK(std::filesystem::file_size(folder.file(2)) == 32);
    auto reader = TreeReader::open(folder.path, "t");
    REQUIRE(reader);
    CHECK(*reader->size() == leaves.size());
    std::vector<std::uint64_t> sizes{1, 2, 255, 256, 257, 65535, 65536, 65537, leaves.size()};
    for (int i = 0; i < 40; ++i) sizes.push_back(1 + random.below(leaves.size()));
    std::vector<Digest> roots;
    for (const std::uint64_t size : sizes) {
        const auto root = reader->root(size);
        REQUIRE(root);
        REQUIRE(*root == naive_root(std::span{leaves}.first(size)));
        roots.push_back(*root);
        for (const std::uint64_t index : {std::uint64_t{0}, size - 1, random.below(size)}) {
            const auto proof = reader->inclusion(index, size);
            REQUIRE(proof);
            REQUIRE(*reader->leaf(index) == leaves[index]);
            REQUIRE(check_inclusion(index, size, leaves[index], *proof, *root));
        }
    }
    for (std::size_t a = 0; a < sizes.size(); ++a)
        for (std::size_t b = 0; b < sizes.size(); ++b) {
            if (sizes[a] > sizes[b]) continue;
            const auto proof = reader->consistency(sizes[a], sizes[b]);
            REQUIRE(proof);
            REQUIRE(check_consistency(sizes[a], sizes[b], roots[a], roots[b], *proof));
        }
    CHECK(reader->inclusion(5, 5).error().kind == Kind::index_out_of_range);
    CHECK(reader->consistency(6, 5).error().kind == Kind::sizes_reversed);
    CHECK(reader->root(leaves.size() + 1).error().kind == Kind::missing);
    CHECK(reader->leaf(leaves.size()).error().kind == Kind::missing);
    CHECK(*reader->root(0) == empty_root());
    CHECK(reader->consistency(0, 5)->empty());
}

TEST_CASE("the paths are those of the definition, hash for hash") {
    const TreeFolder folder;
    Random random(13);
    const auto leaves = random_digests(random, 300);
    TreeFile tree = opened(folder, 0);
    tree.append(leaves);
    REQUIRE(tree.flush());
    auto reader = TreeReader::open(folder.path, "t");
    REQUIRE(reader);
    for (const std::size_t size : std::initializer_list<std::size_t>{1, 2, 3, 7, 8, 255, 256, 257, 300}) {
        const auto first = std::span{leaves}.first(size);
        for (std::size_t at = 0; at < size; ++at) {
            REQUIRE(*reader->inclusion(at, size) == naive_path(at, first));
            REQUIRE(*reader->consistency(at + 1, size) == naive_consistency(at + 1, first));
        }
    }
}

TEST_CASE("after a crash the files are cut back to what was flushed, torn ends and all") {
    const TreeFolder folder;
    Random random(14);
    const auto leaves = random_digests(random, 2000);
    for (const std::size_t kept : std::initializer_list<std::size_t>{0, 1, 255, 256, 300, 511, 512, 1024}) {
        {
            TreeFile tree = opened(folder, 0);
            tree.append(std::span{leaves}.first(kept));
            REQUIRE(tree.flush());
            // What a crash may leave: more than was flushed, in any of the files, and half a record.
            tree.append(random_digests(random, 700));
            REQUIRE(tree.flush());
        }
        std::ofstream(folder.file(0), std::ios::app) << "torn";
        std::ofstream(folder.file(3), std::ios::app) << "from nowhere";
        TreeFile tree = opened(folder, kept);
        CHECK(tree.root() == naive_root(std::span{leaves}.first(kept)));
        tree.append(std::span{leaves}.subspan(kept));
        REQUIRE(tree.flush());
        auto reader = TreeReader::open(folder.path, "t");
        REQUIRE(reader);
        CHECK(*reader->size() == leaves.size());
        CHECK(*reader->root(leaves.size()) == naive_root(leaves));
        CHECK(!std::filesystem::exists(folder.file(3)));
    }
}

TEST_CASE("files that have less than was flushed are an error by number, and the tree can be made again") {
    const TreeFolder folder;
    Random random(15);
    const auto leaves = random_digests(random, 1000);
    for (const unsigned level : {0u, 1u}) {
        {
            TreeFile tree = opened(folder, 0);
            tree.append(leaves);
            REQUIRE(tree.flush());
        }
        std::filesystem::resize_file(folder.file(level), std::filesystem::file_size(folder.file(level)) - 1);
        const auto shorter = TreeFile::open(folder.path, "t", leaves.size());
        REQUIRE(!shorter);
        CHECK(shorter.error().kind == Kind::missing);
        std::filesystem::remove(folder.file(level));
        CHECK(TreeFile::open(folder.path, "t", leaves.size()).error().kind == Kind::missing);
    }
    CHECK(TreeReader::open(folder.path, "other").error().kind == Kind::missing);
    CHECK(TreeFile::open(folder.path + "/nowhere", "t", 0).error().kind == Kind::missing);
    std::filesystem::create_directory(folder.path + "/u.0");
    CHECK(TreeFile::open(folder.path, "u", 0).error().kind == Kind::file_failed);
    TreeFile again = opened(folder, 0);
    again.append(leaves);
    REQUIRE(again.flush());
    CHECK(again.root() == naive_root(leaves));
}

TEST_CASE("a write that fails is said, and never tried again") {
    const TreeFolder folder;
    TreeFile tree = opened(folder, 0);
    REQUIRE(tree.flush());
    Random random(16);
    const auto leaves = random_digests(random, 4000);
    // The largest file that this process may write stands in for a full disk.
    struct rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small{64 * 1024, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    tree.append(leaves);
    const auto full = tree.flush();
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    REQUIRE(!full);
    CHECK(full.error().kind == Kind::file_failed);
    CHECK(!tree.flush());  // although there is room now
}

TEST_CASE("which event leaves belong to a command") {
    const TreeFolder folder;
    const std::string path = folder.path + "/first";
    auto index = EventIndex::open(path, Sequence{0ul});
    REQUIRE(index);
    for (const std::uint64_t before : std::initializer_list<std::uint64_t>{0, 3, 3, 10}) index->append(before);
    REQUIRE(index->flush());
    const Sequence commands = index->commands();
    CHECK(commands == Sequence{4ul});
    const auto find = [&](std::uint64_t sequence) { return EventIndex::find(path, Sequence{sequence}, commands, 12); };
    CHECK((find(1)->first == 0 && find(1)->count == 3));
    CHECK((find(2)->first == 3 && find(2)->count == 0));
    CHECK((find(3)->first == 3 && find(3)->count == 7));
    CHECK((find(4)->first == 10 && find(4)->count == 2));
    CHECK(find(0).error().kind == Kind::index_out_of_range);
    CHECK(find(5).error().kind == Kind::index_out_of_range);
    CHECK(EventIndex::find(path, Sequence{4ul}, commands, 9).error().kind == Kind::malformed);
    CHECK(EventIndex::find(path, Sequence{5ul}, Sequence{6ul}, 20).error().kind == Kind::missing);
    auto again = EventIndex::open(path, Sequence{2ul});
    REQUIRE(again);
    again->append(5);
    REQUIRE(again->flush());
    CHECK((EventIndex::find(path, Sequence{2ul}, Sequence{3ul}, 6)->count == 2));
    CHECK(EventIndex::open(path, Sequence{4ul}).error().kind == Kind::missing);
}

}  // namespace
}  // namespace dcx::proof
