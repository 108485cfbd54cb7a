//! https and wss with a certificate of one's own, as on a LAN.

use std::path::PathBuf;
use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use signaling::{Config, Limits, ServeError, TlsError};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{Answer, Running, config, soon};

/// A certificate for localhost on disk: its folder, the two files, and the certificate to trust.
fn certificate() -> (TempDir, PathBuf, PathBuf, CertificateDer<'static>) {
    let folder = TempDir::new().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (folder, cert, key, made.cert.der().clone())
}

fn connector(trusted: CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(client))
}

#[tokio::test]
async fn the_page_and_the_socket_are_served_over_tls() {
    let (_folder, cert, key, trusted) = certificate();
    let tls = Config { tls_cert: Some(cert), tls_key: Some(key), ..config(Limits::default()) };
    let server = Running::start(tls).await;
    let connector = connector(trusted);
    let name = ServerName::try_from("localhost").unwrap();
    let wire = soon(connector.connect(name.clone(), server.wire().await)).await.unwrap();
    let answer = Answer::of(wire, "localhost", "GET", "/healthz", &[]).await;
    assert_eq!(answer.status, 200);

    let wire = soon(connector.connect(name, server.wire().await)).await.unwrap();
    let (mut socket, _) =
        soon(tokio_tungstenite::client_async("wss://localhost/signal", wire)).await.unwrap();
    socket.send(Message::text(r#"{"type":"ping"}"#)).await.unwrap();
    let pong = soon(socket.next()).await.unwrap().unwrap();
    assert_eq!(pong, Message::text(r#"{"type":"pong"}"#));
    assert!(server.stop().await.as_millis() < 2_000);
    let close = soon(socket.next()).await.unwrap().unwrap();
    assert!(matches!(close, Message::Close(Some(_))), "{close:?}");
}

#[tokio::test]
async fn plain_http_on_a_tls_port_disturbs_nobody() {
    let (_folder, cert, key, trusted) = certificate();
    let tls = Config { tls_cert: Some(cert), tls_key: Some(key), ..config(Limits::default()) };
    let server = Running::start(tls).await;
    let mut wire = server.wire().await;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    wire.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = soon(wire.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"));
    let name = ServerName::try_from("localhost").unwrap();
    let wire = soon(connector(trusted).connect(name, server.wire().await)).await.unwrap();
    assert_eq!(Answer::of(wire, "localhost", "GET", "/healthz", &[]).await.status, 200);
}

async fn start_error(config: Config) -> ServeError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    signaling::run(listener, config, std::future::pending()).await.unwrap_err()
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_refused_at_start_in_words() {
    let (folder, cert, key, _) = certificate();
    let missing = folder.path().join("missing.pem");
    let with = |cert: &PathBuf, key: Option<&PathBuf>| Config {
        tls_cert: Some(cert.clone()),
        tls_key: key.cloned(),
        ..config(Limits::default())
    };
    let error = start_error(with(&missing, Some(&key))).await;
    assert!(error.to_string().contains("missing.pem"), "{error}");
    let error = start_error(with(&cert, Some(&cert))).await;
    assert!(error.to_string().contains("a private key"), "{error}");
    let error = start_error(with(&cert, None)).await;
    assert!(matches!(error, ServeError::Tls(TlsError::Half)), "{error}");
    let (_other_folder, _, other_key, _) = certificate();
    let error = start_error(with(&cert, Some(&other_key))).await;
    assert!(error.to_string().contains("cannot be used"), "{error}");
}
