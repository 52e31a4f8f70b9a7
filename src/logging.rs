//! Logs: to stderr, never to stdout, so that results can be piped.
//!
//! The filter is `PLIMSOLL_LOG` when it is set (`plimsoll=debug,aws_config=info`), else what
//! `--verbose` asks for. The SDK's own crates stay at warnings unless `PLIMSOLL_LOG` names them:
//! at debug level they print request headers. Nothing logs the value of a credential.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

/// The environment variable that holds the log filter.
pub const FILTER_VARIABLE: &str = "PLIMSOLL_LOG";

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// All formats, by the word on the command line.
    pub const ALL: &[(&str, Self)] = &[("human", Self::Human), ("json", Self::Json)];
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    /// The filter does not parse.
    #[error("the log filter {filter:?} ({FILTER_VARIABLE}) is not valid\nhelp: write it like plimsoll=debug,warn")]
    Filter {
        /// The text as given.
        filter: String,
        /// Why it does not parse.
        #[source]
        source: ParseError,
    },
    /// A second call.
    #[error("logging was set up twice")]
    Twice,
}

/// Starts logging to stderr.
///
/// `filter` is the value of [`FILTER_VARIABLE`], `verbose` how often `--verbose` was given:
/// none shows warnings and what the program says about its own work, one adds debug lines of
/// plimsoll, two add those of all other crates but the SDK, three add the SDK's.
///
/// # Errors
/// When the filter does not parse, or logging was started before.
pub fn start(format: LogFormat, verbose: u8, filter: Option<&str>, colour: bool) -> Result<(), LoggingError> {
    let filter = filter_for(verbose, filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colour);
    match format {
        LogFormat::Human => builder.with_target(verbose > 0).compact().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(|_already_set| LoggingError::Twice)
}

fn filter_for(verbose: u8, filter: Option<&str>) -> Result<EnvFilter, LoggingError> {
    let text = filter.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(match verbose {
        0 => "warn,plimsoll=info",
        1 => "warn,plimsoll=debug",
        2 => {
            "debug,aws_config=warn,aws_runtime=warn,aws_smithy_runtime=warn,aws_smithy_runtime_api=warn,\
              aws_sdk_ec2=warn,aws_sdk_iam=warn,aws_sdk_s3=warn,aws_sdk_s3control=warn,aws_sdk_sts=warn,hyper=warn,\
              hyper_util=warn,rustls=warn,h2=warn"
        }
        _ => "debug",
    });
    EnvFilter::try_new(text).map_err(|source| LoggingError::Filter { filter: text.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_over_verbose_and_an_empty_one_does_not() {
        assert_eq!(filter_for(3, Some("plimsoll=trace")).unwrap().to_string(), "plimsoll=trace");
        assert_eq!(filter_for(0, Some(" ")).unwrap().to_string(), "plimsoll=info,warn");
        assert!(filter_for(2, None).unwrap().to_string().contains("aws_runtime=warn"));
    }

    #[test]
    fn a_filter_that_does_not_parse_is_named() {
        let error = filter_for(0, Some("plimsoll=loud")).unwrap_err();
        assert!(error.to_string().contains("\"plimsoll=loud\""), "{error}");
    }
}
