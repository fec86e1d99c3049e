//! TLS on the daemon's port: who may come in, who may not, and what none of them can break.

use super::others::{Client, Maker, Over, Registers};
use crate::{
    house::PATIENCE,
    process::{Serve, output, sonocode},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustix::process::Signal;
use serde_json::json;
use std::{fs, path::Path};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// An authority of the test's own.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        // Some take a certificate whose issuer has its own name for one that signed itself.
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// Puts `cert.pem` and `key.pem` into a folder, for this machine's own names.
    fn issue(&self, dir: &Path, change: impl FnOnce(&mut CertificateParams)) {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        fs::write(dir.join("key.pem"), key.serialize_pem()).unwrap();
        fs::write(dir.join("cert.pem"), certificate.pem()).unwrap();
    }

    /// An HTTP client that trusts this authority and no other.
    fn client(&self) -> reqwest::Client {
        let own = reqwest::Certificate::from_pem(self.pem().as_bytes()).unwrap();
        reqwest::Client::builder().tls_certs_only([own]).timeout(PATIENCE).build().unwrap()
    }
}

/// The options of a daemon that speaks TLS with what is in a folder.
fn files(dir: &Path) -> Vec<String> {
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    vec!["--tls-cert".into(), file("cert.pem"), "--tls-key".into(), file("key.pem")]
}

async fn serve(dir: &Path, more: &[&str]) -> Serve {
    let files = files(dir);
    let args: Vec<&str> = files.iter().map(String::as_str).chain(more.iter().copied()).collect();
    Serve::start(dir, &args).await
}

async fn status(client: &reqwest::Client, serve: &Serve) -> Result<u16, reqwest::Error> {
    let url = format!("{}/livez", serve.house.url);
    client.get(url).send().await.map(|response| response.status().as_u16())
}

/// Sends bytes to a port and returns everything that comes back.
async fn send(addr: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A reset is an answer as well.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is left open");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Requests, a command that watches over WSS, and the official Socket.IO client on every transport.
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_client_comes_in_over_tls() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().unwrap());
    authority.issue(dir.path(), |_| {});
    fs::write(dir.path().join("ca.pem"), authority.pem()).unwrap();
    let serve = serve(dir.path(), &["--workers", "1"]).await;
    let url = serve.house.url.clone();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    assert!(serve.banner["events"].as_str().unwrap().starts_with("wss://"), "{}", serve.banner);
    let response = authority.client().get(format!("{url}/api/v1/status")).send().await.unwrap();
    assert_eq!(response.version(), reqwest::Version::HTTP_11);
    let told: serde_json::Value = response.json().await.unwrap();
    assert_eq!(told["data"]["url"], url);

    // The names of the certificate do as well, and nobody who trusts others.
    let named = url.replace("127.0.0.1", "localhost");
    fs::write(dir.path().join("main.py"), "print('so be it')").unwrap();
    let ca = dir.path().join("ca.pem");
    let run = |more: &[&str]| {
        let mut command = sonocode(dir.path(), &["run", "main.py", "--url", &named]);
        command.args(more);
        command
    };
    let done = output(run(&["--tls-ca", ca.to_str().unwrap()])).await;
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(done.stdout, b"so be it\n");
    let stranger = output(run(&[])).await;
    assert_eq!(stranger.status.code(), Some(3), "{stranger:?}");
    let told = String::from_utf8_lossy(&stranger.stderr).into_owned();
    assert!(told.contains("certificate") && told.contains("--tls-ca"), "{told}");
    // Without a URL it is found by the lock of its data directory.
    let mut found = sonocode(dir.path(), &["status", "--data-dir", "."]);
    found.env("SONOCODE_TLS_CA", &ca);
    let found = output(found).await;
    assert!(String::from_utf8_lossy(&found.stdout).contains(&url), "{found:?}");

    let options = json!({"ca": authority.pem()});
    for over in [Over::WebSocket, Over::Polling, Over::Upgrade] {
        let registers = Registers::once("ada");
        let mut client = Client::start_with(Maker::Official, over, &url, &registers, &options);
        client.on("connect").await;
        assert!(client.connection_id("ada").await.is_string(), "{client}");
    }
    serve.drain().await;
}

/// Whoever does not speak TLS, or not to its end, is sent away or waited for, and nobody else notices.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tls_is_turned_away_and_keeps_nobody_waiting() {
    let (authority, dir) = (Authority::new(), tempfile::tempdir().unwrap());
    authority.issue(dir.path(), |_| {});
    let serve = serve(dir.path(), &["--workers", "1"]).await;
    let addr = serve.house.url.strip_prefix("https://").unwrap().to_owned();
    let plain = send(&addr, b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(plain.starts_with("HTTP/1.1 400 ") && plain.contains("https://"), "{plain}");
    assert_eq!(send(&addr, &[0; 64]).await, "");
    // A record of a handshake in which there is no hello.
    let answer = send(&addr, &[0x16, 3, 1, 0, 4, 9, 9, 9, 9]).await;
    assert!(!answer.contains("HTTP"), "{answer}");
    let mut silent = Vec::new();
    for begun in [&b""[..], &[0x16], &[0x16, 3, 1, 2, 0], b"GET /"] {
        for _ in 0..50 {
            let mut stream = TcpStream::connect(&addr).await.unwrap();
            stream.write_all(begun).await.unwrap();
            silent.push(stream);
        }
    }
    // 200 of them are in the midst of it. One after another they would take longer than anybody here waits.
    assert_eq!(status(&authority.client(), &serve).await.unwrap(), 200);
    drop(silent);
    serve.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_on_a_hangup_and_a_wrong_one_is_not() {
    let (old, new) = (Authority::new(), Authority::new());
    let dir = tempfile::tempdir().unwrap();
    old.issue(dir.path(), |_| {});
    let serve = serve(dir.path(), &["--workers", "1"]).await;
    assert_eq!(status(&old.client(), &serve).await.unwrap(), 200);
    fs::write(dir.path().join("cert.pem"), "nothing").unwrap();
    serve.signal(Signal::HUP);
    serve.says("the certificate in force stays").await;
    assert_eq!(status(&old.client(), &serve).await.unwrap(), 200);
    new.issue(dir.path(), |_| {});
    serve.signal(Signal::HUP);
    serve.says("the certificate was read again").await;
    assert_eq!(status(&new.client(), &serve).await.unwrap(), 200);
    assert!(status(&old.client(), &serve).await.unwrap_err().is_connect());
    serve.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_do_not_do_are_named() {
    let authority = Authority::new();
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&dir, &other] {
        authority.issue(dir.path(), |_| {});
    }
    let path = |dir: &Path, name: &str| dir.join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path(dir.path(), "cert.pem"), path(dir.path(), "key.pem"));
    let (foreign, none) = (path(other.path(), "key.pem"), path(dir.path(), "none.pem"));
    for (args, code, words) in [
        (vec!["--tls-cert", &cert], 2, vec!["tls.cert needs tls.key", "--tls-key"]),
        (vec!["--tls-key", &key], 2, vec!["tls.key needs tls.cert", "--tls-cert"]),
        (vec!["--tls-cert", &none, "--tls-key", &key], 1, vec![&none, "No such file"]),
        (vec!["--tls-cert", &key, "--tls-key", &key], 1, vec![&key, "no certificate in it"]),
        (vec!["--tls-cert", &cert, "--tls-key", &cert], 1, vec![&cert, "no private key in it"]),
        (
            vec!["--tls-cert", &cert, "--tls-key", &foreign],
            1,
            vec![&foreign, "does not fit", &cert],
        ),
    ] {
        let mut command = sonocode(dir.path(), &["serve", "--addr", "127.0.0.1:0"]);
        command.args(["--data-dir", "data"]).args(&args);
        let refused = output(command).await;
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(code), "{args:?}: {told}");
        assert!(words.iter().all(|word| told.contains(word)), "{args:?}: {told}");
        assert!(!dir.path().join("data").exists(), "{args:?}: something was written");
    }
    // One that has expired is told of and served: whom it keeps away is for clients to say.
    authority.issue(dir.path(), |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    });
    let serve = serve(dir.path(), &["--workers", "1"]).await;
    let said = serve.says("has expired").await;
    assert!(said.contains("WARN") && said.contains("2021-01-01"), "{said}");
    assert!(status(&authority.client(), &serve).await.unwrap_err().is_connect());
    serve.drain().await;
}
