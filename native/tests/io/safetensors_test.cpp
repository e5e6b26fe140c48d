// Files that are written, and files that no writer of ours would write.
#include "io/safetensors.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "support.h"

namespace jtr {
namespace {

namespace fs = std::filesystem;

/// A folder that goes with the test.
class Safetensors : public testing::Test {
 protected:
  Safetensors() : folder(fs::temp_directory_path() / ("jtr_safetensors_" + std::to_string(::getpid()))) {
    fs::create_directories(folder);
  }
  ~Safetensors() override { fs::remove_all(folder); }
  std::string path(const std::string& name) const { return (folder / name).string(); }

  /// A file of a header and zeros.
  std::string file(const std::string& header, size_t data) const {
    const std::string name = path("file.safetensors");
    const uint64_t length = header.size();
    std::ofstream stream(name, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(&length), sizeof length);
    stream << header << std::string(data, '\0');
    return name;
  }

  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator{}));
  }

  fs::path folder;
};

/// The permissions that are taken from files which this process makes, while it lives.
struct Umask {
  explicit Umask(mode_t mask) : before(::umask(mask)) {}
  ~Umask() { ::umask(before); }
  mode_t before;
};

TEST_F(Safetensors, AFileHasThePermissionsThatTheUmaskLeaves) {
  for (const auto& [mask, expected] : {std::pair<mode_t, mode_t>{022, 0644}, {077, 0600}, {027, 0640}, {0, 0666}}) {
    const Umask umask(mask);
    const std::string name = path(std::to_string(mask));
    io::write_safetensors(name, {{"x", at::ones({3})}}, {});
    struct stat status {};
    ASSERT_EQ(::stat(name.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, expected) << mask;
    EXPECT_TRUE(io::SafetensorsFile(name).read(*io::SafetensorsFile(name).find("x")).equal(at::ones({3})));
  }
  EXPECT_EQ(files(), 4u);
}

TEST_F(Safetensors, ANameAsLongAsTheFileSystemTakesIsWritten) {
  const std::string name = path(std::string(255, 'n'));
  io::write_safetensors(name, {{"x", at::ones({3})}}, {});
  EXPECT_NE(io::SafetensorsFile(name).find("x"), nullptr);
  EXPECT_EQ(files(), 1u);
}

TEST_F(Safetensors, APathThatCannotBeOpenedIsToldWithTheReason) {
  std::ofstream(path("plain")) << "text";
  const struct {
    std::string path, reason;
  } cases[] = {{path(std::string(300, 'n')), "File name too long"},
               {std::string(5000, '/') + "x", "File name too long"},
               {path("plain") + "/x", "Not a directory"},
               {path("absent"), "No such file"},
               {path("a\xff"
                     "b"),
                "No such file"},
               {folder.string(), "Is a directory"},
               {"/dev/zero", "not a regular file"}};
  for (const auto& c : cases) {
    const Error e = test::caught([&] { io::SafetensorsFile{c.path}; });
    EXPECT_EQ(e.status(), JTR_STATUS_IO) << c.path;
    EXPECT_EQ(e.path(), c.path);
    EXPECT_NE(std::string(e.what()).find(c.reason), std::string::npos) << e.what();
  }
  const std::string longer = path(std::string(300, 'n'));
  const Error e = test::caught([&] { io::write_safetensors(longer, {{"x", at::ones({3})}}, {}); });
  EXPECT_EQ(e.status(), JTR_STATUS_IO);
  EXPECT_EQ(e.path(), longer);
  EXPECT_EQ(files(), 1u);
}

TEST_F(Safetensors, AFolderThatIsForbiddenIsToldWithTheReason) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may look into every folder";
  fs::create_directories(path("closed"));
  fs::permissions(path("closed"), fs::perms::none);
  const Error e = test::caught([&] { io::SafetensorsFile{path("closed/x")}; });
  fs::permissions(path("closed"), fs::perms::all);
  EXPECT_EQ(e.status(), JTR_STATUS_IO);
  EXPECT_NE(std::string(e.what()).find("Permission denied"), std::string::npos) << e.what();
}

TEST_F(Safetensors, PlacesAndShapesThatDoNotFitAreRefusedWithoutOverflow) {
  const std::string most = std::to_string(std::numeric_limits<int64_t>::max()),
                    least = std::to_string(std::numeric_limits<int64_t>::min());
  const struct {
    std::string shape, offsets;
  } cases[] = {{"[2]", "[" + most + ", 8]"},
               {"[2]", "[8, " + least + "]"},
               {"[2]", "[" + least + ", " + most + "]"},
               {"[2]", "[" + least + ", 8]"},
               {"[2]", "[-8, 0]"},
               {"[2]", "[0, 18446744073709551615]"},
               {"[2]", "[0, 9223372036854775808]"},
               {"[2]", "[0, 1e300]"},
               {"[2]", "[0, 8.5]"},
               {"[2]", "[0, \"8\"]"},
               {"[2]", "[0]"},
               {"[2]", "[0, 8, 8]"},
               {"[2]", "{\"0\": 0, \"1\": 8}"},
               {"[2.5]", "[0, 8]"},
               {"[1e300]", "[0, 8]"},
               {"[-2]", "[0, 8]"},
               {"[18446744073709551614]", "[0, 8]"},
               {"[" + most + ", 4]", "[0, 8]"},
               {"[4611686018427387905, 4]", "[0, 16]"},
               {"null", "[0, 8]"}};
  for (const auto& c : cases) {
    const std::string name =
        file(R"({"x": {"dtype": "F32", "shape": )" + c.shape + R"(, "data_offsets": )" + c.offsets + "}}", 8);
    const Error e = test::caught([&] { io::SafetensorsFile{name}; });
    EXPECT_EQ(e.status(), JTR_STATUS_FORMAT) << c.shape << " " << c.offsets;
    EXPECT_EQ(e.path(), name);
    EXPECT_NE(std::string(e.what()).find("'x'"), std::string::npos) << e.what();
  }
  EXPECT_NO_THROW(io::SafetensorsFile{file(R"({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})", 8)});
}

TEST_F(Safetensors, ATensorThatIsThereTwiceIsRefusedInFilesAndNotWritten) {
  const std::string one = R"("x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]})";
  const Error e = test::caught([&] { io::SafetensorsFile{file("{" + one + ", " + one + "}", 8)}; });
  EXPECT_EQ(e.status(), JTR_STATUS_FORMAT);
  EXPECT_NE(std::string(e.what()).find("'x' twice"), std::string::npos) << e.what();
  fs::remove(path("file.safetensors"));
  const at::Tensor x = at::ones({3});
  const Error twice = test::caught([&] { io::write_safetensors(path("a"), {{"x", x}, {"y", x}, {"x", x}}, {}); });
  EXPECT_NE(std::string(twice.what()).find("'x'"), std::string::npos) << twice.what();
  EXPECT_EQ(files(), 0u);
}

}  // namespace
}  // namespace jtr
