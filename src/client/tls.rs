//! Whom the commands trust when they speak to a daemon over TLS.

use crate::error::Error;
use std::{path::Path, sync::Arc};
use tokio_rustls::rustls::{
    ClientConfig, DEFAULT_VERSIONS, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

/// What checks a daemon's certificate: against the authorities that this machine trusts, and those in a PEM file.
pub(super) fn config(authorities: Option<&Path>) -> Result<Arc<ClientConfig>, Error> {
    let mut roots = RootCertStore::empty();
    // A machine may have none, and the file is enough then.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = authorities {
        let told = |why: &dyn std::fmt::Display| {
            Error::Usage(format!("tls.ca: {}: {why}", file.display()))
        };
        let read = CertificateDer::pem_file_iter(file)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| told(&error))?;
        if read.is_empty() {
            return Err(told(&"there is no certificate in it, in PEM"));
        }
        for certificate in read {
            roots.add(certificate).map_err(|error| told(&error))?;
        }
    }
    let config = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into())
        .with_protocol_versions(DEFAULT_VERSIONS)
        .map_err(|error| Error::Other(format!("no TLS: {error}")))?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
