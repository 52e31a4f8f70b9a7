//! The sections of `plimsoll.yaml`, and every default, in one place.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::budget_policy::BudgetPolicy;
use super::failover::FailoverEntry;
use super::fault::Reader;
use super::publish::Publish;
use super::read::{Sense, entries, sections};
use super::slo::SloEntry;
use super::value::{AccountDetail, CloudTrail, Depth, FailOn, Interval, Organization, RoleArn, Share};
use super::yaml::{Content, Node};
use crate::model::{AccountId, LedgerPlace, Pattern, Region, RuleId, Severity};

sections! {
    /// The whole file.
    Config {
        /// The accounts to scan. None: the account of the default credentials.
        accounts: Vec<AccountEntry> = Vec::new(),
        /// The regions to scan in every account that names none itself. None: the region of the
        /// default credentials.
        regions: Vec<Region> = Vec::new(),
        /// When `serve` scans.
        schedule: Schedule = Schedule::default(),
        /// How resources are read.
        collect: Collect = Collect::default(),
        /// Which rules judge.
        rules: RuleSelection = RuleSelection::default(),
        /// Values for `data.params`, by name. The rules say which there are. A value has the type of
        /// the default. The items of a list that is empty by default are texts, or whole numbers
        /// where the name ends in `_ports`.
        parameters: Map<String, Value> = Map::new(),
        /// Accepted failures.
        waivers: Vec<WaiverEntry> = Vec::new(),
        /// Files with more waivers.
        waiver_files: Vec<PathBuf> = Vec::new(),
        /// What waivers may be.
        waiver_policy: WaiverPolicy = WaiverPolicy::default(),
        /// How workloads go on working when a region is degraded. Each path is judged as a resource.
        failover: Vec<FailoverEntry> = Vec::new(),
        /// What is promised, and over what time.
        slos: Vec<SloEntry> = Vec::new(),
        /// What the state of the objectives' budgets means for changes.
        budget_policy: BudgetPolicy = BudgetPolicy::default(),
        /// From where on the exit code is not 0.
        thresholds: Thresholds = Thresholds::default(),
        /// What keeps scans, findings and counters: a file, or a PostgreSQL database as in
        /// `postgres://user@host/database`. Its password comes from `PGPASSWORD` or `~/.pgpass`.
        ledger: LedgerPlace = LedgerPlace::new("plimsoll.db"),
        /// What `serve` listens on.
        server: Server = Server::default(),
        /// How much `/metrics` tells.
        metrics: Metrics = Metrics::default(),
        /// Where a scan puts its metrics page.
        publish: Publish = Publish::default(),
    }

    /// One account and the way into it.
    AccountEntry {
        /// The account the credentials must lead to; anything else is an error. None: whatever
        /// they lead to.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<AccountId> = None,
        /// A profile of the shared AWS configuration. None: the default credential chain.
        #[serde(skip_serializing_if = "Option::is_none")]
        profile: Option<String> = None,
        /// A role to assume with those credentials.
        #[serde(skip_serializing_if = "Option::is_none")]
        role_arn: Option<RoleArn> = None,
        /// The external id the role's trust policy asks for. Not a secret.
        #[serde(skip_serializing_if = "Option::is_none")]
        external_id: Option<String> = None,
        /// The regions to scan in this account, in place of the general ones.
        #[serde(skip_serializing_if = "Option::is_none")]
        regions: Option<Vec<Region>> = None,
    }

    /// When `serve` scans.
    Schedule {
        /// From the start of one scan to the start of the next.
        interval: Interval = Interval::from_secs(15 * 60),
        /// Each start is moved by a random time of up to this, so that many scanners do not call
        /// at once.
        jitter: Interval = Interval::from_secs(30),
    }

    /// How resources are read.
    Collect {
        /// How much of each resource is read.
        depth: Depth = Depth::Standard,
        /// Whether service and resource control policies are read, which only the organization's
        /// management account and those it delegates to may.
        organization: Organization = Organization::Auto,
        /// Whether CloudTrail is asked, for each resource of a finding that opens, which call changed it:
        /// when exactly, and by whom. Takes `cloudtrail:LookupEvents`. CloudTrail needs up to 15
        /// minutes to know a call, so that later scans ask again for an hour; a delay of detection is
        /// counted when it is exact, or when that hour is over.
        cloudtrail: CloudTrail = CloudTrail::Off,
        /// Calls under way at once, per service, account and region.
        concurrency: u32 = 8,
        /// Attempts per call, the first one included.
        attempts: u32 = 5,
        /// To establish a connection.
        connect_timeout: Interval = Interval::from_millis(3_100),
        /// Between two bytes of an answer.
        read_timeout: Interval = Interval::from_secs(20),
        /// For one attempt.
        attempt_timeout: Interval = Interval::from_secs(30),
        /// For one call with all its attempts.
        operation_timeout: Interval = Interval::from_secs(180),
        /// For a whole scan; one that takes longer is stopped and counts as failed.
        scan_timeout: Interval = Interval::from_secs(30 * 60),
    }

    /// Which rules judge.
    RuleSelection {
        /// Whether the rules that come with the program judge.
        embedded: bool = true,
        /// A directory of more rules. A file there takes the place of the embedded one of the same
        /// path. A rule that cannot be used is unknown on every resource; it never stops a scan.
        #[serde(skip_serializing_if = "Option::is_none")]
        directory: Option<PathBuf> = None,
        /// More such directories; what stands in a later one counts.
        directories: Vec<PathBuf> = Vec::new(),
        /// Only rules that serve a control of these frameworks judge, opt-in ones included, such as
        /// `cis-5.0`. None: all rules that are enabled.
        frameworks: Vec<String> = Vec::new(),
        /// The rules that judge, by id or pattern.
        enabled: Vec<Pattern> = vec![Pattern::new("*")],
        /// Those of them that do not.
        disabled: Vec<Pattern> = Vec::new(),
        /// Severities in place of the rules' own.
        severities: BTreeMap<RuleId, Severity> = BTreeMap::new(),
    }

    /// What waivers may be.
    WaiverPolicy {
        /// The longest that a waiver may hold, from the day it was granted, or from today when it
        /// does not say. One that would hold longer accepts nothing.
        maximum_age: Interval = Interval::from_secs(365 * 24 * 60 * 60),
        /// How long before the end of a waiver scans begin to warn.
        warn_before: Interval = Interval::from_secs(14 * 24 * 60 * 60),
        /// A waiver that accepts more failures than this is called over-broad.
        most_failures: u32 = 20,
    }

    /// From where on the exit code is not 0.
    Thresholds {
        /// Findings of this severity or worse exit with 10.
        fail_on: FailOn = FailOn::High,
        /// Coverage below this exits with 3: that of everything, and that of what rules of severity
        /// `fail_on` or worse judge.
        minimum_coverage: Share = NEARLY_ALL,
    }

    /// What `serve` listens on.
    Server {
        /// Address and port.
        listen: SocketAddr = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 9820),
    }

    /// How much `/metrics` tells.
    Metrics {
        /// The most series; what is beyond is added up under `__other__`.
        max_series: u32 = 25_000,
        /// Whether accounts have series of their own.
        account_detail: AccountDetail = AccountDetail::Severity,
    }
}

entries! {
    /// A failure that is accepted until a day.
    WaiverEntry {
        /// A rule id, or a pattern over rule ids. `*` needs a bound of severity.
        rule: Pattern,
        /// Only failures of at most this severity.
        #[serde(skip_serializing_if = "Option::is_none")]
        severity: Option<Severity>,
        /// A pattern over the resource's ARN, name, or address in Terraform.
        resource: Pattern,
        /// Only in this account.
        #[serde(skip_serializing_if = "Option::is_none")]
        account: Option<AccountId>,
        /// Only resources that have these tags; patterns over values.
        #[serde(skip_serializing_if = "Option::is_none")]
        tags: Option<BTreeMap<String, Pattern>>,
        /// Why it is accepted.
        reason: String,
        /// Who answers for it.
        owner: String,
        /// Where it was decided.
        #[serde(skip_serializing_if = "Option::is_none")]
        ticket: Option<String>,
        /// The day it was accepted. A day to come counts as today.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<String>")]
        granted: Option<Date>,
        /// The last day it holds, to that day's end in UTC.
        #[schemars(with = "String")]
        expires: Date,
    }

    /// A file of waivers.
    WaiverFile {
        /// Version of the file format: 1.
        format: u32,
        /// Accepted failures.
        waivers: Vec<WaiverEntry>,
    }
}

/// The default minimum coverage, 0.95.
const NEARLY_ALL: Share = Share::literal(0.95);

impl Schedule {
    /// How long the state of one scan is taken to hold: two intervals and the longest scan. After
    /// that, resource time counts as `unknown`.
    #[must_use]
    pub fn hold(&self, longest_scan: Duration) -> Duration {
        self.interval.duration().saturating_mul(2).saturating_add(longest_scan)
    }
}

impl Sense for WaiverPolicy {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if self.maximum_age.duration() < Duration::from_hours(24) {
            let help = Some("waivers hold until the end of a day; give at least 1d".to_owned());
            let mark = node.mark_of("maximum_age");
            reader.at("maximum_age", |reader| reader.fault(Some(mark), "no waiver would ever hold", help));
        }
    }
}

/// What must hold between the keys of a waiver; `node` holds the list under `waivers`.
pub(super) fn sense_waivers(waivers: &[WaiverEntry], node: &Node, reader: &mut Reader) {
    for (index, (waiver, item)) in waivers.iter().zip(node.items("waivers")).enumerate() {
        let everything = waiver.rule.as_str().chars().all(|letter| letter == '*');
        reader.at(format!("waivers[{index}]"), |reader| {
            if everything && waiver.severity.is_none() {
                let help = "add `severity: low` (or medium): failures of at most that severity are accepted";
                let problem = "a waiver of every rule needs a bound of severity";
                reader.at("rule", |reader| reader.fault(Some(item.mark_of("rule")), problem, Some(help.to_owned())));
            }
            if waiver.granted.is_some_and(|granted| granted > waiver.expires) {
                let problem = "the waiver would end before it was granted";
                reader.at("expires", |reader| reader.fault(Some(item.mark_of("expires")), problem, None));
            }
        });
    }
}

impl Sense for Config {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        super::failover::sense(&self.failover, node, reader);
        super::slo::sense(self, node, reader);
        sense_waivers(&self.waivers, node, reader);
        let Content::Mapping(entries) = &node.content else { return };
        let accounts = entries.iter().find_map(|(key, value)| match (&key.content, &value.content) {
            (Content::Scalar { text, .. }, Content::Sequence(items)) if text == "accounts" => Some(items),
            _ => None,
        });
        let mut known: Vec<(&AccountId, usize)> = Vec::new();
        for (index, (account, item)) in self.accounts.iter().zip(accounts.into_iter().flatten()).enumerate() {
            let Some(id) = account.id.as_ref().or(account.role_arn.as_ref().map(RoleArn::account)) else { continue };
            if let Some((_, line)) = known.iter().find(|(known, _)| *known == id) {
                let problem = format!("account {id} is there twice, first in line {line}");
                reader.at(format!("accounts[{index}]"), |reader| reader.fault(Some(item.mark), problem, None));
            }
            known.push((id, item.mark.line));
        }
    }
}

impl Sense for AccountEntry {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if self.external_id.is_some() && self.role_arn.is_none() {
            let mark = node.mark_of("external_id");
            let help = Some("an external id is presented when a role is assumed; add role_arn".to_owned());
            reader.at("external_id", |reader| reader.fault(Some(mark), "there is no role_arn to use it with", help));
        }
        if let (Some(id), Some(role)) = (&self.id, &self.role_arn)
            && id != role.account()
        {
            let mark = node.mark_of("role_arn");
            let problem = format!("the role is in account {}, but id is {id}", role.account());
            reader.at("role_arn", |reader| reader.fault(Some(mark), problem, None));
        }
        if self.regions.as_ref().is_some_and(Vec::is_empty) {
            let help = Some("leave the key out to scan the general regions".to_owned());
            let mark = node.mark_of("regions");
            reader.at("regions", |reader| reader.fault(Some(mark), "the list is empty", help));
        }
    }
}

impl Sense for Schedule {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if self.interval < Interval::from_secs(10) {
            let problem = format!("{} is too short; the least is 10s", self.interval);
            reader.at("interval", |reader| reader.fault(Some(node.mark_of("interval")), problem, None));
        } else if self.jitter >= self.interval {
            let problem = format!("{} is not shorter than the interval, {}", self.jitter, self.interval);
            reader.at("jitter", |reader| reader.fault(Some(node.mark_of("jitter")), problem, None));
        }
    }
}

impl Sense for Collect {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        for (key, value, most) in [("concurrency", self.concurrency, 64), ("attempts", self.attempts, 10)] {
            if !(1..=most).contains(&value) {
                let problem = format!("{value} is not between 1 and {most}");
                reader.at(key, |reader| reader.fault(Some(node.mark_of(key)), problem, None));
            }
        }
        let limits = [
            ("connect_timeout", self.connect_timeout),
            ("read_timeout", self.read_timeout),
            ("attempt_timeout", self.attempt_timeout),
            ("operation_timeout", self.operation_timeout),
            ("scan_timeout", self.scan_timeout),
        ];
        if self.connect_timeout == Interval::from_secs(0) {
            let mark = node.mark_of("connect_timeout");
            reader.at("connect_timeout", |reader| reader.fault(Some(mark), "no call can be made in no time", None));
        }
        for [(inner, shorter), (outer, longer)] in limits.array_windows() {
            // Reading may take longer than connecting or not; from there on each limit holds the one before.
            if *inner != "connect_timeout" && shorter > longer {
                let problem = format!("{longer} is shorter than {inner}, {shorter}, which it must hold");
                reader.at(*outer, |reader| reader.fault(Some(node.mark_of(outer)), problem, None));
            }
        }
    }
}

impl Sense for Metrics {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if self.max_series < 1_000 {
            let problem = format!("{} is too few; the least is 1000", self.max_series);
            reader.at("max_series", |reader| reader.fault(Some(node.mark_of("max_series")), problem, None));
        }
    }
}

impl Sense for RuleSelection {
    fn sense(&self, node: &Node, reader: &mut Reader) {
        if !self.embedded && self.directory.is_none() && self.directories.is_empty() {
            let mark = node.mark_of("embedded");
            let help = Some("name a directory with rules of your own".to_owned());
            reader.at("embedded", |reader| reader.fault(Some(mark), "there would be no rules at all", help));
        }
    }
}

impl Sense for Thresholds {}
impl Sense for Server {}
