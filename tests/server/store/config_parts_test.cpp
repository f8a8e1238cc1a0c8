#include "server/store/config_parts.h"

#include <list>

#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

class StoredConfigParts : public StoreTest {
 protected:
  StoredConfigParts() {
    store_->close();
    database_.emplace(value_of(Database::open(path(), Database::Mode::read_write)));
  }
  ConfigPartWriter writer() { return value_of(ConfigPartWriter::make(*database_)); }
  std::string join(const std::string& parts) {
    return value_of(value_of(ConfigPartReader::make(*database_)).join(parts));
  }
  std::int64_t stored() { return value_of(database_->integer("SELECT count(*) FROM config_part")); }

  /// With 7 parts: 4 that all have, and those of rate and seed.
  static ConfigParts config(int rate, int seed) {
    static std::list<std::string> texts;  // what the parts are of
    const auto part = [](std::string text) -> std::string_view {
      return texts.emplace_back(std::move(text));
    };
    return {R"({"dataset":{},"fusion":{})",
            R"(,"init_from":null)",
            R"(,"network":{"depth":8})",
            part(",\"seed\":" + std::to_string(seed)),
            part(",\"sharing\":{\"rate\":" + std::to_string(rate) + "}"),
            R"(,"training":{})",
            R"(,"transform":{},"version":2})"};
  }
  /// The list for job.config.
  static std::string store(ConfigPartWriter& writer, const ConfigParts& parts) {
    std::array<std::int64_t, std::tuple_size_v<ConfigParts>> numbers{};
    for (std::size_t i = 0; i < parts.size(); ++i) numbers[i] = value_of(writer.store(std::string(parts[i])));
    return list_of_parts(numbers);
  }
  static std::string text(const ConfigParts& parts) {
    std::string whole;
    for (const auto part : parts) whole += part;
    return whole;
  }

  std::optional<Database> database_;
};

TEST_F(StoredConfigParts, AreStoredOnceHoweverManyConfigurationsHaveThem) {
  auto parts = writer();
  std::map<std::string, std::string> lists;
  for (int rate = 1; rate <= 10; ++rate)
    for (int seed = 0; seed < 10; ++seed) lists[text(config(rate, seed))] = store(parts, config(rate, seed));
  EXPECT_EQ(stored(), 10 + 10 + 5);
  for (const auto& [whole, list] : lists) EXPECT_EQ(join(list), whole);
}

TEST_F(StoredConfigParts, AnyTextComesBack) {
  auto parts = writer();
  const std::string large(100'000, 'x');
  for (const ConfigParts& config :
       {ConfigParts{"{}"}, ConfigParts{}, ConfigParts{",", ",", "größer", large, large}})
    EXPECT_EQ(join(store(parts, config)), text(config));
}

TEST_F(StoredConfigParts, ALaterWriterGoesOnBehindTheEarlierOnes) {
  auto first = writer();
  const auto before = store(first, config(2, 0));
  auto second = writer();
  const auto after = store(second, config(4, 1));
  EXPECT_EQ(join(before), text(config(2, 0)));
  EXPECT_EQ(join(after), text(config(4, 1)));
}

TEST_F(StoredConfigParts, ThoseOfATransactionThatWasUndoneAreStoredAgainAndNoOthers) {
  auto parts = writer();
  const auto kept = store(parts, config(2, 0));
  {
    const auto transaction = value_of(Transaction::begin(*database_, Transaction::Kind::write));
    store(parts, config(4, 1));
  }
  ASSERT_TRUE(parts.forget_undone().ok());
  EXPECT_EQ(join(store(parts, config(4, 1))), text(config(4, 1)));
  EXPECT_EQ(store(parts, config(2, 0)), kept);
  EXPECT_EQ(stored(), 2 + 2 + 5);
}

TEST_F(StoredConfigParts, AListThatNamesWhatIsNotThereIsDamage) {
  auto reader = value_of(ConfigPartReader::make(*database_));
  EXPECT_EQ(reader.join("[7]").error().code, ErrorCode::data_loss);
}

}  // namespace
}  // namespace spin
