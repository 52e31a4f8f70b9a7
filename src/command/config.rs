//! `plimsoll config`: check, show, schema.

use plimsoll::config::Config;
use plimsoll::exit::Exit;
use plimsoll::scan::Judge;

use super::{config_path, load_config, print_text};
use crate::cli::{Common, ConfigVerb, Format};

pub(super) fn run(common: &Common, verb: &ConfigVerb) -> anyhow::Result<Exit> {
    match verb {
        ConfigVerb::Check => {
            let config = load_config(common)?;
            let judge = Judge::configured(&config)?;
            let from = config_path(common).map_or_else(|| "defaults".to_owned(), |path| path.display().to_string());
            print_text(&format!(
                "{from}: {} accounts, {} rules, {} waivers",
                config.accounts.len(),
                judge.rules().len(),
                judge.waivers().len()
            ))?;
        }
        ConfigVerb::Show => {
            let config = load_config(common)?;
            match common.format {
                Format::Table | Format::Csv => print_text(&config.to_yaml())?,
                Format::Json => print_text(&serde_json::to_string_pretty(&config.to_json())?)?,
            }
        }
        ConfigVerb::Schema => print_text(&serde_json::to_string_pretty(&Config::schema())?)?,
    }
    Ok(Exit::Success)
}
