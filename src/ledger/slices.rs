//! Numbers by state as short texts: a ledger of years has many scans, and each row is small.
//!
//! A slice is `[pass, critical, high, medium, low, waived, unknown, stale, unlisted]`, an amount of
//! time the first seven of them, open findings `[critical, high, medium, low]`. A service of which
//! nothing is known is left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::LedgerError;
use super::row::{from_json, to_json};
use crate::model::{Service, Severity};
use crate::sli::{Assessment, BySeverity, Indicator, Integrals, States};

/// What a scan says about the estate, as the ledger keeps it of every scan: without accounts,
/// regions and rules, which it keeps of the latest only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slices {
    /// All resources that a rule judges.
    pub overall: Indicator,
    /// The same, looking only at rules of this severity or worse.
    pub severities: BTreeMap<Severity, Indicator>,
    /// By service.
    pub services: BTreeMap<Service, Indicator>,
}

impl From<&Assessment> for Slices {
    fn from(assessment: &Assessment) -> Self {
        Self {
            overall: assessment.overall,
            severities: assessment.severities.clone(),
            services: assessment.services.clone(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Short {
    overall: [u64; 9],
    severities: BTreeMap<Severity, [u64; 9]>,
    services: BTreeMap<Service, [u64; 9]>,
}

impl Slices {
    pub(super) fn write(&self) -> Result<String, LedgerError> {
        let services = self.services.iter().filter(|(_, slice)| slice.resources.total() > 0);
        let short = Short {
            overall: nine(&self.overall),
            severities: self.severities.iter().map(|(severity, slice)| (*severity, nine(slice))).collect(),
            services: services.map(|(service, slice)| (*service, nine(slice))).collect(),
        };
        to_json("slices", &short)
    }

    pub(super) fn read(text: &str) -> Result<Self, LedgerError> {
        let short: Short = from_json("slices", text)?;
        let of = |service: &Service| (*service, short.services.get(service).map(indicator).unwrap_or_default());
        Ok(Self {
            overall: indicator(&short.overall),
            severities: short.severities.iter().map(|(severity, nine)| (*severity, indicator(nine))).collect(),
            services: Service::ALL.iter().map(of).collect(),
        })
    }
}

fn nine(slice: &Indicator) -> [u64; 9] {
    let [pass, critical, high, medium, low, waived, unknown] = seven(&slice.resources);
    [pass, critical, high, medium, low, waived, unknown, slice.stale, slice.unlisted]
}

const fn indicator(nine: &[u64; 9]) -> Indicator {
    let [pass, critical, high, medium, low, waived, unknown, stale, unlisted] = *nine;
    Indicator { resources: states([pass, critical, high, medium, low, waived, unknown]), stale, unlisted }
}

/// States in the order of the columns and texts.
pub(super) const fn seven(states: &States) -> [u64; 7] {
    let States { pass, fail, waived, unknown } = *states;
    [pass, fail.critical, fail.high, fail.medium, fail.low, waived, unknown]
}

/// The same read back.
pub(super) const fn states(seven: [u64; 7]) -> States {
    let [pass, critical, high, medium, low, waived, unknown] = seven;
    States { pass, fail: BySeverity { critical, high, medium, low }, waived, unknown }
}

#[derive(Serialize, Deserialize)]
struct ShortIntegrals {
    findings: [u64; 4],
    services: BTreeMap<Service, [u64; 7]>,
}

pub(super) fn write_integrals(integrals: &Integrals) -> Result<String, LedgerError> {
    let services = integrals.resources.iter().filter(|(_, states)| states.total() > 0);
    let short = ShortIntegrals {
        findings: four(&integrals.findings),
        services: services.map(|(service, states)| (*service, seven(states))).collect(),
    };
    to_json("time integrals", &short)
}

pub(super) fn read_integrals(text: &str) -> Result<Integrals, LedgerError> {
    let short: ShortIntegrals = from_json("time integrals", text)?;
    let mut integrals = Integrals { findings: by_severity(short.findings), ..Integrals::default() };
    integrals.resources.extend(short.services.iter().map(|(service, seven)| (*service, states(*seven))));
    Ok(integrals)
}

pub(super) fn write_findings(findings: &BySeverity) -> Result<String, LedgerError> {
    to_json("open findings", &four(findings))
}

pub(super) fn read_findings(text: &str) -> Result<BySeverity, LedgerError> {
    Ok(by_severity(from_json("open findings", text)?))
}

const fn four(amounts: &BySeverity) -> [u64; 4] {
    [amounts.critical, amounts.high, amounts.medium, amounts.low]
}

const fn by_severity([critical, high, medium, low]: [u64; 4]) -> BySeverity {
    BySeverity { critical, high, medium, low }
}
