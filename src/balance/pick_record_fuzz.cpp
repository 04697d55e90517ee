// Fuzzer of the record of picks: any frames are read or refused, and what was read is written as it
// was. It needs no corpus: frames are short, and the file's beginning is put before them here.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "balance/pick_record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::balance;
  const std::string file =
      pick_record_magic() + std::string(reinterpret_cast<const char*>(bytes), size);
  auto reader = PickRecordReader::open(file);
  if (!reader) std::abort();
  std::string written = pick_record_magic();
  while (!reader->at_end()) {
    const auto record = reader->next();
    if (!record) return 0;
    append_record(written, *record);
  }
  if (!reader->was_cut() && written != file) std::abort();
  return 0;
}
