//! `plimsoll findings`: findings in the ledger.

use plimsoll::exit::Exit;
use plimsoll::ledger::FindingFilter;
use plimsoll::model::RuleId;
use plimsoll::report::Report;

use super::{WrongArgument, existing_ledger, ledger_place, load_config, print, severity};
use crate::cli::{Common, FindingsArgs};

pub(super) async fn run(common: &Common, arguments: &FindingsArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let rule = arguments.rule.as_ref().map(|rule| RuleId::new(rule.as_str())).transpose();
    let filter = FindingFilter {
        open: (!arguments.all).then_some(true),
        severity: severity("--severity", arguments.severity.as_ref())?,
        rule: rule.map_err(|error| WrongArgument {
            argument: "--rule",
            problem: error.to_string(),
            help: "see plimsoll rules list",
        })?,
        ..FindingFilter::default()
    };
    let ledger = existing_ledger(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let mut findings = ledger.findings(&filter).await?;
    if let Some(part) = &arguments.resource {
        findings.retain(|finding| finding.resource.id.as_str().contains(part.as_str()));
    }
    print(common, &Report::Findings(&findings))?;
    Ok(Exit::Success)
}
