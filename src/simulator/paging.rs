//! Cutting lists into pages, with tokens that mean something only here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// One page and the token of the next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page<'a, T> {
    pub(super) items: &'a [T],
    pub(super) next: Option<String>,
}

/// The token is not one of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadToken;

/// The page that starts at `token`, or the first one.
pub(super) fn page<'a, T>(items: &'a [T], token: Option<&str>, size: usize) -> Result<Page<'a, T>, BadToken> {
    let start = token.map_or(Ok(0), start_of)?;
    let rest = items.get(start..).ok_or(BadToken)?;
    let (items, after) = rest.split_at(rest.len().min(size));
    let next = (!after.is_empty()).then(|| token_for(start + items.len()));
    Ok(Page { items, next })
}

fn token_for(start: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("simulated page from {start}"))
}

fn start_of(token: &str) -> Result<usize, BadToken> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(BadToken)?;
    text.strip_prefix("simulated page from ").and_then(|start| start.parse().ok()).ok_or(BadToken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_each_item_once() {
        let items: Vec<u32> = (0..23).collect();
        let (mut seen, mut token) = (Vec::<u32>::new(), None::<String>);
        loop {
            let page = page(&items, token.as_deref(), 5).unwrap();
            seen.extend(page.items);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
    }

    #[test]
    fn a_foreign_token_is_refused() {
        assert_eq!(page(&[1, 2], Some("abc"), 5), Err(BadToken));
    }
}
