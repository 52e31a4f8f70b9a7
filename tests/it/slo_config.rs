//! The sections `slos` and `budget_policy`: what they mean, and every fault with its place.

use std::path::Path;
use std::time::Duration;

use plimsoll::config::Config;
use plimsoll::model::Severity;
use plimsoll::slo::policy::{Action, Burning, Enter, Stage};
use plimsoll::slo::{Indicator, Slo, TierName, TimeWindow};

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("plimsoll.yaml")).map_err(|faults| faults.to_string())
}

/// Checks that a text is refused with exactly these faults.
fn check_faults(text: &str, expected: &str) {
    let message = parse(text).unwrap_err();
    let (_, faults) = message.split_once('\n').unwrap();
    assert_eq!(faults.trim(), expected.trim(), "\n--- got ---\n{faults}\n");
}

fn tiers(slo: &Slo) -> Vec<&'static str> {
    slo.tiers.iter().map(|tier| tier.name.name()).collect()
}

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn objectives_are_what_they_say() {
    let config = parse(
        r#"
slos:
  - name: resources-high
    description: Nothing of high severity fails.
    indicator: {type: compliance, severity: high, services: [s3, iam], accounts: ["111122223333"], rules: ["aws-s3-*"], frameworks: [cis-5.0], tags: {team: pay*}}
    target: 0.995
  - {name: seen, indicator: {type: coverage}, target: 0.99, window: 30d}
  - {name: critical-open, indicator: {type: open_time, severity: critical}, budget: 24h, window: month}
  - {name: detected, indicator: {type: detection, within: 30m}, target: 0.95, window: 90d, tiers: {disabled: [slow]}}
  - {name: fixed, indicator: {type: remediation, severity: high, within: 7d}, target: 0.95, window: 7d}
"#,
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let slos = config.slos();
    let [high, seen, open, detected, fixed] = slos.as_slice() else { panic!("{slos:?}") };
    assert_eq!(high.scope.severity, Some(Severity::High));
    assert_eq!((high.scope.services.len(), high.scope.accounts.len(), high.scope.tags.len()), (2, 1, 1));
    assert_eq!(
        (&high.indicator, high.window),
        (&Indicator::Compliance { target: 0.995 }, TimeWindow::Rolling(672 * HOUR))
    );
    assert_eq!(tiers(high), ["fast", "medium", "slow", "long"]);
    assert_eq!((seen.window, seen.indicator), (TimeWindow::Rolling(720 * HOUR), Indicator::Coverage { target: 0.99 }));
    assert_eq!((open.window, open.indicator), (TimeWindow::Month, Indicator::OpenTime { budget: 24 * HOUR }));
    assert_eq!(open.window.to_string(), "month");
    assert_eq!(detected.indicator, Indicator::Detection { target: 0.95, within: Duration::from_mins(30) });
    assert_eq!(tiers(detected), ["medium", "long"], "counts move once a scan, too seldom for 5m; slow is taken out");
    assert_eq!(fixed.indicator, Indicator::Remediation { target: 0.95, within: 168 * HOUR });
    assert_eq!(tiers(fixed), ["medium"], "in 7d the slow tiers would fire on what the budget allows");
}

#[test]
fn tiers_that_outrun_the_scans_are_left_out_unless_they_are_asked_for() {
    let text = |interval: &str, tiers: &str| {
        format!(
            "schedule: {{interval: {interval}}}\nslos: [{{name: a, indicator: {{type: compliance}}, target: 0.999, tiers: {{{tiers}}}}}]\n"
        )
    };
    let left = |interval: &str| tiers(&parse(&text(interval, "")).unwrap().slos()[0]);
    assert_eq!(left("15m"), ["fast", "medium", "slow", "long"]);
    assert_eq!(left("1h"), ["medium", "slow", "long"]);
    assert_eq!(left("6h"), ["slow", "long"]);
    assert!(left("1d").is_empty());
    let published = format!("publish: {{file: plimsoll.prom}}\n{}", text("15m", ""));
    let published = parse(&published).unwrap().slos().remove(0);
    assert_eq!(tiers(&published), ["medium", "slow", "long"], "counters that move once a scan are too slow for 5m");
    check_faults(
        &text("1h", "enabled: [long, fast]"),
        "\
plimsoll.yaml:2:88: slos[0].tiers.enabled[1]: the fast tier is faster than the scans: its window of 1h is shorter than 4 × 1h between scans = 4h
  help: take it out of the list",
    );
    check_faults(
        &text("15m", "enabled: [slow], disabled: [slow]"),
        "\
plimsoll.yaml:2:82: slos[0].tiers.enabled[0]: slow is disabled too
  help: take it out of one of the lists",
    );
}

#[test]
fn a_tier_that_can_never_fire_is_a_fault_until_it_is_taken_out() {
    let text = |target: &str, tiers: &str| {
        format!("slos:\n  - {{name: a, indicator: {{type: compliance}}, target: {target}, tiers: {{{tiers}}}}}\n")
    };
    check_faults(
        &text("0.9", ""),
        "\
plimsoll.yaml:2:54: slos[0].tiers: the fast tier can never fire: 13.44 × (1 − 0.9) = 1.344: more than all of the resource-time would have to be bad
  help: raise the target, or do without the tier: tiers: {disabled: [fast]}",
    );
    let config = parse(&text("0.9", "disabled: [fast]")).unwrap();
    assert_eq!(tiers(&config.slos()[0]), ["medium", "slow", "long"]);
}

#[test]
fn what_does_not_fit_together_in_an_objective_is_a_fault() {
    check_faults(
        "\
slos:
  - {name: a, indicator: {type: compliance}}
  - {name: a, indicator: {type: compliance}, target: 1, budget: 1h}
  - {name: c, indicator: {type: open_time}, target: 0.9}
  - {name: d, indicator: {type: open_time}, budget: 0s}
  - {name: e, indicator: {type: detection}, target: 0}
  - {name: f, indicator: {type: detection, within: 5m}, target: 0.99}
  - {name: g, indicator: {type: coverage, within: 5m, rules: [], tags: {}}, target: 0.99}
  - {name: h, indicator: {type: remediation, within: 0s}, target: 0.99}
",
        "\
plimsoll.yaml:2:5: slos[0].target: the key is missing
  help: say which share must be good at least, such as 0.995
plimsoll.yaml:3:12: slos[1].name: a is there twice, first in line 2
plimsoll.yaml:3:54: slos[1].target: a target of 1 leaves no budget
  help: nothing is always good; 0.999 leaves 40 minutes in 28 days
plimsoll.yaml:3:65: slos[1].budget: compliance has a target, not a budget
  help: leave it out, or measure open_time; the budget of a share is 1 − target
plimsoll.yaml:4:5: slos[2].budget: the key is missing
  help: say how much finding-time may be used up in a window, such as 24h
plimsoll.yaml:4:53: slos[2].target: open_time has a budget, not a target
  help: leave it out; the budget says what may be used up
plimsoll.yaml:5:53: slos[3].budget: there is no budget in 0s
  help: give at least 1s; with no budget at all every finding would exceed it
plimsoll.yaml:6:26: slos[4].indicator.within: the key is missing
  help: say how long detection may take from the change, such as 1h
plimsoll.yaml:6:53: slos[4].target: a target of 0 promises nothing
  help: say which share must be good at least, such as 0.995
plimsoll.yaml:7:52: slos[5].indicator.within: with a scan every 15m a change is seen up to 15m later, so 5m cannot be promised
  help: allow more than one interval, or scan more often with schedule.interval
plimsoll.yaml:8:51: slos[6].indicator.within: coverage has no time limit
  help: leave it out, or measure detection or remediation
plimsoll.yaml:8:62: slos[6].indicator.rules: it is empty
  help: leave the key out so that it does not narrow the objective
plimsoll.yaml:8:72: slos[6].indicator.tags: it is empty
  help: leave the key out so that it does not narrow the objective
plimsoll.yaml:9:54: slos[7].indicator.within: no finding is resolved in 0s
",
    );
}

#[test]
fn words_of_objectives_are_checked_one_by_one() {
    check_faults(
        "slos: [{name: A_b, indicator: {type: complience, services: [dynamodb]}, target: 99.5, window: 12h, tiers: {disabled: [quick]}}]\n",
        "\
plimsoll.yaml:1:15: slos[0].name: expected a name of lower-case letters, digits and hyphens that begins with a letter, at most 63, found \"A_b\"
plimsoll.yaml:1:38: slos[0].indicator.type: expected one of compliance, coverage, open_time, detection, remediation, found \"complience\"
  help: did you mean compliance?
plimsoll.yaml:1:61: slos[0].indicator.services[0]: expected one of accessanalyzer, backup, cloudtrail, ec2, iam, organizations, s3, found \"dynamodb\"
plimsoll.yaml:1:81: slos[0].target: expected a share between 0 and 1, such as 0.95 for 95 %, found \"99.5\"
plimsoll.yaml:1:95: slos[0].window: expected month, or a length from 1d to 366d such as 28d, found \"12h\"
plimsoll.yaml:1:119: slos[0].tiers.disabled[0]: expected one of fast, medium, slow, long, found \"quick\"
",
    );
}

#[test]
fn the_usual_policy_is_that_of_the_design() {
    let policy = Config::default().budget_policy.policy();
    let stage = |action, enter, exit_above| Stage { action, enter, exit_above };
    let expected = [
        stage(Action::Warn, Enter::Below(0.5), 0.6),
        stage(Action::RequireApproval, Enter::Below(0.25), 0.35),
        stage(Action::Freeze, Enter::AtMost(0.0), 0.1),
    ];
    assert_eq!(policy.stages, expected);
    assert_eq!(policy.triggers[0].burning, Burning::Tier(TierName::Fast));
    assert_eq!((policy.minimum_coverage, policy.minimum_history), (0.9, 24 * HOUR));
    assert_eq!((policy.break_glass.maximum, policy.break_glass.approvers), (4 * HOUR, 2));
}

#[test]
fn a_policy_is_read_and_its_stages_stand_least_strict_first() {
    let config = parse(
        r#"
slos: [{name: a, indicator: {type: compliance}, target: 0.99}]
budget_policy:
  objectives: [a]
  stages:
    - {action: freeze, enter_below: -0.5, exit_above: 0}
    - {action: warn, enter_at_most: 0.9, exit_above: 1}
  burn_rates:
    - {window: 1h, above: 10, action: freeze, review_within: 2h}
  minimum_coverage: 0.97
  minimum_history: 7d
  exceptions: [{name: move, objectives: ["*"], owner: o, ticket: T-1, reason: r, expires: 2027-03-31}]
  break_glass: {maximum: 1h, approvers: 1, ticket_required: false}
"#,
    );
    let policy = config.unwrap_or_else(|error| panic!("{error}")).budget_policy.policy();
    let expected = [
        Stage { action: Action::Warn, enter: Enter::AtMost(0.9), exit_above: 1.0 },
        Stage { action: Action::Freeze, enter: Enter::Below(-0.5), exit_above: 0.0 },
    ];
    assert_eq!(policy.stages, expected);
    assert_eq!(policy.triggers[0].burning, Burning::Over { window: HOUR, above: 10.0 });
    assert_eq!(policy.triggers[0].review_within, Some(2 * HOUR));
    assert_eq!((policy.minimum_coverage, policy.minimum_history), (0.97, 168 * HOUR));
    assert_eq!(policy.exceptions[0].ticket.as_deref(), Some("T-1"));
    assert!(!policy.break_glass.ticket_required);
}

#[test]
fn what_does_not_fit_together_in_a_policy_is_a_fault() {
    check_faults(
        "\
budget_policy:
  stages:
    - {action: warn, enter_below: 0.2, enter_at_most: 0.2, exit_above: 0.3}
    - {action: warn, exit_above: 0.3}
    - {action: require_approval, enter_below: 0.2, exit_above: 0.2}
    - {action: freeze, enter_below: 0.3, exit_above: 0.5}
    - {action: freeze, enter_below: 0.1, exit_above: 0.5}
  burn_rates:
    - {tier: fast, window: 1h, above: 2, action: warn}
    - {tier: fast, above: 2, action: warn}
    - {window: 1h, action: warn}
    - {action: warn, review_within: 1s}
  minimum_coverage: 0
  minimum_history: 1m
",
        "\
plimsoll.yaml:3:55: budget_policy.stages[0].enter_at_most: there is an enter_below already
  help: name one of enter_below and enter_at_most
plimsoll.yaml:4:7: budget_policy.stages[1].enter_below: the key is missing
  help: name one of enter_below and enter_at_most
plimsoll.yaml:5:64: budget_policy.stages[2].exit_above: 0.2 is not above 0.2, where the stage begins
  help: leave some room between them, so that the stage does not come and go
plimsoll.yaml:6:16: budget_policy.stages[3].action: freeze begins at 0.3, before require_approval at 0.2, which would never be seen
  help: stricter stages begin later
plimsoll.yaml:7:16: budget_policy.stages[4].action: freeze is there twice, first in line 6
plimsoll.yaml:9:28: budget_policy.burn_rates[0].window: the tier has its windows already
  help: name a tier, or a window with above
plimsoll.yaml:10:27: budget_policy.burn_rates[1].above: the tier has its factor already
  help: name a tier, or a window with above
plimsoll.yaml:11:7: budget_policy.burn_rates[2].above: the key is missing
  help: name a tier, or a window with above
plimsoll.yaml:12:7: budget_policy.burn_rates[3].tier: the key is missing
  help: name a tier, or a window with above
plimsoll.yaml:12:37: budget_policy.burn_rates[3].review_within: 1s is too short; the least is 1m
plimsoll.yaml:13:21: budget_policy.minimum_coverage: 0 is not between 0.5 and 1
  help: what was not seen is never taken to be well
plimsoll.yaml:14:20: budget_policy.minimum_history: 1m is too short; the least is 1h
",
    );
    check_faults(
        "\
slos: [{name: a, indicator: {type: compliance}, target: 0.99}]
budget_policy:
  objectives: [b*]
  exceptions:
    - {name: x, objectives: [], owner: o, reason: r, expires: 2027-03-31}
    - {name: x, objectives: [a, c], owner: o, reason: r, expires: 2027-03-31}
",
        "\
plimsoll.yaml:3:16: budget_policy.objectives[0]: no objective has the name b*
  help: objectives: a
plimsoll.yaml:5:29: budget_policy.exceptions[0].objectives: the list is empty
  help: name objectives, or \"*\" for all
plimsoll.yaml:6:14: budget_policy.exceptions[1].name: x is there twice, first in line 5
plimsoll.yaml:6:33: budget_policy.exceptions[1].objectives[1]: no objective has the name c
  help: objectives: a
",
    );
    check_faults(
        "budget_policy: {stages: [], break_glass: {maximum: 4h}}\n",
        "\
plimsoll.yaml:1:25: budget_policy.stages: without a stage no budget means anything
  help: leave the key out for the usual stages, or name fewer objectives
",
    );
    check_faults(
        "budget_policy: {break_glass: {maximum: 7d, approvers: 0}}\n",
        "\
plimsoll.yaml:1:40: budget_policy.break_glass.maximum: 7d is not between 1m and 1d
  help: for longer, write an exception, which has an owner and a last day
plimsoll.yaml:1:55: budget_policy.break_glass.approvers: 0 is not between 1 and 10
",
    );
}

#[test]
fn missing_data_can_not_be_told_to_mean_allow() {
    for text in ["on_no_data: allow", "missing: allow", "stale: allow"] {
        assert!(parse(&format!("budget_policy: {{{text}}}\n")).unwrap_err().contains("unknown key"), "{text}");
    }
}
