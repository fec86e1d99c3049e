//! The one beginning of every HTTP client of this house.

use reqwest::ClientBuilder;
use tokio_rustls::rustls::ClientConfig;

/// A client that says who it is and has no certificates, for addresses that begin with `http://`: machines
/// without certificates of authorities have such clients too, and nobody reads the certificates in vain.
pub fn plain() -> ClientBuilder {
    named().tls_certs_only([])
}

/// A client with this machine's certificates, for addresses that begin with `https://`. It cannot be built on a
/// machine that has none.
pub(super) fn secure() -> ClientBuilder {
    named()
}

/// A client that trusts whom this says.
pub(super) fn trusting(config: &ClientConfig) -> ClientBuilder {
    named().tls_backend_preconfigured(config.clone())
}

fn named() -> ClientBuilder {
    reqwest::Client::builder().user_agent(concat!("sonocode/", env!("CARGO_PKG_VERSION")))
}
