//! Moments as people write them on a command line.

use jiff::{SignedDuration, Timestamp};
use plimsoll::config::Interval;

use super::WrongArgument;

/// `24h` is that long before `now`; anything else is a moment, `2026-11-22T13:00Z`, or a day in UTC,
/// `2026-11-22`.
pub(super) fn moment(argument: &'static str, text: &str, now: Timestamp) -> Result<Timestamp, WrongArgument> {
    if let Ok(length) = text.parse::<Interval>() {
        let length = SignedDuration::try_from(length.duration()).unwrap_or(SignedDuration::MAX);
        return Ok(now.saturating_sub(length).unwrap_or(Timestamp::MIN));
    }
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let at = text.parse::<Timestamp>().ok().or_else(|| day().map(|day| day.timestamp()));
    at.ok_or_else(|| WrongArgument {
        argument,
        problem: format!("{text:?} is neither a length of time nor a moment"),
        help: "write it like 24h, 28d, 2026-11-22 or 2026-11-22T13:00Z",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_days_and_moments_are_understood() {
        let now: Timestamp = "2026-11-22T13:00:00Z".parse().unwrap();
        let read = |text| moment("--since", text, now).map(|at| at.to_string()).map_err(|error| error.to_string());
        assert_eq!(read("24h").unwrap(), "2026-11-21T13:00:00Z");
        assert_eq!(read("2026-11-20").unwrap(), "2026-11-20T00:00:00Z");
        assert_eq!(read("2026-11-20T08:30Z").unwrap(), "2026-11-20T08:30:00Z");
        assert!(read("yesterday").unwrap_err().contains("neither a length of time nor a moment"));
    }
}
