//! `plimsoll metrics`: publish a page again, and what a page costs.

use std::fmt::Write;

use plimsoll::config::Config;
use plimsoll::exit::Exit;
use plimsoll::ledger::Ledger;
use plimsoll::metrics::{Estimate, Published, Size, estimate};
use plimsoll::scan::Judge;
use serde_json::json;

use super::publishing::Publishing;
use super::{
    WrongArgument, clock, existing_ledger, ledger_place, load_config, load_config_with, print_text, published,
};
use crate::cli::{Common, EstimateArgs, Format, MetricsVerb, PushArgs};

pub(super) async fn run(common: &Common, verb: &MetricsVerb) -> anyhow::Result<Exit> {
    match verb {
        MetricsVerb::Push(arguments) => push(common, arguments).await,
        MetricsVerb::Estimate(arguments) => estimated(common, arguments),
    }
}

async fn push(common: &Common, arguments: &PushArgs) -> anyhow::Result<Exit> {
    let config = load_config_with(common, &arguments.judged_by)?;
    let publishing = Publishing::of(&config, &arguments.publish)?;
    if arguments.delete {
        return delete(common, &publishing).await;
    }
    if publishing.is_nowhere() {
        let problem = "neither the configuration nor the command line says where the page goes".to_owned();
        let help = "give the address of a Pushgateway, a file with --metrics-file, or publish: in the configuration";
        return Err(WrongArgument { argument: "--pushgateway", problem, help }.into());
    }
    let judge = Judge::configured(&config)?;
    let ledger = existing_ledger(ledger_place(&config, arguments.ledger.as_ref())).await?;
    let (page, scan) = remembered(&ledger, &judge, &config).await?;
    ledger.close().await;
    let mut trouble = publishing.page(&page).await;
    if trouble.is_empty() {
        let url = publishing.gateway().map(|gateway| gateway.url().to_owned());
        said(common, &json!({"published": true, "scan": scan, "pushgateway": url}), &format!("published scan {scan}"))?;
        return Ok(Exit::Success);
    }
    let last = trouble.remove(trouble.len() - 1);
    for error in &trouble {
        tracing::error!("{error:#}");
    }
    Err(last)
}

/// The page of the last scan and its number. An empty page would take the place of a good one.
async fn remembered(ledger: &Ledger, judge: &Judge, config: &Config) -> anyhow::Result<(Published, i64)> {
    let Some(last) = ledger.last_scan().await? else {
        anyhow::bail!("the ledger has no scan yet\nhelp: run plimsoll scan");
    };
    let mut page = published::remembered(ledger, judge, config, clock()).await?.published;
    for account in last.assessment.accounts.keys() {
        page.accounts.entry(account.clone()).or_default();
    }
    Ok((page, last.scan.id))
}

async fn delete(common: &Common, publishing: &Publishing) -> anyhow::Result<Exit> {
    let Some(gateway) = publishing.gateway().cloned() else {
        let problem = "there is no Pushgateway to delete from".to_owned();
        let help = "give its address with --pushgateway, or publish.pushgateway.url in the configuration";
        return Err(WrongArgument { argument: "--delete", problem, help }.into());
    };
    let url = gateway.url().to_owned();
    tokio::task::spawn_blocking(move || gateway.delete()).await??;
    said(common, &json!({"deleted": true, "pushgateway": url}), &format!("deleted {url}"))?;
    Ok(Exit::Success)
}

fn said(common: &Common, value: &serde_json::Value, sentence: &str) -> anyhow::Result<()> {
    match common.format {
        Format::Json => print_text(&value.to_string()),
        Format::Table | Format::Csv => print_text(sentence),
    }
}

fn estimated(common: &Common, arguments: &EstimateArgs) -> anyhow::Result<Exit> {
    let config = load_config(common)?;
    let rules = match arguments.rules {
        Some(rules) => usize::try_from(rules)?,
        None => Judge::configured(&config)?.rules().len(),
    };
    let size = Size {
        accounts: usize::try_from(arguments.accounts)?,
        regions: usize::try_from(arguments.regions)?,
        rules,
        slos: usize::try_from(arguments.slos)?,
    };
    let estimate = estimate(size, usize::try_from(config.metrics.max_series)?);
    match common.format {
        Format::Json => print_text(&serde_json::to_string_pretty(&estimate)?)?,
        Format::Table | Format::Csv => print_text(&table(&estimate))?,
    }
    Ok(Exit::Success)
}

fn table(estimate: &Estimate) -> String {
    let Size { accounts, regions, rules, slos } = estimate.size;
    let mut text =
        format!("{accounts} accounts, {regions} regions, {rules} rules, {slos} objectives, at the worst\n\n");
    let _ = writeln!(text, "{:>8}  {:>8}  family", "series", "folded");
    for family in &estimate.families {
        let folded = if family.folded == 0 { String::new() } else { family.folded.to_string() };
        let _ = writeln!(text, "{:>8}  {folded:>8}  {}", family.series, family.name);
    }
    let _ = writeln!(text, "{:>8}  {:>8}  all, of at most {}\n", estimate.series, "", estimate.max_series);
    let _ = writeln!(text, "page          {:>8.1} MB a scrape, uncompressed", megabytes(estimate.bytes as u64));
    let _ = writeln!(text, "samples       {:>8.0} a second, scraped every 60 s", estimate.samples_per_second);
    let _ =
        writeln!(text, "disk          {:>8.0} MB for 28 days, at 1.5 bytes a sample", megabytes(estimate.disk_bytes));
    let _ =
        writeln!(text, "memory        {:>8.0} MB of Prometheus, at 4 KiB a series", megabytes(estimate.memory_bytes));
    let folded: usize = estimate.families.iter().map(|family| family.folded).sum();
    if folded > 0 {
        let _ = writeln!(
            text,
            "\n{folded} label sets are past the limit: accounts, rules, regions and operations share __other__, further \
             objectives are left out; raise metrics.max_series, or set metrics.account_detail: none"
        );
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "a number of bytes for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
