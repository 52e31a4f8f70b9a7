//! Which format a client asks for.

/// The form of a metrics page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The Prometheus text format 0.0.4.
    Text,
    /// OpenMetrics 1.0: the same with units and exemplars.
    OpenMetrics,
}

impl Format {
    /// The content type of a page in this form.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The form that an `Accept` header likes best. OpenMetrics has to be named; a client that
    /// takes anything, or neither of the two, gets text.
    ///
    /// Prometheus sends `application/openmetrics-text;version=1.0.0,…;q=0.75,text/plain;version=0.0.4;q=0.5`
    /// and gets OpenMetrics. Source: RFC 9110, 12.5.1.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let ranges: Vec<Range<'_>> = header.split(',').filter_map(Range::read).collect();
        let of = |media: &str, version: &str| {
            let named = ranges.iter().filter(|range| range.media == media);
            let named = named.filter(|range| range.version.is_none_or(|asked| asked == version));
            named.map(|range| range.weight).max()
        };
        let any = |media: &str| {
            ranges.iter().filter(|range| range.media == media).map(|range| range.weight).max().unwrap_or(0)
        };
        let text = of("text/plain", "0.0.4").unwrap_or_else(|| any("text/*").max(any("*/*")));
        match of("application/openmetrics-text", "1.0.0") {
            Some(weight) if weight > 0 && weight >= text => Self::OpenMetrics,
            _ => Self::Text,
        }
    }
}

/// One media range of an `Accept` header.
struct Range<'a> {
    media: String,
    version: Option<&'a str>,
    /// In thousandths.
    weight: u16,
}

impl<'a> Range<'a> {
    /// `None` for what is not a media range; that asks for nothing.
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().filter(|media| media.contains('/'))?.to_ascii_lowercase();
        let mut range = Self { media, version: None, weight: 1000 };
        for (name, value) in parts.filter_map(|parameter| parameter.split_once('=')) {
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => range.weight = weight(value)?,
                "version" => range.version = Some(value),
                _ => {}
            }
        }
        Some(range)
    }
}

/// A weight from 0 to 1 in thousandths.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the number is between 0 and 1000")]
fn weight(text: &str) -> Option<u16> {
    let value: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&value).then_some((value * 1000.0) as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openmetrics_is_given_to_who_asks_for_it_and_text_to_all_others() {
        for (header, format) in [
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                 text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::OpenMetrics,
            ),
            (
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.4",
                Format::OpenMetrics,
            ),
            ("Application/OpenMetrics-Text", Format::OpenMetrics),
            ("text/plain, application/openmetrics-text; version=\"1.0.0\"", Format::OpenMetrics),
            ("application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.3", Format::Text),
            ("application/openmetrics-text;q=0.2,text/*;q=0.3", Format::Text),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            ("application/openmetrics-text;q=nonsense", Format::Text),
            ("application/openmetrics-text;q=2", Format::Text),
            ("*/*", Format::Text),
            ("application/json", Format::Text),
            ("", Format::Text),
            (",;,=;q", Format::Text),
        ] {
            assert_eq!(Format::accepted(header), format, "{header}");
        }
    }
}
