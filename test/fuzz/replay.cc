// Runs a fuzz target over files and folders, without libFuzzer: CI replays what fuzzing once found.
//   NAME_fuzz PATH...            every file once
//   NAME_fuzz --mutate N PATH... and N changed copies of each, always the same ones
// Exit status 1 when there was no input; a defect ends the process (sanitizer, abort).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;
namespace fs = std::filesystem;

class Mutator {
 public:
  Bytes change(Bytes bytes) {
    for (uint64_t n = 1 + next() % 8; n && !bytes.empty(); --n) {
      const size_t at = next() % bytes.size();
      switch (next() % 6) {
        case 0:
          bytes[at] ^= static_cast<uint8_t>(1u << next() % 8);
          break;
        case 1:
          bytes[at] = static_cast<uint8_t>(next());
          break;
        case 2:
          bytes[at] = next() % 2 ? 0xff : 0;
          break;
        case 3:
          bytes.resize(at);
          break;
        case 4:
          bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), next() % 16,
                       static_cast<uint8_t>(next()));
          break;
        default:
          bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at));
          break;
      }
    }
    return bytes;
  }

 private:
  uint64_t next() {  // xorshift64: the same sequence on every machine
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ >> 11;
  }
  uint64_t state_ = 0x9e3779b97f4a7c15;
};

void run(const Bytes& bytes) {
  // A block of exactly its size: AddressSanitizer sees a read beyond it.
  const std::unique_ptr<uint8_t[]> block(new uint8_t[bytes.size()]);
  if (!bytes.empty()) memcpy(block.get(), bytes.data(), bytes.size());
  LLVMFuzzerTestOneInput(block.get(), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::set<fs::path> files;  // sorted: every run goes the same way
  unsigned long mutations = 0;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--mutate") == 0 && i + 1 < argc) {
      mutations = strtoul(argv[++i], nullptr, 10);
    } else if (fs::is_directory(argv[i])) {
      for (const auto& entry : fs::recursive_directory_iterator(argv[i])) {
        if (entry.is_regular_file()) files.insert(entry.path());
      }
    } else {
      files.insert(argv[i]);
    }
  }
  Mutator mutator;
  unsigned long inputs = 0;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      fprintf(stderr, "%s: cannot be read\n", file.c_str());
      return 1;
    }
    const Bytes bytes{std::istreambuf_iterator<char>(in), {}};
    run(bytes);
    ++inputs;
    for (unsigned long n = 0; n < mutations; ++n, ++inputs) run(mutator.change(bytes));
  }
  printf("%s: %lu inputs of %zu files\n", fs::path(argv[0]).filename().c_str(), inputs,
         files.size());
  return inputs ? 0 : 1;
}
