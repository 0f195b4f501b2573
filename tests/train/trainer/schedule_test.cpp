// Learning rates against transformers 4.52.4:
//   p = torch.nn.Parameter(torch.zeros(1)); o = torch.optim.SGD([p], lr=0.5)
//   s = get_scheduler(name, o, num_warmup_steps=warmup, num_training_steps=total, scheduler_specific_kwargs=more)
//   for k in range(total + 1): print(o.param_groups[0]["lr"]); o.step(); s.step()  # plateau: s.step(losses[k])
#include "c2c/train/trainer/schedule.h"

#include <gtest/gtest.h>

#include <set>

#include "c2c/base/error.h"

namespace c2c {
namespace {

struct Case {
  const char* name;
  ScheduleOptions options;
  std::vector<double> rates;
};

ScheduleOptions timed(const char* type, std::int64_t warmup, std::int64_t total) {
  return {.type = type, .warmup = warmup, .total = total, .base_lr = 0.5};
}

template <class Change>
ScheduleOptions changed(ScheduleOptions options, Change change) {
  change(options);
  return options;
}

std::vector<Case> plain_cases() {
  const double third = 0.16666666666666666;
  return {
      {"linear",
       timed("linear", 3, 10),
       {0, third, 0.33333333333333331, 0.5, 0.42857142857142855, 0.35714285714285715, 0.2857142857142857,
        0.21428571428571427, 0.14285714285714285, 0.071428571428571425, 0}},
      {"linear, no warm-up",
       timed("linear", 0, 5),
       {0.5, 0.40000000000000002, 0.29999999999999999, 0.20000000000000001, 0.10000000000000001, 0}},
      {"cosine",
       timed("cosine", 3, 10),
       {0, third, 0.33333333333333331, 0.5, 0.47524221697560476, 0.4058724504646834, 0.30563023348907858,
        0.19436976651092142, 0.094127549535316629, 0.024757783024395241, 0}},
      {"cosine_with_restarts",
       timed("cosine_with_restarts", 3, 10),
       {0, third, 0.33333333333333331, 0.5, 0.47524221697560476, 0.4058724504646834, 0.30563023348907858,
        0.19436976651092142, 0.094127549535316629, 0.024757783024395241, 0}},
      {"polynomial",
       timed("polynomial", 3, 10),
       {0, third, 0.33333333333333331, 0.5, 0.42857144285714288, 0.35714288571428571, 0.28571432857142853,
        0.21428577142857144, 0.14285721428571427, 0.071428657142857163, 9.9999999999999995e-08}},
      {"constant", timed("constant", 3, 10), std::vector<double>(11, 0.5)},
      {"constant_with_warmup",
       timed("constant_with_warmup", 3, 10),
       {0, third, 0.33333333333333331, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}},
      {"inverse_sqrt",
       timed("inverse_sqrt", 3, 10),
       {0, third, 0.33333333333333331, 0.5, 0.43301270189221935, 0.3872983346207417, 0.35355339059327373,
        0.32732683535398854, 0.30618621784789724, 0.28867513459481292, 0.27386127875258304}},
      {"inverse_sqrt, no warm-up",
       timed("inverse_sqrt", 0, 4),
       {0.5, 0.49997500187484384, 0.49995000749875029, 0.49992501687078239, 0.49990002999000355}},
  };
}

// more = {"min_lr": 0.05}, {"min_lr_rate": 0.2}, {"num_decay_steps": 4}, {"num_cycles": 2}, {"power": 2, "lr_end":
// 0.01}, {"num_cycles": 1.0}
std::vector<Case> cases_with_more() {
  return {
      {"cosine_with_min_lr",
       changed(timed("cosine_with_min_lr", 3, 10), [](auto& o) { o.min_lr = 0.05; }),
       {0, 0.16666666666666666, 0.33333333333333331, 0.5, 0.47771799527804426, 0.41528520541821506, 0.3250672101401707,
        0.22493278985982929, 0.13471479458178498, 0.072282004721955728, 0.050000000000000003}},
      {"cosine_with_min_lr, a share",
       changed(timed("cosine_with_min_lr", 0, 6), [](auto& o) { o.min_lr_rate = 0.2; }),
       {0.5, 0.47320508075688783, 0.40000000000000002, 0.30000000000000004, 0.20000000000000007, 0.12679491924311226,
        0.10000000000000001}},
      {"warmup_stable_decay",
       changed(timed("warmup_stable_decay", 2, 10), [](auto& o) { o.decay = 4; }),
       {0, 0.25, 0.5, 0.5, 0.5, 0.5, 0.5, 0.42677669529663687, 0.25, 0.073223304703363135, 0}},
      {"cosine_with_restarts, two",
       changed(timed("cosine_with_restarts", 1, 9), [](auto& o) { o.cycles = 2; }),
       {0, 0.5, 0.42677669529663687, 0.25, 0.073223304703363135, 0.5, 0.42677669529663687, 0.25, 0.073223304703363135,
        0}},
      {"polynomial, a square",
       changed(timed("polynomial", 0, 5),
               [](auto& o) {
                 o.power = 2;
                 o.lr_end = 0.01;
               }),
       {0.5, 0.32360000000000005, 0.18640000000000001, 0.088400000000000006, 0.029599999999999987, 0.01}},
      {"cosine, a whole one",
       changed(timed("cosine", 0, 5), [](auto& o) { o.cycles = 1; }),
       {0.5, 0.32725424859373686, 0.047745751406263165, 0.047745751406263109, 0.32725424859373681, 0.5}},
  };
}

TEST(Schedule, IsThatOfTransformers) {
  std::set<std::string> seen = {"reduce_lr_on_plateau"};  // below
  for (const auto& cases : {plain_cases(), cases_with_more()})
    for (const Case& c : cases) {
      const Schedule schedule(c.options);
      seen.insert(c.options.type);
      for (std::size_t done = 0; done < c.rates.size(); ++done)
        EXPECT_NEAR(schedule.lr(static_cast<std::int64_t>(done)), c.rates[done], 1e-15) << c.name << " after " << done;
    }
  EXPECT_EQ(seen, std::set<std::string>(scheduler_names().begin(), scheduler_names().end()));
}

TEST(Schedule, OfAPlateauFollowsTheLoss) {
  std::vector<double> losses = {3, 2};
  losses.insert(losses.end(), 13, 2.5);
  losses.push_back(1.9);
  losses.insert(losses.end(), 13, 2.0);
  Schedule schedule(timed("reduce_lr_on_plateau", 3, static_cast<std::int64_t>(losses.size())));
  ASSERT_TRUE(schedule.watches_loss());
  for (std::size_t k = 0; k < losses.size(); ++k) {
    const double expected = k < 13 ? 0.5 : k < 27 ? 0.05 : 0.005;
    EXPECT_NEAR(schedule.lr(static_cast<std::int64_t>(k)), expected, 1e-15) << k;
    schedule.observe(losses[k]);
  }
  // What a checkpoint keeps is enough to go on.
  Schedule resumed(timed("reduce_lr_on_plateau", 3, 10));
  resumed.plateau() = schedule.plateau();
  EXPECT_EQ(resumed.lr(5), schedule.lr(5));
  Schedule deaf(timed("linear", 0, 10));
  for (int i = 0; i < 40; ++i) deaf.observe(5);
  EXPECT_EQ(deaf.lr(0), 0.5);
}

TEST(Schedule, AnUnknownNameIsRefused) {
  try {
    const Schedule schedule({.type = "cosin"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_NE(std::string(error.what()).find("cosine"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace c2c
