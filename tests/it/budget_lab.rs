//! A ledger in which an objective has a past that ends now, for the tests of the budget policy.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use plimsoll::config::Config;
use plimsoll::sli::{BySeverity, States};
use plimsoll::slo::Measure;

use crate::estate::{Ended, folder, program, run};
use crate::ledger_lab::Lab;
use crate::ledger_postgres::Home;

/// One objective of 1,000 resources: each per mille that fails takes 2 % of its budget.
pub(crate) const OBJECTIVE: &str = "\
slos:
  - {name: resources-high, indicator: {type: compliance, severity: high}, target: 0.95}
";
/// Stages as they are by default, after an hour of history, and no burn rates.
pub(crate) const POLICY: &str = "\
budget_policy:
  minimum_history: 1h
  burn_rates: []
";

pub(crate) fn configuration(policy: &str) -> String {
    format!("{OBJECTIVE}{POLICY}{policy}")
}

pub(crate) fn config(policy: &str) -> Config {
    Config::parse(&configuration(policy), Path::new("plimsoll.yaml")).unwrap()
}

/// So many of 1,000 resources fail.
pub(crate) fn failing(high: u64) -> Measure {
    let fail = BySeverity { high, ..BySeverity::default() };
    let resources = States { pass: 1000 - high, fail, ..States::default() };
    Measure { resources, open: high, within: 0, late: 0 }
}

/// A ledger with a past, and a folder with a configuration, in which the program runs.
pub(crate) struct Past {
    pub(crate) lab: Lab,
    pub(crate) folder: tempfile::TempDir,
}

impl Past {
    /// So many of 1,000 resources fail all the time: for two hours, up to `age` before now.
    pub(crate) async fn of(home: Home, high: u64, age: SignedDuration, policy: &str) -> Self {
        let mut lab = Lab::new(home, &[("logs", false)]).await;
        let digest = config(policy).slos()[0].digest();
        lab.measures = vec![(digest, failing(high))];
        let last = (Timestamp::now() - age).as_second() - 60;
        for scan in (0..5).rev() {
            lab.scan(last - scan * 1500).await;
        }
        let past = Self { lab, folder: folder().0 };
        past.configure(policy);
        past
    }

    /// The same in a file, up to a minute before now.
    pub(crate) async fn failing(high: u64, policy: &str) -> Self {
        Self::of(Home::file(), high, SignedDuration::from_mins(1), policy).await
    }

    pub(crate) fn configure(&self, policy: &str) {
        std::fs::write(self.folder.path().join("plimsoll.yaml"), configuration(policy)).unwrap();
    }

    /// The program with this ledger.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Ended {
        let ledger = self.lab.home.argument();
        run(&mut program(self.folder.path()), &[arguments, &["--ledger", &ledger]].concat())
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> (i32, serde_json::Value) {
        let ended = self.ask(&[arguments, &["--format", "json"]].concat());
        let document = serde_json::from_str(&ended.stdout);
        assert!(document.is_ok(), "{}{}", ended.stdout, ended.stderr);
        (ended.code, document.unwrap())
    }
}
