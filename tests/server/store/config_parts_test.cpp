#include "server/store/config_parts.h"

#include "tests/server/store/fixture.h"
#include "tests/server/store/raw_sql.h"

namespace spin {
namespace {

class ConfigParts : public StoreTest {
 protected:
  ConfigParts() {
    store_->close();
    database_.emplace(value_of(Database::open(path(), Database::Mode::read_write)));
  }
  ConfigPartWriter writer() { return value_of(ConfigPartWriter::make(*database_)); }
  std::string join(const std::string& parts) {
    return value_of(value_of(ConfigPartReader::make(*database_)).join(parts));
  }
  std::int64_t stored() { return value_of(database_->integer("SELECT count(*) FROM config_part")); }

  static std::string config(int rate, int seed) {
    return R"({"dataset":{},"fusion":{},"init_from":null,"network":{"depth":8},"seed":)" +
           std::to_string(seed) + R"(,"sharing":{"rate":)" + std::to_string(rate) +
           R"(},"training":{},"transform":{},"version":1})";
  }

  std::optional<Database> database_;
};

TEST_F(ConfigParts, AreStoredOnceHoweverManyConfigurationsHaveThem) {
  auto parts = writer();
  std::map<std::string, std::string> lists;
  for (int rate = 1; rate <= 10; ++rate)
    for (int seed = 0; seed < 10; ++seed)
      lists[config(rate, seed)] = value_of(parts.store(config(rate, seed)));
  EXPECT_EQ(stored(), 10 + 10 + 5);
  for (const auto& [text, list] : lists) EXPECT_EQ(join(list), text);
}

TEST_F(ConfigParts, AnyTextComesBack) {
  auto parts = writer();
  for (const std::string& text :
       {std::string("{}"), std::string(""), std::string(",\"seed\":"), config(2, 3) + config(4, 5),
        std::string("\",\"seed\":größer"), std::string(100'000, 'x')})
    EXPECT_EQ(join(value_of(parts.store(text))), text);
}

TEST_F(ConfigParts, ALaterWriterGoesOnBehindTheEarlierOnes) {
  const auto before = value_of(writer().store(config(2, 0)));
  const auto after = value_of(writer().store(config(4, 1)));
  EXPECT_EQ(join(before), config(2, 0));
  EXPECT_EQ(join(after), config(4, 1));
}

TEST_F(ConfigParts, ThoseOfATransactionThatWasUndoneAreStoredAgainAndNoOthers) {
  auto parts = writer();
  const auto kept = value_of(parts.store(config(2, 0)));
  {
    const auto transaction = value_of(Transaction::begin(*database_, Transaction::Kind::write));
    EXPECT_TRUE(parts.store(config(4, 1)).ok());
  }
  ASSERT_TRUE(parts.forget_undone().ok());
  EXPECT_EQ(join(value_of(parts.store(config(4, 1)))), config(4, 1));
  EXPECT_EQ(value_of(parts.store(config(2, 0))), kept);
  EXPECT_EQ(stored(), 2 + 2 + 5);
}

TEST_F(ConfigParts, AListThatNamesWhatIsNotThereIsDamage) {
  auto reader = value_of(ConfigPartReader::make(*database_));
  EXPECT_EQ(reader.join("[7]").error().code, ErrorCode::data_loss);
}

}  // namespace
}  // namespace spin
