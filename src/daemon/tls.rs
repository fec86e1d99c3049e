//! TLS on the daemon's port: certificates from files, handshakes beside each other.
//!
//! A connection is handed on once its handshake is done, so that one that is slow, or never comes, keeps nobody
//! waiting. The certificate can be read again while the daemon runs; connections that are open keep theirs.

use super::DaemonError;
use crate::config::TlsConfig;
use axum::serve::Listener;
use jiff::Timestamp;
use simple_asn1::{ASN1Block, from_der};
use std::{
    fmt::Display,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        DEFAULT_VERSIONS, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
    server::TlsStream,
};

/// How long a handshake may take, and whatever else comes before the first request.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The first byte of every TLS connection: a record of the handshake.
const RECORD: u8 = 0x16;

/// Connections whose handshakes are done and that wait to be served.
const DONE: usize = 64;

/// What of a request in plain HTTP is read before it is answered, in bytes.
const REQUEST: usize = 16 << 10;

/// What is answered to it.
const PLAIN: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 46\r\n\
    connection: close\r\n\r\nthis port speaks TLS; begin with https:// here";

/// The certificate in force, and the files that it is read from.
#[derive(Debug)]
pub(super) struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// That of a configuration, if TLS is to be spoken.
    pub(super) fn of(tls: &TlsConfig) -> Result<Option<Arc<Self>>, DaemonError> {
        let missing = |there: &str, other: &str| {
            let text = format!(
                "tls.{there} needs tls.{other} (--tls-{other}): certificate and private key go together"
            );
            Err(DaemonError::Settings(text))
        };
        match (&tls.cert, &tls.key) {
            (Some(cert), Some(key)) => Self::read(cert, key).map(Some),
            (None, None) => Ok(None),
            (Some(_), None) => missing("cert", "key"),
            (None, Some(_)) => missing("key", "cert"),
        }
    }

    /// Reads it. Warns of one that is not valid now.
    pub(super) fn read(cert: &Path, key: &Path) -> Result<Arc<Self>, DaemonError> {
        let current = RwLock::new(read(cert, key)?);
        Ok(Arc::new(Self { cert: cert.to_owned(), key: key.to_owned(), current }))
    }

    /// Reads it again, for connections to come. On a failure the one in force stays.
    pub(super) fn renew(&self) {
        match read(&self.cert, &self.key) {
            Ok(read) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
                tracing::info!(cert = %self.cert.display(), "the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the certificate in force stays"),
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

fn read(cert: &Path, key: &Path) -> Result<Arc<CertifiedKey>, DaemonError> {
    let told = |file: &Path, why: &dyn Display| {
        DaemonError::Other(format!("TLS: {}: {why}", file.display()))
    };
    let pem = |file: &Path, what: &str, error: pem::Error| match error {
        pem::Error::NoItemsFound => told(file, &format!("there is no {what} in it, in PEM")),
        pem::Error::Io(error) => told(file, &error),
        other => told(file, &format!("it is no PEM: {other}")),
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| pem(cert, "certificate", error))?;
    let Some(own) = chain.first() else {
        return Err(pem(cert, "certificate", pem::Error::NoItemsFound));
    };
    let validity = validity(own).ok_or_else(|| told(cert, &"it is no X.509 certificate"))?;
    let secret =
        PrivateKeyDer::from_pem_file(key).map_err(|error| pem(key, "private key", error))?;
    let provider = aws_lc_rs::default_provider();
    let certified = CertifiedKey::from_der(chain, secret, &provider).map_err(|error| {
        let why = format!("it does not fit the certificate in {}: {error}", cert.display());
        told(key, &why)
    })?;
    let (from, until) = validity;
    let now = Timestamp::now();
    if until < now {
        tracing::warn!(cert = %cert.display(), %until, "the certificate has expired: clients refuse it");
    } else if from > now {
        tracing::warn!(cert = %cert.display(), %from, "the certificate is not valid yet: clients refuse it");
    }
    Ok(Arc::new(certified))
}

/// From when and until when a certificate is valid; `None` when it is none.
fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let sequence = |block: &ASN1Block| match block {
        ASN1Block::Sequence(_, blocks) => Some(blocks.clone()),
        _ => None,
    };
    let time = |block: &ASN1Block| {
        let (ASN1Block::UTCTime(_, time) | ASN1Block::GeneralizedTime(_, time)) = block else {
            return None;
        };
        Timestamp::from_second(time.assume_utc().unix_timestamp()).ok()
    };
    let signed = sequence(from_der(certificate).ok()?.first()?)?;
    // Version, serial number, signature, issuer, validity, of which the first may be left out.
    let fields = sequence(signed.first()?)?;
    fields.iter().filter_map(sequence).find_map(|blocks| match blocks.as_slice() {
        [from, until] => Some((time(from)?, time(until)?)),
        _ => None,
    })
}

/// What hands out connections whose handshakes are done.
pub(super) struct TlsListener {
    done: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    addr: SocketAddr,
}

impl TlsListener {
    /// Takes connections until it is dropped.
    pub(super) fn over(listener: TcpListener, certificate: Arc<Certificate>) -> io::Result<Self> {
        let addr = listener.local_addr()?;
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_protocol_versions(DEFAULT_VERSIONS)
            .map_err(io::Error::other)?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(certificate);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let (sender, done) = mpsc::channel(DONE);
        tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), sender));
        Ok(Self { done, addr })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.done.recv().await {
            Some(connection) => connection,
            // The task that accepts ends only after this.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

/// Shakes hands with everybody who comes, until nobody takes what is done.
async fn accept(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    done: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    loop {
        let (stream, peer) = tokio::select! {
            () = done.closed() => return,
            accepted = Listener::accept(&mut listener) => accepted,
        };
        let (acceptor, done) = (acceptor.clone(), done.clone());
        tokio::spawn(async move {
            match timeout(HANDSHAKE, greet(stream, &acceptor)).await {
                // Nobody takes it: the daemon ends.
                Ok(Ok(Some(stream))) => _ = done.send((stream, peer)).await,
                Ok(Ok(None)) => tracing::debug!(%peer, "told to speak TLS"),
                Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS handshake"),
                Err(_) => tracing::debug!(%peer, "no TLS handshake in time"),
            }
        });
    }
}

/// Shakes hands. Who speaks HTTP without TLS is told that.
async fn greet(
    mut stream: TcpStream,
    acceptor: &TlsAcceptor,
) -> io::Result<Option<TlsStream<TcpStream>>> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    if first[0] == RECORD {
        return acceptor.accept(stream).await.map(Some);
    }
    if !first[0].is_ascii_uppercase() {
        return Err(io::Error::other("neither TLS nor HTTP"));
    }
    // What is not read when a connection is closed takes the answer with it.
    let mut request = Vec::new();
    while request.len() < REQUEST && !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    stream.write_all(PLAIN).await?;
    stream.shutdown().await?;
    Ok(None)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_plain_http_is_as_long_as_it_says() {
        let text = std::str::from_utf8(PLAIN).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{text}");
    }
}
