//! Values of condition keys by type: decimal numbers, dates, addresses, bytes.
//!
//! A text that is not of the type compares with nothing.

use std::cmp::Ordering;
use std::net::IpAddr;

use base64::Engine;
use ipnet::IpNet;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Compares two numbers digit by digit, so that no size and no fraction is rounded: IAM's numbers
/// are decimals, `9007199254740993` is not `9007199254740992`.
pub(super) fn numbers(left: &str, right: &str) -> Option<Ordering> {
    let (left, right) = (Decimal::read(left)?, Decimal::read(right)?);
    Some(match (left.negative, right.negative) {
        (false, false) => left.compare_size(&right),
        (true, true) => right.compare_size(&left),
        (negative, _) => {
            if negative {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
    })
}

/// A decimal number as its digits before and after the point, without zeros that mean nothing.
struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let zero = whole.is_empty() && fraction.is_empty();
        Some(Self { negative: text.starts_with('-') && !zero, whole, fraction })
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(other.whole));
        whole.then_with(|| self.fraction.cmp(other.fraction))
    }
}

/// Compares two dates, each in a form of ISO 8601 (`2026`, `2026-11`, `2026-11-22`,
/// `2026-11-22T12:00Z`, with seconds, fractions and an offset) or in seconds since 1970; without an
/// offset it is UTC.
pub(super) fn dates(left: &str, right: &str) -> Option<Ordering> {
    Some(date(left)?.cmp(&date(right)?))
}

pub(in crate::policy) fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some(timestamp);
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.len() > 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::UNIX_EPOCH.checked_add(SignedDuration::from_secs(text.parse().ok()?)).ok();
    }
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let date_time = full.parse::<DateTime>().or_else(|_| full.parse::<Date>().map(DateTime::from)).ok()?;
    Some(date_time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// Whether an address lies in a range; a range is a CIDR block or a single address.
pub(super) fn in_range(range: &str, address: &str) -> bool {
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    range_of(range).is_some_and(|range| range.contains(&address))
}

pub(in crate::policy) fn range_of(range: &str) -> Option<IpNet> {
    range.parse::<IpNet>().ok().or_else(|| range.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Whether two base64 texts hold the same bytes.
pub(super) fn same_bytes(left: &str, right: &str) -> bool {
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).ok();
    decode(left).is_some_and(|bytes| decode(right).as_ref() == Some(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_decimals_of_any_size() {
        for (left, right, order) in [
            ("9007199254740993", "9007199254740992", Ordering::Greater),
            ("10", "9", Ordering::Greater),
            ("-10", "9", Ordering::Less),
            ("-10", "-9", Ordering::Less),
            ("1.50", "1.5", Ordering::Equal),
            ("0.1", "0.09", Ordering::Greater),
            ("007", "7", Ordering::Equal),
            ("-0", "0", Ordering::Equal),
            (".5", "0.5", Ordering::Equal),
        ] {
            assert_eq!(numbers(left, right), Some(order), "{left} {right}");
        }
        for text in ["", "-", ".", "ten", "1 0", "1.2.3", "0x1"] {
            assert_eq!(numbers(text, "1"), None, "{text:?}");
        }
    }

    #[test]
    fn dates_are_iso_8601_or_seconds() {
        for same in
            ["2026-11-22", "2026-11-22T00:00Z", "2026-11-22T00:00:00.000Z", "2026-11-22T01:00:00+01:00", "1795305600"]
        {
            assert_eq!(dates(same, "2026-11-22T00:00:00Z"), Some(Ordering::Equal), "{same}");
        }
        assert_eq!(dates("2026", "2026-01-01"), Some(Ordering::Equal));
        assert_eq!(dates("2026-11", "2026-11-02"), Some(Ordering::Less));
        for text in ["tomorrow", "", "2026-13-01", "99999999999999999999"] {
            assert_eq!(dates(text, "2026"), None, "{text:?}");
        }
    }

    #[test]
    fn ranges_hold_addresses_of_their_family() {
        assert!(in_range("10.1.2.3/8", "10.200.0.1") && in_range("0.0.0.0/0", "8.8.8.8"));
        assert!(in_range("2001:db8::/32", "2001:DB8:0::1") && in_range("192.0.2.1", "192.0.2.1"));
        assert!(!in_range("0.0.0.0/0", "::1") && !in_range("10.0.0.0/8", "10.0.0.0/8") && !in_range("x", "10.0.0.1"));
    }

    #[test]
    fn bytes_are_compared_not_their_spelling() {
        assert!(same_bytes("UWlkYQ==", "UWlkYQ=="));
        assert!(!same_bytes("UWlkYQ==", "UWlkYg==") && !same_bytes("?", "?"));
    }
}
