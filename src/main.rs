//! The program: read the command line, do what it asks, say how it ended.

mod cli;
mod command;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use plimsoll::exit::Exit;
use plimsoll::logging;

/// Documents and rules are many small values; this allocator takes a quarter less time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => report(&error).into(),
    }
}

fn run(cli: cli::Cli) -> anyhow::Result<Exit> {
    let filter = std::env::var(logging::FILTER_VARIABLE).ok();
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    logging::start(cli.common.log_format.into(), cli.common.verbose, filter.as_deref(), colour)?;
    // Judging keeps one worker busy; on a single core another one must go on answering scrapes.
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
    let exit = runtime.block_on(command::run(cli));
    // A blocking task that does not end must not keep the process alive.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    exit
}

/// Help and version are not errors; everything else clap refuses is wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    // Nothing can be done when the terminal itself refuses the message.
    let _ = error.print();
    if asked_for { Exit::Success.into() } else { Exit::Usage.into() }
}

/// Says what went wrong, with its causes. A broken pipe is the reader's choice, not an error.
fn report(error: &anyhow::Error) -> Exit {
    if error.chain().any(is_broken_pipe) {
        return Exit::Success;
    }
    let mut text = format!("error: {error}");
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Transparent errors repeat their cause.
        if !said.contains(&cause) {
            text.push_str("\n  caused by: ");
            text.push_str(&cause);
        }
        said = cause;
    }
    let _ = writeln!(std::io::stderr(), "{text}");
    command::exit_of(error)
}

fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
