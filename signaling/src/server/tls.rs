//! Certificates for https, from PEM files.
//!
//! Browsers call a page on another machine a secure context only over https, and without one there
//! is neither storage lock nor clipboard: so a LAN needs this even with a self-signed certificate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use super::config::Config;

/// Why https cannot be served.
#[derive(Debug, Error)]
pub enum TlsError {
    /// One of the two files is not named.
    #[error("https needs both --tls-cert and --tls-key")]
    Half,
    /// A file cannot be read, or is no PEM of its kind.
    #[error("cannot read {what} from {path}: {cause}")]
    File {
        /// What the file should hold.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: rustls::pki_types::pem::Error,
    },
    /// The certificate and the key do not belong together, or are of no known kind.
    #[error("the certificate and the key cannot be used: {0}")]
    Pair(rustls::Error),
}

/// What accepts TLS connections, if the configuration asks for https.
pub(crate) fn acceptor(config: &Config) -> Result<Option<TlsAcceptor>, TlsError> {
    let (cert, key) = match (&config.tls_cert, &config.tls_key) {
        (None, None) => return Ok(None),
        (Some(cert), Some(key)) => (cert, key),
        (Some(_), None) | (None, Some(_)) => return Err(TlsError::Half),
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| unread("a certificate chain", cert, cause))?;
    let key =
        PrivateKeyDer::from_pem_file(key).map_err(|cause| unread("a private key", key, cause))?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Pair)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}

fn unread(what: &'static str, path: &Path, cause: rustls::pki_types::pem::Error) -> TlsError {
    TlsError::File { what, path: path.to_owned(), cause }
}
