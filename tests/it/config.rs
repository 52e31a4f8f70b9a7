//! The configuration file: what it means, and every fault with its place.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use plimsoll::config::{AccountDetail, Config, Depth, FailOn, Interval, WaiverFile};
use plimsoll::model::{LedgerPlace, Rule, RuleId, Severity};
use serde_json::Value;

/// Every key there is.
const WHOLE: &str = r#"
accounts:
  - id: 011122223333
    profile: audit
    role_arn: arn:aws:iam::011122223333:role/plimsoll
    external_id: "4711"
    regions: [eu-central-1]
  - profile: other
regions: [eu-central-1, us-gov-west-1]
schedule: {interval: 1h, jitter: 2m}
collect:
  depth: full
  concurrency: 4
  attempts: 3
  connect_timeout: 2s
  read_timeout: 10s
  attempt_timeout: 15s
  operation_timeout: 1m
  scan_timeout: 20m
rules:
  embedded: true
  directory: rules
  directories: [more, teams/web]
  frameworks: [cis-5.0]
  enabled: ["aws-s3-*", aws-iam-root-has-mfa]
  disabled: [aws-s3-versioning-enabled]
  severities:
    aws-s3-access-logged: low
parameters:
  key_rotation_days: 90
  trusted_accounts: ["111122223333"]
waivers:
  - rule: aws-s3-*
    resource: website-*
    account: "111122223333"
    reason: a public website
    owner: web@example.com
    ticket: WEB-12
    expires: 2027-03-31
waiver_files: []
failover:
  - name: orders-eu
    when: {degraded_region: us-east-1}
    region: eu-west-1
    subject: arn:aws:iam::111122223333:role/orders
    sts: global
    hops:
      - assume: arn:aws:iam::444455556666:role/orders-eu
        region: eu-west-2
        sts: regional
        external_id: "4711"
        session_tags: {team: orders}
        duration: 45m
        source_vpce: vpce-0a1b2c3d
        source_ip: 192.0.2.17
    must:
      - action: dynamodb:PutItem
        resource: arn:aws:dynamodb:eu-west-1:444455556666:table/orders
        region: eu-west-1
        context: {"dynamodb:LeadingKeys": [a, b], aws:ViaAWSService: "true"}
    must_not: [{action: "iam:*", resource: "*"}]
    recipe: ["route53:ChangeResourceRecordSets"]
  - name: pods
    when: {degraded_region: us-east-1}
    region: eu-west-1
    service_account: {issuer: "https://oidc.eks.eu-west-1.amazonaws.com/id/A1/", sub: "system:serviceaccount:a:b", audience: x}
    hops: [{assume: "arn:aws:iam::444455556666:role/pod"}]
    must_not: [{action: "iam:*", resource: "*"}]
slos:
  - name: critical-s3
    description: No bucket fails badly.
    indicator:
      type: compliance
      severity: critical
      services: [s3]
      accounts: ["111122223333"]
      rules: [aws-s3-*]
      frameworks: [cis-5.0]
      tags: {team: pay*}
    target: 0.995
    window: 30d
    tiers: {enabled: [slow], disabled: [long]}
  - {name: open-hours, indicator: {type: open_time}, budget: 24h, window: month}
  - {name: fixed, indicator: {type: remediation, within: 7d}, target: 0.95}
budget_policy:
  objectives: ["critical-*", fixed]
  stages:
    - {action: warn, enter_below: 0.4, exit_above: 0.5}
    - {action: freeze, enter_at_most: -0.5, exit_above: 0}
  burn_rates:
    - {tier: medium, action: warn, review_within: 1d}
    - {window: 1h, above: 10.5, action: freeze}
  minimum_coverage: 0.8
  minimum_history: 2h
  exceptions:
    - {name: move, objectives: [fixed], owner: web@example.com, ticket: WEB-13, reason: moving house, expires: 2027-03-31}
  break_glass: {maximum: 1h, approvers: 1, ticket_required: false}
thresholds: {fail_on: critical, minimum_coverage: 0.5}
ledger: state/plimsoll.db
server: {listen: "[::]:9820"}
metrics: {max_series: 5000, account_detail: none}
publish:
  file: /var/lib/node_exporter/plimsoll.prom
  pushgateway:
    url: https://pushgateway:9091
    job: scans
    labels: {scope: prod}
    username: scanner
    password_file: /run/secrets/pushgateway
    attempts: 3
    connect_timeout: 1s
    attempt_timeout: 5s
    timeout: 20s
"#;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("plimsoll.yaml")).map_err(|faults| faults.to_string())
}

/// Checks that a text is refused with exactly these faults.
fn check_faults(text: &str, expected: &str) {
    let message = parse(text).unwrap_err();
    let (_, faults) = message.split_once('\n').unwrap();
    assert_eq!(faults.trim(), expected.trim(), "\n--- got ---\n{faults}\n");
}

#[test]
fn an_empty_file_gives_the_defaults() {
    for text in ["", "# nothing yet\n", "schedule:\nrules:\n"] {
        assert_eq!(parse(text).unwrap(), Config::default(), "{text:?}");
    }
}

#[test]
fn every_key_is_read() {
    let config = parse(WHOLE).unwrap();
    assert_eq!(config.accounts[0].id.as_ref().unwrap().as_str(), "011122223333");
    assert_eq!(config.accounts[0].external_id.as_deref(), Some("4711"));
    assert_eq!(config.regions_of(&config.accounts[0]).len(), 1);
    assert_eq!(config.regions_of(&config.accounts[1]).len(), 2);
    assert_eq!(config.schedule.interval, Interval::from_secs(3600));
    assert_eq!(config.schedule.hold(Duration::from_mins(1)), Duration::from_mins(121));
    assert_eq!(config.collect.depth, Depth::Full);
    assert_eq!(config.rules.severities[&RuleId::new("aws-s3-access-logged").unwrap()], Severity::Low);
    assert_eq!(config.parameters["key_rotation_days"], 90);
    assert_eq!(config.waivers[0].expires.to_string(), "2027-03-31");
    assert_eq!(config.thresholds.fail_on, FailOn::Critical);
    assert!(config.server.listen.is_ipv6());
    assert_eq!(config.metrics.account_detail, AccountDetail::None);
    assert_eq!(config.publish.pushgateway.labels["scope"], "prod");
    assert_eq!(config.publish.pushgateway.timeout, Interval::from_secs(20));
}

#[test]
fn rules_are_selected_by_pattern() {
    let rules = parse(WHOLE).unwrap().rules;
    let rule = |id: &str| -> Rule {
        serde_json::from_value(serde_json::json!({
            "id": id, "title": "t", "description": "d", "severity": "low", "resource_types": [], "controls": {"cis-5.0": ["1.1"]},
            "reads": [], "reads_now": false, "remediation": {"text": "r"}, "related_resources": [], "digest": "",
        }))
        .unwrap()
    };
    let selected = |id: &str| rules.selects(&rule(id));
    assert!(selected("aws-s3-access-logged"));
    assert!(selected("aws-iam-root-has-mfa"));
    assert!(!selected("aws-s3-versioning-enabled"));
    assert!(!selected("aws-ec2-volume-encrypted"));
}

#[test]
fn what_is_shown_reads_back_as_the_same_configuration() {
    for config in [Config::default(), parse(WHOLE).unwrap()] {
        let shown = config.to_yaml();
        assert_eq!(parse(&shown).unwrap_or_else(|error| panic!("{error}\n{shown}")), config);
    }
}

#[test]
fn all_faults_are_reported_together_with_their_places() {
    check_faults(
        "\
regionz: [eu-central-1]
accounts:
  - id: 1234
    role_arn: arn:aws:iam::111122223333:user/plimsoll
  - external_id: x
schedule:
  intervall: 15m
  jitter: soon
  jitter: 1s
thresholds: {fail_on: hihg, minimum_coverage: 95}
regions: [eu-central-1, Frankfurt, eu-central-1]
waivers:
  - rule: aws-s3-*
    resource: '*'
    reason: ' '
    expires: 31.12.2026
collect: [1]
server: {listen: 9820}
rules: {severities: {AWS_S3: low, aws-s3-x: worst}, enabled:}
",
        r#"
plimsoll.yaml:1:1: regionz: unknown key
  help: did you mean regions? known keys: accounts, regions, schedule, collect, rules, parameters, waivers, waiver_files, waiver_policy, failover, slos, budget_policy, thresholds, ledger, server, metrics, publish
plimsoll.yaml:3:9: accounts[0].id: expected an AWS account id (12 digits), found "1234"
plimsoll.yaml:4:15: accounts[0].role_arn: expected the ARN of a role such as arn:aws:iam::111122223333:role/plimsoll, found "arn:aws:iam::111122223333:user/plimsoll"
plimsoll.yaml:5:18: accounts[1].external_id: there is no role_arn to use it with
  help: an external id is presented when a role is assumed; add role_arn
plimsoll.yaml:7:3: schedule.intervall: unknown key
  help: did you mean interval? known keys: interval, jitter
plimsoll.yaml:8:11: schedule.jitter: expected a length of time such as 15m, 1h30m or 500ms, found "soon"
plimsoll.yaml:9:3: schedule.jitter: the key is there twice, first in line 8
plimsoll.yaml:10:23: thresholds.fail_on: expected one of low, medium, high, critical, never, found "hihg"
  help: did you mean high?
plimsoll.yaml:10:47: thresholds.minimum_coverage: expected a share between 0 and 1, such as 0.95 for 95 %, found "95"
plimsoll.yaml:11:25: regions[1]: expected an AWS region such as eu-central-1, found "Frankfurt"
plimsoll.yaml:11:36: regions[2]: the same item is in the list twice
plimsoll.yaml:13:5: waivers[0].owner: the key is missing
plimsoll.yaml:15:13: waivers[0].reason: expected a text, found " "
plimsoll.yaml:16:14: waivers[0].expires: expected a date such as 2027-03-31, found "31.12.2026"
plimsoll.yaml:17:10: collect: expected a mapping (key: value), found a list
plimsoll.yaml:18:18: server.listen: expected an address and port such as 127.0.0.1:9820 or [::]:9820, found "9820"
plimsoll.yaml:19:22: rules.severities.AWS_S3: expected a rule id such as aws-s3-public-access-blocked, found "AWS_S3"
plimsoll.yaml:19:45: rules.severities.aws-s3-x: expected one of critical, high, medium, low, found "worst"
plimsoll.yaml:19:60: rules.enabled: expected a list, found nothing
"#,
    );
}

#[test]
fn what_does_not_fit_together_is_a_fault() {
    check_faults(
        "\
accounts:
  - {id: '111122223333', role_arn: 'arn:aws:iam::444455556666:role/x', regions: []}
  - id: '444455556666'
  - role_arn: arn:aws:iam::444455556666:role/y
",
        "
plimsoll.yaml:2:36: accounts[0].role_arn: the role is in account 444455556666, but id is 111122223333
plimsoll.yaml:2:81: accounts[0].regions: the list is empty
  help: leave the key out to scan the general regions
",
    );
    check_faults(
        "accounts: [{id: '444455556666'}, {role_arn: 'arn:aws:iam::444455556666:role/y'}]\n",
        "plimsoll.yaml:1:34: accounts[1]: account 444455556666 is there twice, first in line 1",
    );
    check_faults(
        "schedule: {interval: 1m, jitter: 5m}\n",
        "plimsoll.yaml:1:34: schedule.jitter: 5m is not shorter than the interval, 1m",
    );
    check_faults(
        "collect: {attempt_timeout: 5m, concurrency: 0}\n",
        "
plimsoll.yaml:1:10: collect.operation_timeout: 3m is shorter than attempt_timeout, 5m, which it must hold
plimsoll.yaml:1:45: collect.concurrency: 0 is not between 1 and 64
",
    );
    check_faults(
        "rules: {embedded: false}\n",
        "plimsoll.yaml:1:19: rules.embedded: there would be no rules at all
  help: name a directory with rules of your own",
    );
}

#[test]
fn failover_paths_become_resources() {
    let paths = parse(WHOLE).unwrap().failover_paths();
    assert_eq!(paths[0].id.as_str(), "arn:aws:plimsoll:eu-west-1:111122223333:failover-path/orders-eu");
    assert_eq!(paths[1].account.as_str(), "444455556666", "that of the first role");
    let documents: Vec<Value> = paths.iter().map(|path| path.document()["configuration"].take()).collect();
    assert_eq!(documents[0]["hops"][0]["duration_seconds"], 2_700);
    assert_eq!(documents[0]["hops"][0]["global_sts"], false, "a hop's own endpoint counts");
    assert_eq!(documents[0]["must"][0]["context"]["dynamodb:LeadingKeys"], serde_json::json!(["a", "b"]));
    assert_eq!(documents[1]["service_account"]["issuer"], "oidc.eks.eu-west-1.amazonaws.com/id/A1");
    assert_eq!(documents[1]["hops"][0]["region"], "eu-west-1", "that of the path");
}

#[test]
fn faults_of_failover_paths_have_their_places() {
    check_faults(
        "\
failover:
  - name: a b
    when: {degraded: us-east-1}
    region: Ireland
    subject: arn:aws:iam::111122223333:group/x
    service_account: {issuer: 'oidc eks', sub: ''}
    hops: [{assume: x, source_ip: 1.2.3, source_vpce: vpc-1, duration: 1, sts: local}]
    must: [{action: PutItem, resource: table/orders}]
",
        r#"
plimsoll.yaml:2:11: failover[0].name: expected a name of letters, digits, ., _ and -, found "a b"
plimsoll.yaml:3:11: failover[0].when.degraded_region: the key is missing
plimsoll.yaml:3:12: failover[0].when.degraded: unknown key
  help: known keys: degraded_region
plimsoll.yaml:4:13: failover[0].region: expected an AWS region such as eu-central-1, found "Ireland"
plimsoll.yaml:5:14: failover[0].subject: expected the ARN of a role or of a user, found "arn:aws:iam::111122223333:group/x"
plimsoll.yaml:6:31: failover[0].service_account.issuer: expected an issuer such as https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE, found "oidc eks"
plimsoll.yaml:6:48: failover[0].service_account.sub: expected a text, found ""
plimsoll.yaml:7:21: failover[0].hops[0].assume: expected the ARN of a role such as arn:aws:iam::111122223333:role/plimsoll, found "x"
plimsoll.yaml:7:35: failover[0].hops[0].source_ip: expected an address such as 192.0.2.17, found "1.2.3"
plimsoll.yaml:7:55: failover[0].hops[0].source_vpce: expected the id of a VPC endpoint such as vpce-0a1b2c3d4e5f67890, found "vpc-1"
plimsoll.yaml:7:72: failover[0].hops[0].duration: expected a length of time such as 15m, 1h30m or 500ms, found "1"
plimsoll.yaml:7:80: failover[0].hops[0].sts: expected one of regional, global, found "local"
  help: did you mean global?
plimsoll.yaml:8:21: failover[0].must[0].action: expected an action such as dynamodb:PutItem, found "PutItem"
plimsoll.yaml:8:40: failover[0].must[0].resource: expected an ARN, or *, found "table/orders"
"#,
    );
}

#[test]
fn what_does_not_fit_together_in_a_failover_path_is_a_fault() {
    check_faults(
        "\
failover:
  - name: one
    when: {degraded_region: eu-west-1}
    region: eu-west-1
    hops: [{assume: 'arn:aws:iam::111122223333:role/a'}, {assume: 'arn:aws:iam::111122223333:role/b'},
      {assume: 'arn:aws:iam::111122223333:role/a', duration: 13h}]
  - name: one
    when: {degraded_region: us-east-1}
    region: eu-west-1
    subject: arn:aws:iam::111122223333:role/a
    service_account: {issuer: oidc.example.org, sub: s}
    must: [{action: 's3:*', resource: 'arn:aws:s3:::b/*'}]
    recipe: ['iam:*']
  - name: two
    when: {degraded_region: us-east-1}
    region: eu-west-1
    service_account: {issuer: oidc.example.org, sub: s}
    must: [{action: 's3:ListBuckets', resource: '*'}]
",
        r"
plimsoll.yaml:2:5: failover[0].subject: the key is missing
  help: say who begins: subject or service_account
plimsoll.yaml:2:5: failover[0].must: nothing is asked of the path
  help: name requests under must or must_not
plimsoll.yaml:4:13: failover[0].region: the path leads into eu-west-1, the region that is degraded
plimsoll.yaml:6:16: failover[0].hops[2].assume: the path has been this role before
  help: leave the detour out
plimsoll.yaml:6:62: failover[0].hops[2].duration: 13h is not between 15m and 12h
plimsoll.yaml:7:11: failover[1].name: one is there twice, first in line 2
plimsoll.yaml:11:22: failover[1].service_account: there is a subject already
  help: keep the one that begins
plimsoll.yaml:12:21: failover[1].must[0].action: one action is needed here, not a pattern
  help: patterns are for must_not
plimsoll.yaml:12:39: failover[1].must[0].resource: one resource is needed here, not a pattern
  help: patterns are for must_not
plimsoll.yaml:13:14: failover[1].recipe[0]: a step of a recipe is one action, not a pattern
plimsoll.yaml:14:5: failover[2].hops: a service account can do nothing without a role
  help: name the role that trusts the cluster's issuer
",
    );
}

#[test]
fn what_is_not_yaml_or_not_a_mapping_is_one_fault() {
    check_faults(
        "regions: [eu-central-1\nledger: x\n",
        "plimsoll.yaml:2:7: not valid YAML: illegal placement of ':' indicator",
    );
    check_faults("- a\n- b\n", "plimsoll.yaml:1:1: expected a mapping (key: value), found a list");
}

#[test]
fn waivers_come_from_files_too_and_paths_are_relative_to_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plimsoll.yaml");
    fs::write(
        &path,
        "waiver_files: [waivers.yaml]\nledger: state.db\nrules: {directory: rules, directories: [more]}\n",
    )
    .unwrap();
    let waiver = "{rule: x, resource: '*', reason: r, owner: o, expires: 2027-01-01}";
    fs::write(directory.path().join("waivers.yaml"), format!("format: 1\nwaivers:\n  - {waiver}\n")).unwrap();
    let config = Config::load(&path).unwrap();
    assert_eq!(config.waivers.len(), 1);
    assert_eq!(config.ledger, LedgerPlace::File(directory.path().join("state.db")));
    assert_eq!(config.rules.directory, Some(directory.path().join("rules")));
    assert_eq!(config.rules.directories, [directory.path().join("more")]);
    assert_eq!(config.to_json()["waiver_files"], Value::Array(Vec::new()));
}

#[test]
fn faults_of_the_configuration_and_of_its_waiver_files_are_reported_together() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("plimsoll.yaml");
    fs::write(&path, "ledgr: x\nwaiver_files: [old.yaml, none.yaml, new.yaml]\n").unwrap();
    fs::write(directory.path().join("old.yaml"), "format: 1\nwaivers:\n  - {rule: x, expires: never}\n").unwrap();
    fs::write(directory.path().join("new.yaml"), "format: 2\nwaivers: []\n").unwrap();
    let faults = Config::load(&path).unwrap_err().faults;
    let found: Vec<String> = faults
        .iter()
        .map(|fault| {
            let (line, column) = fault.place.unwrap();
            format!("{}:{line}:{column} {}", fault.file.file_name().unwrap().display(), fault.key)
        })
        .collect();
    let expected = [
        "plimsoll.yaml:1:1 ledgr",
        "plimsoll.yaml:2:26 waiver_files[1]",
        "old.yaml:3:5 waivers[0].resource",
        "old.yaml:3:5 waivers[0].reason",
        "old.yaml:3:5 waivers[0].owner",
        "old.yaml:3:24 waivers[0].expires",
        "new.yaml:1:9 format",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let message = Config::load(Path::new("/nowhere/plimsoll.yaml")).unwrap_err().to_string();
    assert!(message.contains("/nowhere/plimsoll.yaml: cannot be read"), "{message}");
    assert!(message.contains("help: name the file with --config"), "{message}");
}

#[test]
fn the_usual_file_is_found_and_the_defaults_need_none() {
    let directory = tempfile::tempdir().unwrap();
    assert_eq!(Config::find(None, directory.path()).unwrap(), Config::default());
    fs::write(directory.path().join("plimsoll.yaml"), "ledger: found.db\n").unwrap();
    assert_eq!(
        Config::find(None, directory.path()).unwrap().ledger,
        LedgerPlace::File(directory.path().join("found.db"))
    );
    assert!(Config::find(Some(&directory.path().join("other.yaml")), directory.path()).is_err());
}

/// The reader is asked what it knows: each key of the schema is accepted, and what it lists as
/// known keys after a mistake are the keys of the schema.
#[test]
fn the_schema_and_the_reader_know_the_same_keys() {
    let schema = Config::schema();
    let sections = [
        ("/properties", "nonsense: 1\n"),
        ("/$defs/AccountEntry/properties", "accounts: [{nonsense: 1}]\n"),
        ("/$defs/Schedule/properties", "schedule: {nonsense: 1}\n"),
        ("/$defs/Collect/properties", "collect: {nonsense: 1}\n"),
        ("/$defs/RuleSelection/properties", "rules: {nonsense: 1}\n"),
        ("/$defs/WaiverEntry/properties", "waivers: [{nonsense: 1}]\n"),
        ("/$defs/WaiverPolicy/properties", "waiver_policy: {nonsense: 1}\n"),
        ("/$defs/FailoverEntry/properties", "failover: [{nonsense: 1}]\n"),
        ("/$defs/Degraded/properties", "failover: [{when: {nonsense: 1}}]\n"),
        ("/$defs/ServiceAccountEntry/properties", "failover: [{service_account: {nonsense: 1}}]\n"),
        ("/$defs/HopEntry/properties", "failover: [{hops: [{nonsense: 1}]}]\n"),
        ("/$defs/GoalEntry/properties", "failover: [{must: [{nonsense: 1}]}]\n"),
        ("/$defs/SloEntry/properties", "slos: [{nonsense: 1}]\n"),
        ("/$defs/IndicatorEntry/properties", "slos: [{indicator: {nonsense: 1}}]\n"),
        ("/$defs/TiersEntry/properties", "slos: [{tiers: {nonsense: 1}}]\n"),
        ("/$defs/BudgetPolicy/properties", "budget_policy: {nonsense: 1}\n"),
        ("/$defs/StageEntry/properties", "budget_policy: {stages: [{nonsense: 1}]}\n"),
        ("/$defs/BurnRateEntry/properties", "budget_policy: {burn_rates: [{nonsense: 1}]}\n"),
        ("/$defs/ExceptionEntry/properties", "budget_policy: {exceptions: [{nonsense: 1}]}\n"),
        ("/$defs/BreakGlassEntry/properties", "budget_policy: {break_glass: {nonsense: 1}}\n"),
        ("/$defs/NotifyEntry/properties", "budget_policy: {notify: [{nonsense: 1}]}\n"),
        ("/$defs/WebhookEntry/properties", "budget_policy: {notify: [{slack: {nonsense: 1}}]}\n"),
        ("/$defs/Thresholds/properties", "thresholds: {nonsense: 1}\n"),
        ("/$defs/Server/properties", "server: {nonsense: 1}\n"),
        ("/$defs/Metrics/properties", "metrics: {nonsense: 1}\n"),
        ("/$defs/Publish/properties", "publish: {nonsense: 1}\n"),
        ("/$defs/PushgatewayEntry/properties", "publish: {pushgateway: {nonsense: 1}}\n"),
    ];
    for (place, text) in sections {
        let keys: BTreeSet<String> = schema.pointer(place).unwrap().as_object().unwrap().keys().cloned().collect();
        let message = parse(text).unwrap_err();
        // What is missing beside the mistake is told too.
        let (_, known) = message.split_once("known keys: ").unwrap();
        let known: BTreeSet<String> = known.lines().next().unwrap().split(", ").map(str::to_owned).collect();
        assert_eq!(known, keys, "{place}");
    }
    let sections_of_the_schema = schema["$defs"].as_object().unwrap().values().filter(|def| def["type"] == "object");
    assert_eq!(sections_of_the_schema.count(), sections.len() - 1, "a section is missing in this test");
}

#[test]
fn the_schema_names_what_is_needed_and_gives_the_defaults() {
    let schema = Config::schema();
    assert_eq!(schema.get("required"), None);
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["$defs"]["Schedule"]["properties"]["interval"]["default"], "15m");
    let required: Vec<&str> = schema["$defs"]["WaiverEntry"]["required"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_str().unwrap())
        .collect();
    assert_eq!(required, ["rule", "resource", "reason", "owner", "expires"]);
    assert_eq!(WaiverFile::schema()["required"], serde_json::json!(["format", "waivers"]));
}

/// `docs/configuration.md` is written from the schema, so that it names every key and default.
/// `BLESS=1` writes it anew.
#[test]
fn the_documentation_names_every_key_and_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let written = documentation(&Config::schema());
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &written).unwrap();
    }
    assert!(fs::read_to_string(&path).unwrap_or_default() == written, "docs/configuration.md is out of date");
}

fn documentation(schema: &Value) -> String {
    let mut text = String::from(include_str!("config/head.md"));
    text.push_str(&keys("The file", schema));
    let sections = [
        ("`accounts`, each", "AccountEntry"),
        ("`schedule`", "Schedule"),
        ("`collect`", "Collect"),
        ("`rules`", "RuleSelection"),
        ("`waivers`, each", "WaiverEntry"),
        ("`waiver_policy`", "WaiverPolicy"),
        ("`failover`, each", "FailoverEntry"),
        ("`failover`, `when`", "Degraded"),
        ("`failover`, `service_account`", "ServiceAccountEntry"),
        ("`failover`, each of `hops`", "HopEntry"),
        ("`failover`, each of `must` and `must_not`", "GoalEntry"),
        ("`slos`, each", "SloEntry"),
        ("`slos`, `indicator`", "IndicatorEntry"),
        ("`slos`, `tiers`", "TiersEntry"),
        ("`budget_policy`", "BudgetPolicy"),
        ("`budget_policy`, each of `stages`", "StageEntry"),
        ("`budget_policy`, each of `burn_rates`", "BurnRateEntry"),
        ("`budget_policy`, each of `exceptions`", "ExceptionEntry"),
        ("`budget_policy`, `break_glass`", "BreakGlassEntry"),
        ("`budget_policy`, each of `notify`", "NotifyEntry"),
        ("`budget_policy`, `notify`, `webhook` and `slack`", "WebhookEntry"),
        ("`thresholds`", "Thresholds"),
        ("`server`", "Server"),
        ("`metrics`", "Metrics"),
        ("`publish`", "Publish"),
        ("`publish`, `pushgateway`", "PushgatewayEntry"),
    ];
    let all = schema["$defs"].as_object().unwrap().iter().filter(|(_, def)| def["type"] == "object");
    for (name, _) in all {
        assert!(sections.iter().any(|(_, told)| told == name), "{name} is described nowhere");
    }
    for (title, name) in sections {
        text.push_str(&keys(title, &schema["$defs"][name]));
    }
    text
}

/// A list of mappings as people write it in YAML.
fn flow(items: &[Value]) -> String {
    let item = |item: &Value| {
        let fields = item.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let fields: Vec<String> =
            fields.map(|(key, value)| format!("{key}: {}", value.to_string().trim_matches('"'))).collect();
        format!("{{{}}}", fields.join(", "))
    };
    format!("[{}]", items.iter().map(item).collect::<Vec<_>>().join(", "))
}

/// One section as a table. A default that is a section itself is described there.
fn keys(title: &str, section: &Value) -> String {
    let required: Vec<&Value> = section["required"].as_array().into_iter().flatten().collect();
    let mut text = format!("\n## {title}\n\n| key | default | meaning |\n|---|---|---|\n");
    for (key, about) in section["properties"].as_object().unwrap() {
        let default = match about.get("default") {
            _ if required.contains(&&Value::from(key.as_str())) => "needed".to_owned(),
            Some(Value::Object(fields)) if !fields.is_empty() => "see below".to_owned(),
            Some(Value::Null) | None => "none".to_owned(),
            Some(Value::Array(items)) if items.iter().any(Value::is_object) => format!("`{}`", flow(items)),
            Some(default) => format!("`{}`", default.to_string().trim_matches('"')),
        };
        let meaning = about["description"].as_str().unwrap_or_default().replace('\n', " ");
        writeln!(text, "| `{key}` | {default} | {meaning} |").unwrap();
    }
    text
}
