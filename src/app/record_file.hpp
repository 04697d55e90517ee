#pragma once
// RecordFile: writes the frames that lanes record (upstream/pick_recorder) to a file, on a thread
// of its own. Bounded in bytes written and in chunks that wait: at either bound the recording ends,
// with a line in the log, since a record with a gap could not be replayed.

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/result.hpp"
#include "telemetry/log.hpp"
#include "upstream/pick_recorder.hpp"

namespace weir::app {

class RecordFile final : public upstream::RecordSink {
 public:
  /// Makes or empties the file, readable by its owner only. Lifetime: `log` outlives this.
  static base::Result<std::unique_ptr<RecordFile>> open(const std::string& path,
                                                        std::uint64_t bytes_max,
                                                        telemetry::Log& log);
  ~RecordFile() override;

  bool give(std::string frames) override;

 private:
  static constexpr std::size_t kWaitingMax = 256;  // chunks of 64 KiB

  RecordFile(int fd, std::string path, std::uint64_t bytes_max, telemetry::Log& log);
  void run();
  void end(const std::string& why);

  const int fd_;
  const std::string path_;
  const std::uint64_t bytes_max_;
  telemetry::Log& log_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;  // guarded
  std::uint64_t bytes_ = 0;          // guarded: written and waiting
  bool over_ = false;                // guarded
  bool stopping_ = false;            // guarded
  std::thread thread_;
};

}  // namespace weir::app
