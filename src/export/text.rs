//! Numbers, times and shares as they stand in rules and sentences.

use std::time::Duration;

/// A duration in the language of Prometheus: the largest unit that divides it.
///
/// 90 min is `90m`, 24 h is `1d`, a twelfth of a second is `83ms`; what is shorter is `1ms`.
pub(super) fn duration(duration: Duration) -> String {
    let milliseconds = duration.as_millis().max(1);
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
    let unit = units.iter().find(|(_, size)| milliseconds.is_multiple_of(*size));
    unit.map_or_else(String::new, |(name, size)| format!("{}{name}", milliseconds / size))
}

/// A duration for people: `2 days 2 hours`, in its two largest units.
pub(super) fn spoken(duration: Duration) -> String {
    let minutes = (duration.as_secs() + 30) / 60;
    let parts = [(minutes / 1440, "day"), (minutes / 60 % 24, "hour"), (minutes % 60, "minute")];
    let words: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .take(2)
        .map(|(count, unit)| format!("{count} {unit}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    if words.is_empty() { "less than a minute".to_owned() } else { words.join(" ") }
}

/// A number without the noise of binary fractions: ten digits after the point at most.
///
/// `1 - 0.99` is written `0.01`.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.10}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number for people, with three significant digits.
pub(super) fn rounded(value: f64) -> String {
    let digits = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else if value.abs() >= 1.0 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share as a percentage for people: 0.1344 is `13.4 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", rounded(share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_prometheus() {
        let written: Vec<String> = [300_000, 3_600_000, 86_400_000, 2_419_200_000, 40_320_000, 500, 90_000]
            .map(Duration::from_millis)
            .map(duration)
            .into();
        assert_eq!(written, ["5m", "1h", "1d", "28d", "672m", "500ms", "90s"]);
    }

    #[test]
    fn sentences_have_few_digits() {
        assert_eq!(spoken(Duration::from_hours(50)), "2 days 2 hours");
        assert_eq!(spoken(Duration::from_secs(10)), "less than a minute");
        assert_eq!(spoken(Duration::from_mins(61)), "1 hour 1 minute");
        assert_eq!((number(1.0 - 0.99), number(13.44), number(3.0)), ("0.01".into(), "13.44".into(), "3".into()));
        assert_eq!(
            (percent(0.1344), percent(0.672), percent(0.009_333)),
            ("13.4 %".into(), "67.2 %".into(), "0.933 %".into())
        );
    }
}
