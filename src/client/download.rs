//! Fetches a package from somewhere in the world, within bounds.

use super::http;
use reqwest::{Url, header, redirect::Policy};
use std::{
    fs::File,
    io::{Seek, Write},
    time::Duration,
};

/// How long a connection may take to be made, and how long nothing may come.
const CONNECT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(60);
/// How often one address may lead to another.
const REDIRECTS: usize = 5;

/// What was fetched.
#[derive(Debug)]
pub struct Download {
    /// A file without a name, at its beginning.
    pub file: File,
    /// The last part of the address that it came from in the end.
    pub name: Option<String>,
}

/// Whether a text is an address that can be fetched.
pub fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Fetches at most `limit` bytes from an address. `step` is told how many bytes came so far and how many
/// there are in all, where that is known. The error is for people.
pub async fn download(
    address: &str,
    limit: u64,
    mut step: impl FnMut(u64, Option<u64>),
) -> Result<Download, String> {
    let url = Url::parse(address).map_err(|error| format!("is no address: {error}"))?;
    if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
        return Err("is no address that begins with http:// or https://".to_owned());
    }
    let secure = url.scheme() == "https";
    let client = if secure { http::secure() } else { http::plain() };
    let client = client
        .connect_timeout(CONNECT)
        .read_timeout(SILENCE)
        .redirect(Policy::limited(REDIRECTS))
        .build()
        .map_err(|error| {
            if secure {
                format!("needs this machine's certificates (package ca-certificates): {error}")
            } else {
                format!("no HTTP client: {error}")
            }
        })?;
    let lost = |error: reqwest::Error| {
        // Its own words only say that something failed; why is behind them.
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        text
    };
    let mut response = client.get(url).send().await.map_err(lost)?;
    if !response.status().is_success() {
        return Err(format!("the server answers {}", response.status()));
    }
    let too_long = || format!("is longer than {} MiB", limit >> 20);
    let total = response.headers().get(header::CONTENT_LENGTH);
    let total = total.and_then(|value| value.to_str().ok()?.parse().ok());
    if total.is_some_and(|total: u64| total > limit) {
        return Err(too_long());
    }
    let cannot = |error: std::io::Error| format!("cannot keep it: {error}");
    let mut file = tempfile::tempfile().map_err(cannot)?;
    let mut count = 0;
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        count += chunk.len() as u64;
        if count > limit {
            return Err(too_long());
        }
        file.write_all(&chunk).map_err(cannot)?;
        step(count, total);
    }
    file.rewind().map_err(cannot)?;
    let name = response.url().path_segments().and_then(|mut parts| parts.next_back());
    let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(Download { file, name })
}
