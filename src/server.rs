//! The scrape target, the API and the overview page.
