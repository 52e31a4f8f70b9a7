use plimsoll::exit::Exit;
use crate::cli::{Common, GateArgs};
pub(super) fn run(_: &Common, _: &GateArgs) -> anyhow::Result<Exit> { anyhow::bail!("wip") }
