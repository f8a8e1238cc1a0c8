#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "client/commands/invocation.h"
#include "tests/client/commands/spinctl.h"

// The real program where no coordinator is needed, or there is none.

namespace spin::cli {
namespace {

using nlohmann::json;

class CommandLineTest : public ::testing::Test {
 protected:
  TempFolder folder;
  std::string sweep = write_file(folder / "tiny.yaml", kSweep);
  std::string nowhere = "unix:" + (folder / "none.sock").string();
};

void expect_complaint(const Finished& finished, int exit_code, const std::string& part) {
  EXPECT_EQ(finished.exit_code, exit_code) << finished.errors;
  EXPECT_EQ(finished.errors.substr(0, 9), "spinctl: ") << finished.errors;
  EXPECT_NE(finished.errors.find(part), std::string::npos) << finished.errors;
  EXPECT_EQ(finished.output, "");
}

TEST_F(CommandLineTest, EveryVerbHasHelpWithExamples) {
  for (const auto* verb : {"plan",    "run",    "submit", "status", "watch",  "jobs",  "job",      "logs",
                           "results", "query",  "cancel", "pause",  "resume", "retry", "priority", "workers",
                           "drain",   "backup", "doctor", "delete", "space",  "paper", "keys"}) {
    const auto finished = spinctl({verb, "--help"});
    EXPECT_EQ(finished.exit_code, 0) << verb;
    EXPECT_NE(finished.output.find("spinctl " + std::string(verb)), std::string::npos) << finished.output;
    EXPECT_NE(finished.output.find("Examples:"), std::string::npos) << finished.output;
    EXPECT_TRUE(std::all_of(finished.output.begin(), finished.output.end(),
                            [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        << "a terminal without UTF-8 shows it, too: " << finished.output;
  }
  const auto all = spinctl({"--help"});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_NE(all.output.find("Exit codes"), std::string::npos);
}

TEST_F(CommandLineTest, Version) {
  const auto finished = spinctl({"--version"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.output.substr(0, 8), "spinctl ");
}

TEST_F(CommandLineTest, BadUsageIsTwo) {
  expect_complaint(spinctl({}), kBadInput, "a command is missing");
  expect_complaint(spinctl({"frobnicate"}), kBadInput, "frobnicate");
  expect_complaint(spinctl({"status", "--colour"}), kBadInput, "--colour");
  expect_complaint(spinctl({"jobs"}), kBadInput, "SWEEP");
  expect_complaint(spinctl({"plan", sweep, "--format", "xml"}), kBadInput, "xml");
  expect_complaint(spinctl({"plan", sweep, "--set", "training.epochs"}), kBadInput, "training.epochs");
  expect_complaint(spinctl({"run", sweep, "--device", "gpu"}), kBadInput, "cuda:K");
  expect_complaint(spinctl({"run", sweep, "--slots", "0"}), kBadInput, "--slots");
  expect_complaint(spinctl({"run", sweep, "--db", "/no/such/folder/spin.db"}), kBadInput, "/no/such/folder");
  expect_complaint(spinctl({"run", sweep, "--data", "/no/such/data"}), kBadInput, "/no/such/data");
  expect_complaint(spinctl({"--connect", nowhere, "run", sweep}), kBadInput, "--connect");
}

TEST_F(CommandLineTest, MisspeltCommandsAndADatabaseThatIsNotForThem) {
  expect_complaint(spinctl({"pln", sweep}), kBadInput, "no command 'pln'; did you mean 'plan'?\n");
  expect_complaint(spinctl({"--connect", nowhere, "sttus", "--format", "json"}), kBadInput,
                   "no command 'sttus'; did you mean 'status'?\n");
  expect_complaint(spinctl({"frobnicate", sweep}), kBadInput, "no command 'frobnicate'\n");
  expect_complaint(spinctl({"pause", "tiny", "--db", "study.db"}), kBadInput,
                   "`pause` changes something and needs a spind; --db is for commands that read\n");
  expect_complaint(spinctl({"watch", "tiny", "--db=study.db"}), kBadInput,
                   "`watch` needs a spind; --db is for commands that read\n");
  expect_complaint(spinctl({"plan", sweep, "--db", "study.db"}), kBadInput, "--db");
}

TEST_F(CommandLineTest, PlanOfNoJobsIsBadInput) {
  for (const auto* format : {"table", "csv", "json", "jsonl"}) {
    const auto finished = spinctl({"plan", sweep, "--set", "limits.params=1", "--format", format});
    EXPECT_EQ(finished.exit_code, kBadInput) << format;
    EXPECT_NE(finished.errors.find("has no jobs; exclude and limits leave nothing over"), std::string::npos)
        << format << finished.errors;
  }
  const auto finished = spinctl({"plan", sweep, "--set", "limits.params=1"});
  EXPECT_NE(finished.output.find("0 jobs in 0 cells; 2 cells left out by limits"), std::string::npos)
      << finished.output;
}

TEST_F(CommandLineTest, BadSweepFilesAreTwoWithFileAndLine) {
  const auto missing = (folder / "missing.yaml").string();
  expect_complaint(spinctl({"plan", missing}), kBadInput, missing + ": No such file");
  expect_complaint(spinctl({"plan", folder.path().string()}), kBadInput, folder.path().string());
  const auto broken = write_file(folder / "broken.yaml", "version: 1\nname: [unclosed\n");
  expect_complaint(spinctl({"plan", broken}), kBadInput, "broken.yaml:");
  const auto unknown = write_file(folder / "unknown.yaml", std::string(kSweep) + "shaping: {}\n");
  expect_complaint(spinctl({"plan", unknown}), kBadInput, "unknown.yaml:8: shaping");
  expect_complaint(spinctl({"plan", sweep, "--set", "sharing.rate=9"}), kBadInput, "sharing.rate");
  const auto large = write_file(folder / "large.yaml", std::string((1 << 20) + 1, '#'));
  expect_complaint(spinctl({"plan", large}), kBadInput, "1048576");
  expect_complaint(spinctl({"submit", large, "--connect", nowhere}), kBadInput, "1048576");
  expect_complaint(spinctl({"run", unknown, "--db", (folder / "spin.db").string()}), kBadInput,
                   "unknown.yaml:8: shaping");
  EXPECT_FALSE(std::filesystem::exists(folder / "spin.db"));
}

TEST_F(CommandLineTest, NoCoordinatorIsThreeAndSaysHowToStartOne) {
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"watch", "tiny"},
                                             {"jobs", "tiny"},
                                             {"job", "0123456789ab"},
                                             {"logs", "0123456789ab"},
                                             {"logs", "0123456789ab", "-f"},
                                             {"results", "tiny"},
                                             {"cancel", "tiny"},
                                             {"workers"},
                                             {"pause", "tiny"},
                                             {"resume", "tiny"},
                                             {"retry", "tiny"},
                                             {"priority", "tiny", "1"},
                                             {"drain", "w1"},
                                             {"query", "SELECT 1"},
                                             {"backup", "spin.db"},
                                             {"doctor"},
                                             {"submit", sweep}}) {
    auto args = verb;
    args.insert(args.end(), {"--connect", nowhere});
    const auto finished = spinctl(args);
    expect_complaint(finished, kNoCoordinator, nowhere);
    EXPECT_NE(finished.errors.find("`spind`"), std::string::npos) << finished.errors;
    EXPECT_NE(finished.errors.find("`spinctl run FILE`"), std::string::npos) << finished.errors;
  }
}

TEST_F(CommandLineTest, AddressesThatThisVersionDoesNotServe) {
  expect_complaint(spinctl({"status", "--connect", "localhost:7777"}), kBadInput, "mutual TLS");
  expect_complaint(spinctl({"status", "--connect", "unix:" + std::string(200, 'x')}), kBadInput, "200");
}

TEST_F(CommandLineTest, PlanJsonIsTheContract) {
  const auto finished = spinctl({"plan", sweep, "--format", "json"});
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const auto plan = json::parse(finished.output);
  EXPECT_EQ(plan.at("sweep"), "tiny");
  ASSERT_EQ(plan.at("jobs").size(), 2U);
  const auto& unshared = plan.at("jobs").at(0);
  const auto& shared = plan.at("jobs").at(1);
  for (const auto* key : {"name", "hash", "seed", "params", "flops", "groups", "depends_on", "config"})
    EXPECT_TRUE(unshared.contains(key)) << key;
  EXPECT_EQ(unshared.at("hash").get<std::string>().size(), 64U);
  // By hand: embedding 16*64+64, 8 x (depthwise 9*64+64, pointwise 64*64+64, 2 norms of 128), norm 128, head
  // 650.
  EXPECT_EQ(unshared.at("params"), 42'314);
  EXPECT_EQ(unshared.at("groups"), json::parse("[0, 1, 2, 3, 4, 5, 6, 7]"));
  EXPECT_EQ(shared.at("groups"), json::parse("[0, 0, 1, 1, 2, 2, 3, 3]"));
  EXPECT_LT(shared.at("params"), unshared.at("params"));
  EXPECT_EQ(unshared.at("config").at("network").at("channels"), 64);
  EXPECT_EQ(plan.at("totals").at("jobs"), 2);
}

TEST_F(CommandLineTest, OneJobOfAPlanIsWhatTheWholePlanSaysOfIt) {
  const auto seeds = "seeds=[0, 9007199254740993]";  // no double holds the second
  const auto whole = spinctl({"plan", sweep, "--set", seeds, "--format", "jsonl"});
  ASSERT_EQ(whole.exit_code, 0) << whole.errors;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < whole.output.size(); at = whole.output.find('\n', at) + 1)
    lines.push_back(whole.output.substr(at, whole.output.find('\n', at) - at + 1));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_NE(lines[3].find("\"seed\":9007199254740993,"), std::string::npos);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto job = json::parse(lines[i]);
    for (const auto& wanted : {job.at("name").get<std::string>(),
                               job.at("hash").get<std::string>().substr(0, 12), std::to_string(i + 1)}) {
      const auto one = spinctl({"plan", sweep, "--set", seeds, "--job", wanted});
      EXPECT_EQ(one.exit_code, 0) << one.errors;
      EXPECT_EQ(one.output, lines[i]) << wanted;
    }
  }
  expect_complaint(spinctl({"plan", sweep, "--job", "3"}), kBadInput,
                   "give the name, the hash or the number");
  expect_complaint(spinctl({"plan", sweep, "--job", "0"}), kBadInput, "1 to 2");
}

TEST_F(CommandLineTest, PlanTellsWhatMayNotBeMeant) {
  const std::string note = "patch 5 leaves out 3 of 28 pixels of each side; a resolution of 25 would do";
  for (const auto* format : {"table", "markdown", "json"}) {
    const auto finished = spinctl({"plan", sweep, "--set", "network.patch=5", "--format", format});
    EXPECT_EQ(finished.exit_code, 0) << finished.errors;
    EXPECT_NE(finished.output.find(note), std::string::npos) << finished.output;
  }
  for (const auto* format : {"csv", "jsonl"}) {
    const auto finished = spinctl({"plan", sweep, "--set", "network.patch=5", "--format", format});
    EXPECT_EQ(finished.output.find("note"), std::string::npos) << finished.output;
    EXPECT_NE(finished.errors.find("note: " + note + "\n"), std::string::npos) << finished.errors;
  }
}

TEST_F(CommandLineTest, KeysListsWhatASweepFileMaySay) {
  const auto finished = spinctl({"keys", "training", "--format", "json"});
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  const auto keys = json::parse(finished.output);
  const auto lr =
      std::find_if(keys.begin(), keys.end(), [](const auto& key) { return key.at("key") == "training.lr"; });
  ASSERT_NE(lr, keys.end());
  EXPECT_EQ(lr->at("default"), "0.01");
  EXPECT_EQ(lr->at("type"), "number");
  EXPECT_EQ(lr->at("accepted"), "above 0, to 1000");
  EXPECT_NE(spinctl({"keys"}).output.find("\nsharing.rate  "), std::string::npos);
  EXPECT_EQ(spinctl({"keys", "training.lr"}).output,
            "training.lr  number, above 0, to 1000; default: 0.01\n    peak learning rate\n");
  EXPECT_NE(spinctl({"keys", "sharing.rate"}).output.find("ceil(depth / rate)"), std::string::npos);
  expect_complaint(spinctl({"keys", "learning_rate"}), kBadInput, "did you mean training.lr?");
  for (const auto* verb : {"plan", "submit", "run"})
    EXPECT_NE(spinctl({verb, "--help"}).output.find("spinctl keys"), std::string::npos) << verb;
}

TEST_F(CommandLineTest, ErrorsAreAsciiWhereTheTerminalIsNot8Bit) {
  const auto missing = (folder / "jos\u00e9.yaml").string();
  const auto complaint = [&](const char* locale) {
    return run_command({"/usr/bin/env", locale, kSpinctl, "plan", missing}, "client-test",
                       std::chrono::seconds(60))
        .errors;
  };
  EXPECT_NE(complaint("LC_ALL=C").find("jos\\u00e9.yaml"), std::string::npos) << complaint("LC_ALL=C");
  EXPECT_NE(complaint("LC_ALL=C.UTF-8").find("jos\u00e9.yaml"), std::string::npos);
}

TEST_F(CommandLineTest, NothingOfOthersReachesTheTerminalRaw) {
  const auto hostile = write_file(folder / "hostile.yaml", std::string(kSweep) + "\"\\e[2J\": 1\n");
  expect_complaint(spinctl({"plan", hostile}), kBadInput, "\\x1b[2J: is no key");
  expect_complaint(spinctl({"plan", (folder / "no\x1b[2Jne\u202E").string()}), kBadInput,
                   "no\\x1b[2Jne\\u202e");
  expect_complaint(spinctl({"status", "--no\x1b[2Jne"}), kBadInput, "no\\x1b[2Jne");
  expect_complaint(spinctl({"status", "--none"}), kBadInput, "`spinctl status --help` says what is accepted");
}

TEST_F(CommandLineTest, PlanTableIsForPeople) {
  const auto finished = spinctl({"plan", sweep});
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_NE(finished.output.find("42.3 k"), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find("4/8"), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find("\n2 jobs in 2 cells\n"), std::string::npos) << finished.output;
  EXPECT_EQ(finished.output.find('\x1b'), std::string::npos);
  EXPECT_EQ(finished.output.find(" \n"), std::string::npos);
}

TEST_F(CommandLineTest, PlanReadsStandardInputAndOverrides) {
  const auto finished = run_command(
      {"/bin/sh", "-c", "\"$0\" plan - --set network.channels=32 --set 'seeds=[0, 1]' --format csv < \"$1\"",
       kSpinctl, sweep},
      "client-test", std::chrono::seconds(60));
  ASSERT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_EQ(std::count(finished.output.begin(), finished.output.end(), '\n'), 5) << finished.output;
  EXPECT_EQ(finished.output.substr(0, finished.output.find('\r')),
            "name,hash,seed,params,flops,trained_params,activation_bytes,training_bytes,checkpoint_bytes,"
            "groups,depends_on,"
            "baseline");
  EXPECT_NE(finished.output.find("convmixer-32-8-4-3"), std::string::npos) << finished.output;
}

TEST_F(CommandLineTest, OptionsMayStandBeforeTheFile) {
  const auto finished = spinctl({"plan", "--set", "network.channels=32", "--format", "csv", sweep});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
}

TEST_F(CommandLineTest, FullDiskBehindStandardOutputIsNoSuccess) {
  const auto finished = run_command({"/bin/sh", "-c", "exec \"$0\" plan \"$1\" > /dev/full", kSpinctl, sweep},
                                    "client-test", std::chrono::seconds(60));
  expect_complaint(finished, kWorkFailed, "standard output");
}

TEST(ExitCodes, FollowTheContract) {
  EXPECT_EQ(exit_code_of({ErrorCode::unavailable, ""}), 3);
  EXPECT_EQ(exit_code_of({ErrorCode::refused, ""}), 4);
  for (const auto code : {ErrorCode::invalid_argument, ErrorCode::not_found, ErrorCode::already_exists,
                          ErrorCode::failed_precondition, ErrorCode::unsupported})
    EXPECT_EQ(exit_code_of({code, ""}), 2);
  for (const auto code : {ErrorCode::internal, ErrorCode::data_loss, ErrorCode::resource_exhausted})
    EXPECT_EQ(exit_code_of({code, ""}), 1);
}

}  // namespace
}  // namespace spin::cli
